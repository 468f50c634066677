"""What `rank` has pylibmc and pymemcache do: rank.py WHO VERB BYTES KEYS ADDRESS.

It reads from its input how many calls to carry out, and says "ok" after them, again and again.
"""

import sys

who, verb, size, count, address = sys.argv[1:]
value = b"v" * int(size)
keys = [f"a-key-of-16-{n:04}" for n in range(int(count))]
items = dict.fromkeys(keys, value)
key = "a-key-16-letters"

if who == "pylibmc":
    import pylibmc

    client = pylibmc.Client([address], binary=False, behaviors={"tcp_nodelay": True})
    get, put = client.get, client.set

    def mget():
        return client.get_multi(keys)

    def mset():
        assert client.set_multi(items) == []

else:
    from pymemcache.client.base import Client

    server = address if address.startswith("/") else tuple(address.rsplit(":", 1))
    if not isinstance(server, str):
        server = (server[0], int(server[1]))
    client = Client(server, no_delay=True, default_noreply=False)
    get, put = client.get, client.set

    def mget():
        return client.get_many(keys)

    def mset():
        assert client.set_many(items) == []

    def stream():
        assert client.set_many(items, noreply=True) == []
        client.version()


if verb == "get":
    assert get(key) == value

    def call():
        get(key)

elif verb == "set":

    def call():
        assert put(key, value)

elif verb == "mget":
    assert len(mget()) == len(keys)
    call = mget
elif verb == "mset":
    call = mset
else:
    call = stream

for line in sys.stdin:
    for _ in range(int(line)):
        call()
    print("ok", flush=True)
