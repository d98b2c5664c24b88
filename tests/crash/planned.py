# SPDX-License-Identifier: GPL-2.0
"""Writes that are planned, and what must be on a device of those that were acknowledged.

Each sector that is written says what it is of (see writer/main.c), so that one of another
write, or for another place, is wrong wherever it is found.
"""

import random
import struct

SECTOR = 512
# After how many writes each writer makes them durable: with 1, each is O_DSYNC, which is FUA
# below. A sector has either kind: in the log of dm-log-writes FUA comes before what ended earlier.
EVERY = (1, 1, 8, 8)
MOST_SECTORS = 24
# How much is compared at a time.
PIECE = 128 * SECTOR


def stamped(writer, number, sector, count):
    """The bytes of a write."""
    first = writer << 56 | number << 32
    return b"".join((first | place).to_bytes(8, "little") * (SECTOR // 8)
                    for place in range(sector, sector + count))


def first_wrong(device, durable, pending):
    """What is wrong on a device that must have what is durable, or of pending writes any sectors.

    A pending write is its first sector and its bytes. Nothing if all is well.
    """
    for start in range(0, len(durable), PIECE):
        if device[start:start + PIECE] == durable[start:start + PIECE]:
            continue
        for place in range(start, min(start + PIECE, len(durable)), SECTOR):
            have = device[place:place + SECTOR]
            if have != durable[place:place + SECTOR] and not any(
                    data[place - sector * SECTOR:place - sector * SECTOR + SECTOR] == have
                    for sector, data in pending if sector * SECTOR <= place):
                return f"sector {place // SECTOR} begins with {bytes(have[:8]).hex()}"
    return ""


class Load:
    """What the writers write, each to its own part of a device."""

    def __init__(self, seed, sectors, writes):
        source = random.Random(seed)
        part = sectors // len(EVERY)
        self.plans = []
        for writer in range(len(EVERY)):
            counts = [source.randint(1, MOST_SECTORS) for _ in range(writes)]
            self.plans.append([(writer * part + source.randrange(part - count), count)
                               for count in counts])

    def data(self, writer, number):
        """A write's first sector, and its bytes."""
        sector, count = self.plans[writer][number - 1]
        return sector, stamped(writer, number, sector, count)

    def save(self, folder):
        """The plans as files for the guest."""
        paths = []
        for writer, plan in enumerate(self.plans):
            paths.append(folder / f"plan.{writer}")
            paths[-1].write_bytes(b"".join(struct.pack("<II", *write) for write in plan))
        return paths


class Content:
    """What must be on the device of a load."""

    def __init__(self, load, image):
        self.load = load
        self.durable = bytearray(image)
        self.acknowledged = [0] * len(EVERY)

    def acknowledge(self, writer, number):
        """All of the writer's writes up to this one are durable."""
        for durable in range(self.acknowledged[writer] + 1, number + 1):
            sector, data = self.load.data(writer, durable)
            self.durable[sector * SECTOR:sector * SECTOR + len(data)] = data
        self.acknowledged[writer] = number

    def pending(self):
        """The writes that may have been made, and were not acknowledged."""
        return [self.load.data(writer, number)
                for writer, every in enumerate(EVERY)
                for number in range(self.acknowledged[writer] + 1,
                                    min(self.acknowledged[writer] + every, len(self.load.plans[writer])) + 1)]

    def wrong(self, device):
        return first_wrong(device, self.durable, self.pending())
