"""What a client of Python's does of ci/interop.sh values, for each line of a file of cases.

    values.py prepare|carry|check CLIENT COMPRESSED_FROM SERVER CASES

prepare stores what was there before; carry writes: sets, or does to what is there what the case says;
check reads. It prints for each case its key and what came of it: "alike", or what there was.
"""

import ast
import functools
import json
import sys


class Pylibmc:
    """COMPRESSED_FROM is the length of the shortest value that is compressed; 0 is never."""

    def __init__(self, server, compressed_from, version):
        import pylibmc

        behaviours = {"cas": True, "pickle_protocol": version}
        self.client = pylibmc.Client([server], behaviors=behaviours)
        self.how = {"min_compress_len": compressed_from}

    def set(self, key, value):
        return self.client.set(key, value, **self.how)

    def get(self, key):
        return self.client.get(key)

    def cas(self, key, before, value):
        seen, cas = self.client.gets(key)
        return seen == before and self.client.cas(key, value, cas)

    def append(self, key, value):
        return self.client.append(key, value)

    def prepend(self, key, value):
        return self.client.prepend(key, value)

    def decr(self, key, number):
        return self.client.decr(key, number)


class PythonMemcached(Pylibmc):
    def __init__(self, server, compressed_from, version):
        import memcache

        limit = 1024 * 1024
        self.client = memcache.Client(
            [server], cache_cas=True, pickleProtocol=version, server_max_value_length=limit, socket_timeout=30
        )
        self.how = {"min_compress_len": max(compressed_from - 1, 0)}

    def cas(self, key, before, value):
        return self.client.gets(key) == before and self.client.cas(key, value, **self.how)


class Pymemcache(Pylibmc):
    def __init__(self, server, compressed_from, version):
        from pymemcache import serde
        from pymemcache.client.base import Client

        by = serde.PickleSerde(pickle_version=version)
        if compressed_from:
            by = serde.CompressedSerde(serde=by, min_compress_len=compressed_from - 1)
        self.client = Client(server, serde=by, default_noreply=False)
        self.how = {}

    def cas(self, key, before, value):
        seen, cas = self.client.gets(key)
        return seen == before and self.client.cas(key, value, cas)


CLIENTS = {"pylibmc": Pylibmc, "python-memcached": PythonMemcached, "pymemcache": Pymemcache}


def given(field):
    name, _, digits = field.partition(":")
    content = bytes.fromhex(digits)
    if name == "none":
        return None
    if name == "bytes":
        return content
    text = content.decode()
    return text if name in ("text", "json") else ast.literal_eval(text)


def carried(client, doing, key, before, value, after):
    if doing == "Decr":
        return client.decr(key, value) == after
    if doing == "Cas":
        return client.cas(key, before, value)
    return getattr(client, doing.lower())(key, value)


def is_alike(seen, value):
    # Within a list only what is written tells 1 from True and 1.0.
    return type(seen) is type(value) and repr(seen) == repr(value)


def outcome(verb, client, doing, key, before, value, after, is_json):
    if verb == "prepare":
        # Nothing can be counted or appended that is compressed.
        client.how = {}
        return True if before is None else client.set(key, before)
    if verb == "carry":
        return carried(client, doing, key, before, value, after)
    seen = client.get(key)
    if is_json:
        seen, after = json.loads(seen), json.loads(after)
    return is_alike(seen, after) or f"read {seen!r:.60}"


def main():
    verb, name, compressed_from, server, cases = sys.argv[1:]
    client = functools.lru_cache(lambda version: CLIENTS[name](server, int(compressed_from), version))
    for line in open(cases):
        key, doing, version, *fields = line.split()
        is_json = fields[-1].startswith("json:")
        before, value, after = map(given, fields)
        try:
            done = outcome(verb, client(int(version)), doing, key, before, value, after, is_json)
        except Exception as error:
            done = f"{type(error).__name__}: {error}"[:100].replace("\n", " ")
        print(key, "alike" if done is True or done == 1 else done)


main()
