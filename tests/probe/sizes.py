"""Prints what a client weighs: the flash of images of `size` by groups, and the RAM of a connection.

    python3 sizes.py FOLDER

FOLDER has the images few, few-text, few-meta, few-binary, few-stub and the same of `all`. Ends with 1
if a limit is passed.
"""

import sys
from pathlib import Path

import elf

PROGRAMS = {"few": ("get, set, delete", 12 * 1024), "all": ("all commands", 16 * 1024)}
RAM_LIMIT = {"Connection<&mut [u8], 4>": 192}
PROTOCOLS = ("text", "meta", "binary")
BUILTINS = "compiler builtins"
REST = "tables of jumps, padding"

ALLOCATED, PROGBITS, NOBITS = 2, 1, 8


def group(symbol):
    """Where a function or constant belongs, by the names in its symbol."""
    if symbol.type == elf.OBJECT or symbol.name.startswith("."):
        return "constants"
    crate, *names = elf.path(symbol.name).split("::")
    match crate:
        case "minimc_core" if names[0] in ("buffer", "connection", "debt", "reply"):
            return "connection"
        case "minimc_core" if names[0] in ("command", "wire"):
            return names[0]
        case "minimc_core":
            return "key, expiry, error"
        case "size":
            return "calls, and what is inlined there"
        case "core" | "heapless":
            return crate
        case _ if symbol.name == "_start":
            return "calls, and what is inlined there"
    return BUILTINS


def flash(image):
    """The bytes of code and constants by group."""
    kept = {index for index, section in enumerate(image.sections)
            if section.type == PROGBITS and section.flags & ALLOCATED}
    # One place may have several names.
    places = {(symbol.section, symbol.value & ~1): symbol for symbol in
              sorted(image.symbols, key=lambda symbol: symbol.size) if symbol.section in kept and symbol.size}
    groups = {}
    for symbol in places.values():
        groups[group(symbol)] = groups.get(group(symbol), 0) + symbol.size
    total = sum(image.sections[index].size for index in kept)
    groups[REST] = total - sum(groups.values())
    return groups


def client(folder, program, protocol=None):
    """The groups of an image less those of the same without the client."""
    groups = flash(elf.Elf(folder / "-".join(filter(None, (program, protocol)))))
    stub = flash(elf.Elf(folder / f"{program}-stub"))
    return {name: groups.get(name, 0) - stub.get(name, 0) for name in groups | stub}


def total(groups):
    return sum(size for name, size in groups.items() if name != BUILTINS)


def main(folder):
    passed = []
    print("flash of the client, bytes of code and constants; thumbv7em, opt-level s, LTO")
    for program, (title, limit) in PROGRAMS.items():
        three = client(folder, program)
        print(f"\n{title}, in three protocols")
        for name, size in sorted(three.items(), key=lambda item: -item[1]):
            if name != BUILTINS:
                print(f"  {name:36}{size:7,}")
        print(f"  {'sum':36}{total(three):7,}   limit {limit:,}")
        print(f"  {'and ' + BUILTINS:36}{three.get(BUILTINS, 0):7,}")
        for protocol in PROTOCOLS:
            one = total(client(folder, program, protocol))
            print(f"  {protocol + ' alone, a constant':36}{one:7,}   {total(three) - one:,} less")
        if total(three) > limit:
            passed.append(f"{title}: {total(three):,} bytes, the limit is {limit:,}")
    print("\nRAM, bytes")
    for symbol in elf.Elf(folder / "all-stub").symbols:
        if symbol.name.startswith("RAM "):
            name = symbol.name.removeprefix("RAM ")
            limit = RAM_LIMIT.get(name)
            print(f"  {name:36}{symbol.size:7,}" + (f"   limit {limit}" if limit else ""))
            if limit and symbol.size > limit:
                passed.append(f"{name}: {symbol.size} bytes, the limit is {limit}")
    print()
    for line in passed:
        print(f"sizes: too large: {line}")
    if not passed:
        print("sizes: within the limits")
    return bool(passed)


sys.exit(main(Path(sys.argv[1])))
