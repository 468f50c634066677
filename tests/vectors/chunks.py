#!/usr/bin/env python3
"""Chunked values, written from docs/chunks.md alone. It knows nothing of the crate.

    chunks.py FOLDER          writes FOLDER/manifests.tsv and FOLDER/items.tsv
    chunks.py --check FOLDER  fails if they are not what it would write

manifests.tsv: the bytes of a manifest in hexadecimal digits, and what it says: length, version, part
size, flags, CRC-32 and number of parts; or `bad` and the reason.
items.tsv: a value: its name, version, part size, flags and bytes; and behind it, each in a line that
begins with a blank field, the items that it is: key, flags and bytes.
"""

import pathlib
import struct
import sys
import zlib

FLAGS = 0x6D636800
MAGIC = b"\xffmch"


def summed(fields):
    return fields + struct.pack(">I", zlib.crc32(fields))


def encode(length, version, part_size, flags, crc, magic=MAGIC, form=1, zeros=b"\0\0\0"):
    fields = magic + bytes([form]) + zeros + struct.pack(">QQIII", length, version, part_size, flags, crc)
    return summed(fields)


def items(name, version, part_size, flags, value):
    parts = [value[at : at + part_size] for at in range(0, len(value), part_size)]
    for index, part in enumerate(parts):
        yield b"%s#%016x.%08x" % (name, version, index), 0, part
    yield name, FLAGS, encode(len(value), version, part_size, flags, zlib.crc32(value))


def manifests():
    yield "# bytes\tlength\tversion\tpart size\tflags\tCRC-32\tparts"
    for length, version, part_size, flags, crc in [
        (0, 0, 1, 0, 0),
        (1, 1, 1, 0, 0xD202EF8D),
        (2500, 0x0123456789ABCDEF, 1000, 16, 0xDEADBEEF),
        (5_000_000, 2**64 - 1, 1_000_000, 2**32 - 1, 2**32 - 1),
        (2**32 - 1, 2**63, 1, 8, 1),
        (2**32, 7, 2, 24, 1),
        ((2**32 - 1) ** 2, 7, 2**32 - 1, 24, 1),
        (1, 7, 2**32 - 1, 24, 1),
    ]:
        parts = -(-length // part_size)
        data = encode(length, version, part_size, flags, crc)
        yield f"{data.hex()}\t{length}\t{version}\t{part_size}\t{flags}\t{crc}\t{parts}"
    good = encode(2500, 7, 1000, 16, 9)
    flipped = good[:9] + bytes([good[9] ^ 1]) + good[10:]
    for data, reason in [
        (b"", "no bytes"),
        (good[:39], "a byte is wanting"),
        (good + b"\0", "a byte too many"),
        (summed(good[:36] + b"\0"), "a byte too many within"),
        (flipped, "the sum is another"),
        (good[:36] + good[36:][::-1], "the sum is turned round"),
        (b"\0" * 40, "zeros"),
        (b"\xff" * 40, "ones"),
        (encode(2500, 7, 1000, 16, 9, magic=b"\xffmcH"), "no manifest"),
        (encode(2500, 7, 1000, 16, 9, form=0), "no format"),
        (encode(2500, 7, 1000, 16, 9, form=2), "a later format"),
        (encode(2500, 7, 1000, 16, 9, zeros=b"\0\0\1"), "what should be zero"),
        (encode(2500, 7, 0, 16, 9), "parts of no bytes"),
        (encode(0, 7, 0, 0, 0), "parts of no bytes, of no value"),
        (encode(2**32, 7, 1, 16, 9), "too many parts"),
        (encode(2**64 - 1, 7, 2**32 - 1, 16, 9), "far too many parts"),
    ]:
        yield f"{data.hex()}\tbad\t{reason}"


def values():
    yield "# name\tversion\tpart size\tflags\tvalue"
    for name, version, part_size, flags, value in [
        ("empty", 0, 10, 0, b""),
        ("one", 1, 1, 16, b"a"),
        ("exact", 0xFEDCBA9876543210, 4, 0, b"abcdefgh"),
        ("ragged", 2**64 - 1, 4, 2**32 - 1, b"abcdefghi"),
        ("large parts", 3, 2**20, 4, b"123"),
        ("größe", 5, 3, 16, "größe".encode()),
        ("n" * 224, 6, 2, 0, b"\r\n\0\xff"),
        ("many", 2**40, 1, 0, bytes(range(256)) + b"!"),
    ]:
        name = name.replace(" ", "-").encode()
        yield f"{name.hex()}\t{version}\t{part_size}\t{flags}\t{value.hex()}"
        for key, item_flags, data in items(name, version, part_size, flags, value):
            yield f"\t{key.hex()}\t{item_flags}\t{data.hex()}"


def main(folder, check=False):
    for name, lines in [("manifests.tsv", manifests()), ("items.tsv", values())]:
        text = "".join(f"{line}\n" for line in lines)
        path = pathlib.Path(folder) / name
        if not check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"chunks.py: {path} is not what the format's description says")


if sys.argv[1:2] == ["--check"]:
    main(sys.argv[2], check=True)
else:
    main(sys.argv[1])
