"""What pylibmc does of ci/demo.sh: writes the devices' configuration, or reads what they published.

    demo.py write SERVER       for each line `KEY LITERAL` of the input sets the value that the literal is
    demo.py read SERVER KEY    prints the type of the value on a line, then the value
"""

import ast
import sys

import pylibmc

# From so many bytes on values are compressed; pylibmc does so only if it is told.
COMPRESS_FROM = 200


def write(client):
    for line in sys.stdin:
        key, literal = line.split(" ", 1)
        if not client.set(key, ast.literal_eval(literal), min_compress_len=COMPRESS_FROM):
            sys.exit(f"pylibmc did not store {key}")


def read(client, key):
    value = client.get(key)
    out = sys.stdout.buffer
    out.write(f"{type(value).__name__}\n".encode())
    out.write(value if isinstance(value, bytes) else str(value).encode())


def main():
    verb, server, *keys = sys.argv[1:]
    sys.stdin.reconfigure(encoding="utf-8")
    client = pylibmc.Client([server])
    if verb == "write":
        write(client)
    else:
        read(client, *keys)


main()
