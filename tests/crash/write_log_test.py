#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a disk may hold by a log of its writes; lint runs this."""

import pathlib
import random
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

from write_log import (ENTRY, FLUSH, FUA, MAGIC, MARK, SECTOR, SUPER, VERSION,  # noqa: E402
                       Entry, Malformed, crash_states, read_log)

OLD, A, B = b"." * SECTOR, b"a" * SECTOR, b"b" * SECTOR


def write(place, data, flags=0):
    return Entry(flags, place * SECTOR, data, "")


def flush():
    return Entry(FLUSH, 0, b"", "")


def mark(text):
    return Entry(MARK, 0, b"", text)


def states(*log, sectors=2):
    """The states of a disk, each with the last mark before it, for many draws."""
    found = set()
    for seed in range(50):
        last = ""
        for text, state in crash_states(log, OLD * sectors, random.Random(seed)):
            last = text or last
            found.add((last, bytes(state)))
    return found


class CrashStates(unittest.TestCase):
    def test_what_is_cached_may_be_there_or_not(self):
        self.assertEqual(states(write(0, A), write(1, B), flush()),
                         {("", OLD + OLD), ("", A + OLD), ("", OLD + B), ("", A + B)})

    def test_what_was_flushed_is_there(self):
        self.assertIn(("x", A + OLD), states(write(0, A), flush(), mark("x")))
        self.assertNotIn(("x", OLD + OLD), states(write(0, A), flush(), mark("x")))

    def test_what_has_fua_is_there(self):
        self.assertEqual(states(write(0, A, FUA), mark("x")),
                         {("", OLD + OLD), ("", A + OLD), ("x", A + OLD)})

    def test_what_no_flush_has_ended_is_not_there(self):
        self.assertEqual(states(write(0, A), mark("x")), {("x", OLD + OLD)})

    def test_a_flush_with_data_keeps_what_was_before(self):
        self.assertIn(("x", A + OLD), states(write(0, A), write(1, B, FLUSH), mark("x")))
        self.assertIn(("x", A + B), states(write(0, A), write(1, B, FLUSH | FUA), mark("x")))

    def test_of_a_write_each_sector_is_there_or_not(self):
        self.assertIn(("", OLD + B), states(write(0, A + B, FUA)))


class Logs(unittest.TestCase):
    def read(self, *pieces):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "log"
            path.write_bytes(b"".join(piece.ljust(SECTOR, b"\0") for piece in pieces))
            return list(read_log(path))

    def test_are_read(self):
        found = self.read(SUPER.pack(MAGIC, VERSION, 2, SECTOR), ENTRY.pack(7, 2, FUA, 0), A, B,
                          ENTRY.pack(0, 0, MARK, 3) + b"end")
        self.assertEqual(found, [write(7, A + B, FUA), mark("end")])

    def test_that_are_none_are_refused(self):
        with self.assertRaises(Malformed):
            self.read(SUPER.pack(MAGIC + 1, VERSION, 0, SECTOR))


if __name__ == "__main__":
    unittest.main()
