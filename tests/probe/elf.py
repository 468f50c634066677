"""Reads what a linker knows of an ELF file for a 32-bit machine: sections, symbols, references."""

import re
import struct
from collections import namedtuple

Section = namedtuple("Section", "name type flags size data link info")
Symbol = namedtuple("Symbol", "name value size type section")

RELA, SYMBOLS, REL = 4, 2, 9  # types of sections
FUNCTION, OBJECT = 2, 1  # types of symbols


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:6] != b"\x7fELF\x01\x01":
            raise ValueError(f"{path} is not a little-endian 32-bit ELF file")
        offset, = struct.unpack_from("<I", data, 32)
        size, count, names = struct.unpack_from("<HHH", data, 46)
        if count == 0:  # more than the header's 16 bits can say
            count, = struct.unpack_from("<I", data, offset + 20)
        headers = [struct.unpack_from("<10I", data, offset + index * size) for index in range(count)]

        def text(table, at):
            at += headers[table][4]
            return data[at : data.index(b"\0", at)].decode()

        self.sections = [
            Section(text(names, name), type_, flags, length, data[at : at + length], link, info)
            for name, type_, flags, _, at, length, link, info, _, _ in headers
        ]
        self.symbols = [
            Symbol(text(section.link, name), value, length, info & 15, index)
            for section in self.sections
            if section.type == SYMBOLS
            for name, value, length, info, _, index in struct.iter_unpack("<IIIBBH", section.data)
        ]

    def references(self):
        """Pairs of a section and the symbol to which something in it refers."""
        for section in self.sections:
            if section.type in (REL, RELA):
                entry = "<II" if section.type == REL else "<IIi"
                for _, info, *_ in struct.iter_unpack(entry, section.data):
                    yield section.info, self.symbols[info >> 8]


def path(symbol):
    """A mangled Rust symbol as the names in it, in their order: `core::fmt::write`."""
    if not symbol.startswith(("_R", "_ZN")):
        return symbol
    names, at = [], 2 if symbol.startswith("_R") else 3
    while at < len(symbol):
        if number := re.compile(r"[1-9]\d*").match(symbol, at):
            start = number.end() + symbol.startswith("_", number.end())
            at = start + int(number[0])
            names.append(symbol[start:at])
        elif skipped := re.compile(r"[sBLG][0-9a-zA-Z]*_|K?[jb][0-9a-f]+_").match(symbol, at):
            at = skipped.end()
        else:
            at += 1
    if symbol.startswith("_ZN"):
        names.pop()  # a hash
    return "::".join(names)
