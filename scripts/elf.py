# SPDX-License-Identifier: GPL-2.0
"""The functions and the data of a module, byte for byte: of ELF no more than that takes."""

import bisect
import struct

SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QIIq")
SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
STT_SECTION, STT_FILE = 3, 4
VARIABLES, FUNCTIONS = 1, 2
# The sections of the program; the rest tells the kernel, or a debugger, of it.
PARTS = (".text", ".init.", ".exit.", ".ref.", ".noinstr.", ".data", ".rodata", ".bss")
STB_LOCAL = 0
# Of an instruction that refers to something, the operand is at its end.
BEHIND_OPERAND = 4
R_X86_64_PC32, R_X86_64_PLT32 = 2, 4


def name_at(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


class Module:
    """A 64-bit little-endian file with relocations."""

    def __init__(self, data):
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("not a 64-bit ELF file")
        self.data = data
        offset, = struct.unpack_from("<Q", data, 0x28)
        size, count, names = struct.unpack_from("<HHH", data, 0x3A)
        self.sections = [SECTION.unpack_from(data, offset + size * number)
                         for number in range(count)]
        strings = self.sections[names][4]
        self.names = [name_at(data, strings + section[0]) for section in self.sections]
        self.symbols = list(self._symbols())
        self.relocations = self._relocations()
        self.places = self._places()

    def _symbols(self):
        """Name, source file (of a local one), kind, section, value and size of each."""
        table = next(section for section in self.sections if section[1] == SHT_SYMTAB)
        strings, source = self.sections[table[6]][4], ""
        for offset in range(table[4], table[4] + table[5], SYMBOL.size):
            name, info, _, section, value, size = SYMBOL.unpack_from(self.data, offset)
            kind, name = info & 15, name_at(self.data, strings + name)
            if kind == STT_FILE:
                source = name
            yield name, source if info >> 4 == STB_LOCAL else "", kind, section, value, size

    def _relocations(self):
        """For each section its relocations in the order of their places."""
        found = {}
        for section in self.sections:
            if section[1] == SHT_RELA:
                entries = RELOCATION.iter_unpack(
                    self.data[section[4]:section[4] + section[5]])
                found.setdefault(section[7], []).extend(sorted(entries))
        return found

    def _places(self):
        """For each section where its functions and variables begin, how long and what they are."""
        found = {}
        for name, _, kind, section, value, size in self.symbols:
            if kind in (FUNCTIONS, VARIABLES) and not name.startswith("__pfx_"):
                found.setdefault(section, []).append((value, size, name))
        return {section: sorted(places) for section, places in found.items()}

    def _place(self, section, offset):
        """What is at an offset of a section, however far that is from the section's beginning."""
        places = self.places.get(section, [])
        index = bisect.bisect_right(places, (offset, 1 << 63)) - 1
        if index >= 0:
            value, size, name = places[index]
            # A variable without a size is where the next one begins, whichever that is.
            has_empty = places[bisect.bisect_left(places, (value,))][1] == 0
            if offset < value + size and not has_empty:
                return name, offset - value
        # The linker of modules has put all strings into it, and no symbol is at them.
        if self.names[section].startswith(".rodata"):
            start = self.sections[section][4] + offset
            return self.data[start:self.data.index(b"\0", start)], 0
        return self.names[section], None

    def _target(self, relocation):
        """What a relocation refers to; what has no name is found by where it is."""
        _, kind, number, addend = relocation
        name, _, symbol_kind, section, value, _ = self.symbols[number]
        if symbol_kind != STT_SECTION:
            return kind, name, addend
        behind = BEHIND_OPERAND if kind in (R_X86_64_PC32, R_X86_64_PLT32) else 0
        return kind, *self._place(section, value + addend + behind)

    def _content(self, section, value, size):
        """The bytes, with what is to be filled in there."""
        header = self.sections[section]
        start = header[4] + value
        code = b"" if header[1] == SHT_NOBITS else self.data[start:start + size]
        entries = self.relocations.get(section, [])
        first = bisect.bisect_left(entries, (value,))
        last = bisect.bisect_left(entries, (value + size,))
        return size, code, tuple((entry[0] - value, *self._target(entry))
                                 for entry in entries[first:last])

    def contents(self, kind):
        """Functions, or variables, to what is in them: keys are (source file, name).

        Global ones have no file. One that has its name several times in a file is a list in the
        order of the symbols, as all are. The padding in front of a function, to which objtool
        gives a name, is left out.
        """
        found = {}
        for name, source, symbol_kind, section, value, size in self.symbols:
            if symbol_kind == kind and size and 0 < section < len(self.sections) and \
                    self.names[section].startswith(PARTS) and not name.startswith("__pfx_"):
                found.setdefault((source, name), []).append(self._content(section, value, size))
        return found

    def source_files(self):
        """The source files whose symbols the module has."""
        return {source for _, source, *_ in self.symbols}
