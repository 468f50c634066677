"""What pylibmc does of ci/interop.sh placement: writes 1,000 keys to many servers, or counts those found.

    placement.py write|read CONFIGURATION WRITER SERVER...
"""

import sys

import pylibmc

CONFIGURATIONS = {
    "default": {},
    "ketama": {"ketama": True},
    "ketama_weighted": {"ketama_weighted": True},
    "namespace": {"namespace": b"app:"},
    "hash_with_prefix_key": {"namespace": b"app:", "_hash_with_prefix_key": True},
}


def main():
    verb, configuration, writer, *servers = sys.argv[1:]
    behaviours = dict(CONFIGURATIONS[configuration])
    namespace = behaviours.pop("namespace", None)
    client = pylibmc.Client(servers, behaviors=behaviours)
    if namespace is not None:
        client.behaviors = {"namespace": namespace}
    done = 0
    for number in range(1000):
        key = f"{writer}:{number}"
        value = f"{key} of {writer}".encode()
        if verb == "write":
            done += client.set(key, value)
        else:
            # One by one: of many, pylibmc does not tell a miss from a server that is down.
            done += client.get(key) == value
    print(done)


main()
