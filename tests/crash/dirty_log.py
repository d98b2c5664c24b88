# SPDX-License-Identifier: GPL-2.0
"""A mirror's log on a disk (drivers/md/dm-log.c)."""

import struct

SECTOR = 512
HEADER = struct.Struct("<IIQ")
MAGIC, VERSION = 0x4D695272, 2
BITS = 2 * SECTOR


def all_clean(regions):
    """A log that says that the legs are the same."""
    header = HEADER.pack(MAGIC, VERSION, regions).ljust(BITS, b"\0")
    return header + ((1 << regions) - 1).to_bytes(SECTOR, "little")


def differing(legs, region):
    """The regions, of so many bytes, in which the legs are not the same."""
    return [number for number, start in enumerate(range(0, len(legs[0]), region))
            if any(leg[start:start + region] != legs[0][start:start + region] for leg in legs[1:])]


def wrong(legs, log, region):
    """A region that differs and would not be copied after a crash; nothing if all is well."""
    magic, version, regions = HEADER.unpack_from(log)
    if (magic, version, regions * region) != (MAGIC, VERSION, len(legs[0])):
        return f"the header is {magic:#x}, {version}, {regions}"
    clean = int.from_bytes(log[BITS:BITS + (regions + 7) // 8], "little")
    for number in differing(legs, region):
        if clean >> number & 1:
            return f"region {number} differs, and is clean in the log"
    return ""
