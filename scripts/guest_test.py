#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""How a guest's run ends, by what it reports; lint runs this."""

import contextlib
import io
import sys
import unittest

sys.dont_write_bytecode = True

from guest import CUT_OFF, NOT_BOOTED, follow  # noqa: E402
from results import Results  # noqa: E402


def ending(script, timeout=60, **how):
    """How a run ends, with sh for the emulator."""
    with contextlib.redirect_stdout(io.StringIO()):
        return follow(["sh", "-c", script], Results(), timeout, **how)


class Endings(unittest.TestCase):
    def test_by_itself_with_its_status(self):
        self.assertEqual(ending("echo booted; echo pass one; echo exit 3"), 3)

    def test_without_one_if_it_dies_or_takes_too_long(self):
        self.assertIsNone(ending("echo booted; echo pass one"))
        self.assertIsNone(ending("echo booted; exec sleep 60", timeout=0.5))

    def test_before_it_has_booted(self):
        self.assertIs(ending("exit 0"), NOT_BOOTED)
        self.assertIs(ending("exec sleep 60", timeout=0.1), NOT_BOOTED)

    def test_cut_off_by_a_check_that_fails(self):
        self.assertEqual(ending("echo booted; echo fail one; exec sleep 60", until_failure=True), CUT_OFF)

    def test_cut_off_after_so_many_acknowledged_writes(self):
        script = "echo booted; echo acknowledged; echo acknowledged; exec sleep 60"
        self.assertIs(ending(script, cut_after=2), CUT_OFF)
        self.assertIsNone(ending(script, cut_after=3, timeout=0.5))

    def test_not_by_one_that_may_fail(self):
        script = "echo booted; echo fail one: why; echo exit 0"
        self.assertEqual(ending(script), 0)
        self.assertEqual(ending(script, until_failure=True, may_fail=("one",)), 0)


if __name__ == "__main__":
    unittest.main()
