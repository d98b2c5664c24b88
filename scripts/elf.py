# SPDX-License-Identifier: GPL-2.0
"""The functions of a module, byte for byte: of ELF no more than that takes."""

import struct

SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
SHT_SYMTAB = 2
STT_FUNC, STT_FILE = 2, 4
STB_LOCAL = 0


def sections(data):
    """The section headers of a 64-bit little-endian file."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit ELF file")
    offset, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    return [SECTION.unpack_from(data, offset + size * number) for number in range(count)]


def name_at(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


def functions(data):
    """Functions to their code: keys are (source file, name), without a file for global ones.

    A local function that has its name several times in a file is a list in the order of
    the symbols, as all are. What the module loader fills in is 0 in the code. The
    padding in front of a function, to which objtool gives a name, is left out.
    """
    headers = sections(data)
    table = next(header for header in headers if header[1] == SHT_SYMTAB)
    names = headers[table[6]][4]
    found, source = {}, ""
    for offset in range(table[4], table[4] + table[5], SYMBOL.size):
        name, info, _, section, value, size = SYMBOL.unpack_from(data, offset)
        kind, name = info & 15, name_at(data, names + name)
        if kind == STT_FILE:
            source = name
        elif kind == STT_FUNC and 0 < section < len(headers) and not name.startswith("__pfx_"):
            start = headers[section][4] + value
            key = (source if info >> 4 == STB_LOCAL else "", name)
            found.setdefault(key, []).append(data[start:start + size])
    return found


def source_files(data):
    """The source files whose symbols a module has."""
    return {source for source, _ in functions(data)}
