#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Who has noticed a mutant, by what its guest says; lint runs this."""

import os
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True

from boot import BOOT, ENDS, HANGS, LEAK_SCAN, Times, Watch, follow, numbers  # noqa: E402

START = "echo mutants: reached by boot: 0; echo mutants: running s; "
# A guest that nobody stops.
ENDLESS = "; exec sleep 60"


def outcome(script, times=None):
    """What is seen of a run, with sh for the emulator."""
    return follow(["sh", "-c", script], times or {}, os.devnull)[0]


class Watching(unittest.TestCase):
    def expect(self, script, suite, noticed, times=None):
        seen = outcome(script, times)
        self.assertEqual((seen.suite, seen.noticed), (suite, noticed))

    def test_nothing(self):
        self.expect(START + "echo '    ok 1 case'; echo mutants: reached by s: 0; "
                    "echo mutants: complete", LEAK_SCAN, "")

    def test_check_that_fails(self):
        for kind in ("EXPECTATION", "ASSERTION"):
            self.expect(f"{START}echo '    # case: {kind} FAILED at tests/io_kunit.c:12'{ENDLESS}",
                        "s", "case at io_kunit.c:12")

    def test_case_that_fails(self):
        self.expect(f"{START}echo '    not ok 7 case'{ENDLESS}", "s", "case")

    def test_report(self):
        self.expect(f"echo 'BUG: unable to handle'{ENDLESS}", BOOT, "BUG: unable to handle")

    def test_end_that_comes_too_early(self):
        self.expect(START, "s", ENDS)

    def test_emulator_that_fails(self):
        for script, status in (("exit 3", 3), ("kill -ABRT $$", -6), ("echo BUG:; exit 3", 0)):
            self.assertEqual(follow(["sh", "-c", script], {}, os.devnull)[1], status)

    def test_silence(self):
        soon = {"s": Times(total=0, silence=-11.9)}
        self.expect(START + "exec sleep 60", "s", HANGS, soon)

    def test_what_never_ends(self):
        soon = {"s": Times(total=-11.9, silence=0)}
        self.expect(START + "while :; do echo; done", "s", HANGS, soon)

    def test_times(self):
        with mock.patch("boot.time.monotonic", side_effect=range(0, 100, 10)):
            watch = Watch({})
            watch.line("mutants: running s")
        with mock.patch("boot.time.monotonic", side_effect=[100, 130, 140]):
            for line in ("one", "two", "three"):
                watch.line(line)
        self.assertEqual(watch.outcome.times["s"], Times(total=140 - 20, silence=100 - 10))

    def test_reached(self):
        seen = outcome("echo mutants: reached by boot: 1,00000006; echo mutants: reached by s: 8")
        self.assertEqual(seen.reached, {"boot": {1, 2, 32}, "s": {3}})

    def test_numbers(self):
        self.assertEqual(numbers("0"), set())
        self.assertEqual(numbers("80000001,00000000"), {32, 63})


if __name__ == "__main__":
    unittest.main()
