# SPDX-License-Identifier: GPL-2.0
"""Steps for the dm-io services, and what is durable when they have ended."""

import random

from planned import SECTOR, first_wrong, stamped

SERVICES = ("dm_io_sync", "dm_io_sync_bvec", "dm_io_sync_vm",
            "dm_io_async", "dm_io_async_bvec", "dm_io_async_vm")
OPERATIONS = ("write", "write", "fua", "fua", "commit", "flush")
PAGE_SECTORS = 8
# Every so manieth step is one of several bios.
LARGE_EVERY, LARGE_SECTORS = 20, 3000
SMALL_SECTORS = 32
DEVICE = "/dev/mapper/services"


class Step:
    """An operation, the buffer's sector to start at, and where the same data goes."""

    def __init__(self, operation, service, start, places, count):
        self.operation, self.service = operation, service
        self.start, self.places, self.count = start, places, count

    def command(self):
        regions = [f"{DEVICE},{place},{self.count}" for place in self.places]
        return " ".join([self.operation, self.service, str(self.start), *regions])


class Steps:
    """Steps one after the other, each with data of its own from the buffer."""

    def __init__(self, seed, sectors, number):
        source = random.Random(seed)
        self.steps, used, cached = [], 0, set()
        for index in range(number):
            large = index % LARGE_EVERY == LARGE_EVERY - 1
            count = source.randint(1, LARGE_SECTORS if large else SMALL_SECTORS)
            places = apart(source, sectors, count, source.randint(1, 3))
            operation = source.choice(OPERATIONS)
            if operation == "flush":
                places, count = [0], 0
            touched = {place + i for place in places for i in range(count)}
            # The log has what is FUA before what ended earlier: of one sector it is to have either.
            if operation == "fua" and touched & cached:
                operation = "commit"
            cached = (cached | touched if operation == "write" else
                      cached if operation == "fua" else set())
            self.steps.append(Step(operation, source.choice(SERVICES), used, places, count))
            used += -(-count // PAGE_SECTORS) * PAGE_SECTORS
        self.buffer = stamped(0, 0, 0, used)

    def writes(self, step):
        data = self.buffer[step.start * SECTOR:(step.start + step.count) * SECTOR]
        return [(place, data) for place in step.places]


def apart(source, sectors, count, number):
    """Places for runs of sectors that do not overlap."""
    part = sectors // number
    return [index * part + source.randrange(part - count) for index in range(number)]


class StepsContent:
    """What must be on the disk, and what may be."""

    def __init__(self, steps, image):
        self.steps, self.done = steps, 0
        self.durable, self.cached = bytearray(image), []

    def acknowledge(self, number):
        for step in self.steps.steps[self.done:number]:
            if step.operation in ("commit", "flush"):
                self.make_durable(self.cached)
                self.cached = []
            if step.operation == "write":
                self.cached += self.steps.writes(step)
            else:
                self.make_durable(self.steps.writes(step))
        self.done = number

    def make_durable(self, writes):
        for sector, data in writes:
            self.durable[sector * SECTOR:sector * SECTOR + len(data)] = data

    def wrong(self, device):
        current = [write for step in self.steps.steps[self.done:self.done + 1]
                   for write in self.steps.writes(step)]
        return first_wrong(device, self.durable, self.cached + current)
