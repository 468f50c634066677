"""Prints what a client weighs: the flash of `size`'s images by groups, and the RAM of a connection and of what
inflates and compresses.

    python3 sizes.py FOLDER

FOLDER has the images `few` and `single`, both with `-text`, `-meta`, `-binary` and `-stub` behind the
name, for each further command `few` with `-COMMAND` and `-COMMAND-stub`, and `value-` and `servers-` with
what is done with values, and with many servers. In those with `-stub` the connection's methods do nothing: what they weigh is the program's
own.
Ends with 1 if a limit is passed.
"""

import re
import sys
from pathlib import Path

import elf

PROGRAMS = {
    "few": ("get, set, delete", 12 * 1024),
    "single": ("all classic commands of one key, values in pieces", 16 * 1024),
}
# What only other commands than get, set and delete need.
STRANGERS = r"command::(?!get|store|delete\b)|connection::batch|wire::lines|base64|quieten|loudly|Encoder::(group|entry)" \
    r"|text::(number|version|debug|config|word_or_refusal)|binary::(quiet_packet|statistic)|piece"
PROTOCOLS = ("text", "meta", "binary")
VALUE_LIMITS = {"deflate": 3 * 1024}
RAM_LIMITS = {"Connection<&mut [u8], 4>": 192, "Deflate<2048>": 4352}
BUILTINS = "compiler builtins"
STUBS = "stubs"

PROGBITS, ALLOCATED = 1, 2  # a section's type, and the flag of those that are loaded


def group(symbol):
    """Where a function or constant belongs, by the names in its symbol."""
    path = elf.path(symbol.name)
    if symbol.type == elf.OBJECT or symbol.name.startswith("."):
        return "constants"
    if "size::stub::" in path:
        return STUBS
    if command := re.search(r"\bcommand::(\w+)", path):
        return f"command {command[1]}"
    if path.startswith("size::") or path == "_start":
        return f"program {path.split('::')[-1]}"
    if module := re.match(r"minimc_core::(\w+)", path):
        return module[1]
    if re.match(r"(core|heapless)::", path):
        return "core, heapless"
    return BUILTINS


def flash(image):
    """The bytes of code and constants by groups."""
    loaded = {index: section.size for index, section in enumerate(image.sections)
              if section.type == PROGBITS and section.flags & ALLOCATED}
    # One place may have several names; the lowest bit of a Thumb function's address is not part of it.
    places = {(symbol.section, symbol.value & ~1): symbol
              for symbol in sorted(image.symbols, key=lambda symbol: symbol.size) if symbol.section in loaded}
    groups = {}
    for symbol in places.values():
        groups[group(symbol)] = groups.get(group(symbol), 0) + symbol.size
    groups["unnamed constants, padding"] = sum(loaded.values()) - sum(groups.values())
    return groups


def main(folder):
    too_large = []

    def client(name, stub):
        """The groups of an image less those of the one with stubs; the builtins; the program's own."""
        groups = flash(elf.Elf(folder / name))
        own = flash(elf.Elf(folder / stub))
        own.pop(STUBS)
        own.pop(BUILTINS)
        builtins = groups.pop(BUILTINS)
        groups = {name: groups.get(name, 0) - own.get(name, 0) for name in groups | own}
        return groups, builtins, sum(own.values())

    print("Flash of the client in bytes (thumbv7em, opt-level s, LTO), by modules; the rows of the")
    print("commands and of the program's functions have what is inlined there, and not what they have of")
    print("their own.")
    for program, (title, limit) in PROGRAMS.items():
        groups, builtins, own = client(program, f"{program}-stub")
        three = sum(groups.values())
        print(f"\n  {title}: three protocols")
        for name, size in sorted(groups.items(), key=lambda item: -item[1]):
            if size:
                print(f"    {name:40}{size:7,}")
        print(f"    {'sum':40}{three:7,}   limit {limit:,}")
        print(f"    {'apart: the program itself':40}{own:7,}")
        print(f"    {'apart: ' + BUILTINS:40}{builtins:7,}")
        for protocol in PROTOCOLS:
            one = sum(client(f"{program}-{protocol}", f"{program}-stub")[0].values())
            print(f"    {f'sum with {protocol} alone, a constant':40}{one:7,}   {three - one:,} less")
        if three > limit:
            too_large.append(f"{title}: {three:,} bytes of flash, the limit is {limit:,}")

    few = sum(client("few", "few-stub")[0].values())
    print("\nFlash that a command adds to get, set and delete")
    for stub in sorted(folder.glob("few-?*-stub")):
        name = stub.name.removesuffix("-stub")
        added = sum(client(name, stub.name)[0].values()) - few
        print(f"    {name.removeprefix('few-'):40}{added:7,}")

    few = sum(flash(elf.Elf(folder / "few")).values())
    print("\nFlash that values add to get, set and delete, with all that they need of the language")
    for path in sorted(folder.glob("value-*")):
        name = path.name.removeprefix("value-")
        added = sum(flash(elf.Elf(path)).values()) - few
        limit = VALUE_LIMITS.get(name)
        print(f"    {name:40}{added:7,}" + (f"   limit {limit:,}" if limit else ""))
        if limit and added > limit:
            too_large.append(f"{name}: {added:,} bytes of flash, the limit is {limit:,}")

    print("\nFlash that eight servers add to get, set and delete, with all that they need of the language")
    for path in sorted(folder.glob("servers-*")):
        image = elf.Elf(path)
        name = path.name.removeprefix("servers-")
        rings = {symbol.size for symbol in image.symbols if symbol.name.startswith("FLASH ")}
        added = sum(flash(image).values()) - few
        print(f"    {name:40}{added:7,}" + "".join(f"   the ring {ring:,} of it" for ring in rings))

    strangers = [name for name in map(lambda symbol: elf.path(symbol.name), elf.Elf(folder / "few").symbols)
                 if re.search(STRANGERS, name)]
    too_large += [f"{name} is linked without a command that needs it" for name in strangers]

    print("\nRAM in bytes")
    for symbol in sorted(elf.Elf(folder / "few").symbols, key=lambda symbol: symbol.size):
        if symbol.name.startswith("RAM "):
            name = symbol.name.removeprefix("RAM ")
            limit = RAM_LIMITS.pop(name, None)
            print(f"    {name:40}{symbol.size:7,}" + (f"   limit {limit}" if limit else ""))
            if limit and symbol.size > limit:
                too_large.append(f"{name}: {symbol.size} bytes of RAM, the limit is {limit}")
    too_large += [f"{name} is not in the image" for name in RAM_LIMITS]

    print()
    for line in too_large:
        print(f"sizes: {line}")
    if not too_large:
        print("sizes: within the limits")
    return 1 if too_large else 0


sys.exit(main(Path(sys.argv[1])))
