#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A module that differs in anything from another is seen to do so; lint runs this."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import elf  # noqa: E402

SOURCE = """
extern int first(const char *), second(const char *);
static const int limits[] = { 1, 2, 3 };
static int (*const calls[])(const char *) = { first, second };
int counted = 5;
int work(int number)
{
	counted++;
	return calls[number & 1](CALLED) + limits[number] + first(CALLED);
}
"""


# What that of the kernel's modules does: it is one section, in which only variables have names.
SCRIPT = "SECTIONS { .rodata : { *(.rodata .rodata.*) } }"


def contents(folder, source):
    path = pathlib.Path(folder) / "module.o"
    subprocess.run(["gcc-14", "-O1", "-fno-pic", "-mcmodel=kernel", "-c", "-o", path, "-xc", "-"],
                   input=source, text=True, check=True)
    script, linked = path.with_name("script"), path.with_name("module.ko")
    script.write_text(SCRIPT)
    subprocess.run(["ld", "-r", "-T", script, "-o", linked, path], check=True)
    module = elf.Module(linked.read_bytes())
    return module.contents(elf.FUNCTIONS), module.contents(elf.VARIABLES)


class Elf(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.source = SOURCE.replace("CALLED", '"text"')
        self.same = contents(self.folder.name, self.source)

    def differs(self, old, new):
        self.assertIn(old, self.source)
        functions, variables = contents(self.folder.name, self.source.replace(old, new, 1))
        return functions != self.same[0], variables != self.same[1]

    def test_same(self):
        self.assertEqual(contents(self.folder.name, self.source), self.same)
        self.assertEqual({name for _, name in self.same[0]}, {"work"})
        self.assertEqual({name for _, name in self.same[1]}, {"limits", "calls", "counted"})

    def test_place_does_not_count(self):
        """Something in front of all else moves it, and changes nothing."""
        moved = 'int other = 7; int idle(void) { return first("other"); }'
        source = self.source.replace("static const", moved + " static const", 1)
        for found, same in zip(contents(self.folder.name, source), self.same):
            self.assertEqual({key: found[key] for key in same}, same)

    def test_differences(self):
        for old, new, wanted in (
                ("+ first(", "+ second(", (True, False)),
                ('"text"', '"test"', (True, False)),
                ("limits[number] +", "limits[number + 1] +", (True, False)),
                ("counted++", "counted--", (True, False)),
                ("{ first, second }", "{ second, first }", (False, True)),
                ("{ 1, 2, 3 }", "{ 1, 2, 4 }", (False, True)),
                ("counted = 5", "counted = 6", (False, True))):
            with self.subTest(new):
                self.assertEqual(self.differs(old, new), wanted)


if __name__ == "__main__":
    unittest.main()
