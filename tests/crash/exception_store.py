# SPDX-License-Identifier: GPL-2.0
"""A snapshot by its persistent exception store (drivers/md/dm-snap-persistent.c)."""

import struct

SECTOR = 512
HEADER = struct.Struct("<IIII")
EXCEPTION = struct.Struct("<QQ")
MAGIC, VALID, VERSION = 0x70416E53, 1, 1


def exceptions(store, chunk):
    """Where the store has chunks of the origin, by their numbers; text if it is unsound."""
    magic, valid, version, sectors = HEADER.unpack_from(store)
    if (magic, valid, version, sectors * SECTOR) != (MAGIC, VALID, VERSION, chunk):
        return f"the header is {magic:#x}, {valid}, {version}, {sectors}"
    found, used, per_area, area = {}, set(), chunk // EXCEPTION.size, 1
    while (area + 1) * chunk <= len(store):
        for old, new in EXCEPTION.iter_unpack(store[area * chunk:(area + 1) * chunk]):
            if not new:
                return found
            # What is in the first chunk of an area are exceptions.
            if (old in found or new in used or new % (per_area + 1) == 1
                    or (new + 1) * chunk > len(store)):
                return f"chunk {old} is mapped to {new}"
            found[old] = new
            used.add(new)
        area += per_area + 1
    return found


def wrong(origin, store, created, chunk):
    """What the snapshot has that the origin did not when it was created; nothing if all is well."""
    found = exceptions(store, chunk)
    if isinstance(found, str):
        return found
    for number in range(len(created) // chunk):
        where, place = (store, found[number]) if number in found else (origin, number)
        if where[place * chunk:(place + 1) * chunk] != created[number * chunk:(number + 1) * chunk]:
            return f"chunk {number} is not what it was, {'copied' if number in found else 'not copied'}"
    return ""
