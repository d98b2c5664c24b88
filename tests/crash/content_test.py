#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What is judged to be wrong on devices, stores and logs; lint runs this."""

import struct
import sys
import unittest

sys.dont_write_bytecode = True

import dirty_log  # noqa: E402
import exception_store  # noqa: E402
from planned import SECTOR, Content, Load, first_wrong  # noqa: E402
from steps_plan import Steps, StepsContent  # noqa: E402

OLD, A, B = b"." * SECTOR, b"a" * SECTOR, b"b" * SECTOR
CHUNK = 8 * SECTOR


class Devices(unittest.TestCase):
    def test_have_what_is_durable_or_pending(self):
        for device, well in ((OLD + OLD, True), (OLD + A, True), (OLD + B, False), (A + OLD, False)):
            self.assertEqual(not first_wrong(device, OLD + OLD, [(1, A)]), well)

    def test_have_what_writers_were_told(self):
        load = Load(1, 4096, 16)
        content, device = Content(load, bytes(4096 * SECTOR)), bytearray(4096 * SECTOR)
        self.assertFalse(content.wrong(device))
        sector, data = load.data(0, 1)
        content.acknowledge(0, 1)
        self.assertTrue(content.wrong(device))
        device[sector * SECTOR:sector * SECTOR + len(data)] = data
        self.assertFalse(content.wrong(device))
        sector, data = load.data(0, 3)
        device[sector * SECTOR:sector * SECTOR + len(data)] = data
        self.assertTrue(content.wrong(device), "two writes ahead of what was acknowledged")

    def test_have_what_steps_made_durable(self):
        steps = Steps(1, 32768, 40)
        content, device = StepsContent(steps, bytes(32768 * SECTOR)), bytearray(32768 * SECTOR)
        for number, step in enumerate(steps.steps, 1):
            before = bytes(device)
            for sector, data in steps.writes(step):
                device[sector * SECTOR:sector * SECTOR + len(data)] = data
            self.assertFalse(content.wrong(device), "begun")
            content.acknowledge(number)
            self.assertFalse(content.wrong(device), "ended")
            lost = step.operation in ("fua", "commit")
            self.assertEqual(bool(content.wrong(before)), lost, step.command())


def store(*found, header=(exception_store.MAGIC, 1, 1, 8)):
    """A store of four chunks, the last two for copies."""
    area = b"".join(struct.pack("<QQ", *exception) for exception in found)
    return (struct.pack("<IIII", *header).ljust(CHUNK, b"\0") + area.ljust(CHUNK, b"\0") +
            A * 8 + B * 8)


class Stores(unittest.TestCase):
    def wrong(self, kept, origin=OLD * 8 + B * 8):
        return bool(exception_store.wrong(origin, kept, A * 8 + B * 8, CHUNK))

    def test_have_what_the_origin_has_no_more(self):
        self.assertFalse(self.wrong(store((0, 2))))
        self.assertFalse(self.wrong(store((0, 2), (1, 3))))
        self.assertTrue(self.wrong(store()), "not mapped")
        self.assertTrue(self.wrong(store((0, 3))), "mapped to another's copy")

    def test_are_sound(self):
        self.assertTrue(self.wrong(store((0, 2), (0, 3))), "a chunk twice")
        self.assertTrue(self.wrong(store((0, 2), (1, 2))), "a copy twice")
        self.assertTrue(self.wrong(store((0, 9))), "beyond the end")
        self.assertTrue(self.wrong(store((0, 1))), "the area itself")
        self.assertTrue(self.wrong(store((0, 2), header=(exception_store.MAGIC, 0, 1, 8))), "invalid")


class Logs(unittest.TestCase):
    def test_have_each_region_that_differs(self):
        clean = dirty_log.all_clean(2)
        dirty = bytearray(clean)
        dirty[dirty_log.BITS] = 1
        same, other = A + B, A + OLD
        self.assertFalse(dirty_log.wrong([same, same], clean, SECTOR))
        self.assertTrue(dirty_log.wrong([same, other], clean, SECTOR))
        self.assertFalse(dirty_log.wrong([same, other], bytes(dirty), SECTOR))
        self.assertTrue(dirty_log.wrong([same, same], bytes(len(clean)), SECTOR), "no header")


if __name__ == "__main__":
    unittest.main()
