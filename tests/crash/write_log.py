# SPDX-License-Identifier: GPL-2.0
"""The log of dm-log-writes, and what a disk with a volatile cache may hold at each moment of it.

The format is that of drivers/md/dm-log-writes.c. A write is logged when it is durable:
one with FUA when it has ended; others, in the order in which they ended, when a flush has
that was submitted after that.
"""

import dataclasses
import struct

SECTOR = 512
SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
MAGIC, VERSION = 0x6A736677736872, 1
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
# How many of what the cache may keep are tried for each flush.
SUBSETS = 2


class Malformed(Exception):
    """The log is not what dm-log-writes writes."""


@dataclasses.dataclass
class Entry:
    """What was logged: data for a place, or a mark."""

    flags: int
    place: int
    data: bytes
    mark: str


def read_log(path):
    """The entries of a log, one after the other."""
    with open(path, "rb") as log:
        magic, version, count, size = SUPER.unpack(log.read(SECTOR)[:SUPER.size])
        if (magic, version, size) != (MAGIC, VERSION, SECTOR):
            raise Malformed(f"magic {magic:#x}, version {version}, sectors of {size} bytes")
        for _ in range(count):
            head = log.read(SECTOR)
            sector, sectors, flags, length = ENTRY.unpack(head[:ENTRY.size])
            if flags & DISCARD:
                raise Malformed("a discard, of which nothing here knows")
            mark = head[ENTRY.size:ENTRY.size + length].decode() if flags & MARK else ""
            yield Entry(flags, sector * SECTOR, log.read(sectors * SECTOR), mark)


def put(state, entry, keep=lambda: True):
    """Write an entry's data to a disk, or some of its sectors."""
    for start in range(0, len(entry.data), SECTOR):
        if keep():
            piece = entry.data[start:start + SECTOR]
            state[entry.place + start:entry.place + start + len(piece)] = piece


def some_of(state, entries, source):
    """A disk with some of what is in its cache: of each write all, nothing, or some sectors."""
    state = bytearray(state)
    for entry in entries:
        chance = source.choice((0, 0.5, 1))
        put(state, entry, lambda chance=chance: source.random() < chance)
    return state


def crash_states(log, disk, source):
    """What `disk` may hold if the power goes, as the log goes on: (a mark or "", the bytes).

    At a flush each part of what came since the last one may be there, and all with FUA is.
    """
    state, cached = bytearray(disk), []
    for entry in log:
        if entry.flags & FLUSH:
            for _ in range(SUBSETS if cached else 0):
                yield "", some_of(state, cached, source)
            for write in cached:
                put(state, write)
            cached = []
        if entry.flags & FUA:
            yield "", some_of(state, [entry], source)
            put(state, entry)
        elif entry.data:
            cached.append(entry)
        if entry.flags & (FLUSH | FUA | MARK):
            yield entry.mark, state
