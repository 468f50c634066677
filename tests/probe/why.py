"""Tells by which way each entry point of an object file reaches the panic handler.

    python3 why.py OBJECT
"""

import sys
from collections import defaultdict

import elf


def ways(object_):
    """For each entry point that reaches it, the shortest chain of sections to the handler's end."""
    names = [section.name for section in object_.sections]
    refers = defaultdict(set)
    for section, symbol in object_.references():
        target = names[symbol.section] if 0 < symbol.section < len(names) else symbol.name
        refers[names[section]].add(target)
    for entry in sorted(name for name in refers if name.startswith(".text.entry ")):
        came_from, queue = {entry: None}, [entry]
        for place in queue:
            if place == "a_panic_is_reachable":
                way = []
                while place:
                    way.append(place)
                    place = came_from[place]
                yield way[::-1]
                break
            for target in sorted(refers[place] - came_from.keys()):
                came_from[target] = place
                queue.append(target)


def label(section):
    """`.text.unlikely._RNv...` as the names in it."""
    prefix, _, symbol = section[1:].partition(".")
    return "a constant" if prefix == "rodata" else elf.path(symbol.removeprefix("unlikely."))


for entry, *steps, _handler, _undefined in ways(elf.Elf(sys.argv[1])):
    print(f"  {label(entry).removeprefix('entry ')}, by {' -> '.join(map(label, steps))}")
