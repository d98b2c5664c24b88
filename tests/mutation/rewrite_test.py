#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""How mutants are written into a source, and found again in errors; lint runs this."""

import sys
import unittest

sys.dont_write_bytecode = True

from rewrite import (  # noqa: E402
    BODY, EXPRESSION, ORDER, STATEMENT, Mutation, Rewriter, culprits, describe)

SOURCE = b"""fn f() -> Option<u8> {
    if a < b + 1 {
        x();
    }
    None
}
"""


def mutation(kind, text, mutated=""):
    start = SOURCE.index(text) + (len(text) if kind == BODY else 0)
    end = start if kind == BODY else start + len(text)
    return Mutation("f.rs", "f", start, end, kind, mutated)


LESS = mutation(EXPRESSION, b"a < b + 1", "a <= b + 1")
NOT_LESS = mutation(EXPRESSION, b"a < b + 1", "a >= b + 1")
SUM = mutation(EXPRESSION, b"b + 1", "b - 1")
CALL = mutation(STATEMENT, b"x();")
IF = mutation(STATEMENT, b"if a < b + 1 {\n        x();\n    }")
START = mutation(BODY, b"Option<u8> {", "return None;")


def rewritten(*mutations):
    rewriter = Rewriter(SOURCE, list(enumerate(mutations, 1)))
    return rewriter.rewrite().decode(), rewriter.written


class Rewriting(unittest.TestCase):
    def expect(self, mutations, old, new):
        self.assertEqual(rewritten(*mutations)[0], SOURCE.decode().replace(old, new))

    def test_nothing(self):
        self.expect([], "", "")

    def test_expression(self):
        self.expect([SUM], "b + 1", "(if crate::mutants::is(1) { (b - 1) } else { (b + 1) })")

    def test_two_of_one_place(self):
        self.expect([LESS, NOT_LESS], "a < b + 1",
                    "(if crate::mutants::is(1) { (a <= b + 1) } "
                    "else if crate::mutants::is(2) { (a >= b + 1) } else { (a < b + 1) })")

    def test_one_in_another(self):
        """A mutant's own text has no other in it: one at a time is selected."""
        self.expect([LESS, SUM], "a < b + 1",
                    "(if crate::mutants::is(1) { (a <= b + 1) } "
                    "else { (a < (if crate::mutants::is(2) { (b - 1) } else { (b + 1) })) })")

    def test_statement(self):
        self.expect([CALL], "x();", "if !crate::mutants::is(1) { x(); }")

    def test_statement_around_others(self):
        self.expect([CALL, IF, SUM], SOURCE.decode(), """fn f() -> Option<u8> {
    if !crate::mutants::is(2) { if a < (if crate::mutants::is(3) { (b - 1) } else { (b + 1) }) {
        if !crate::mutants::is(1) { x(); }
    } }
    None
}
""")

    def test_statement_that_is_an_expression(self):
        source = b"x += 1"
        mutants = [(1, Mutation("f.rs", "f", 0, 6, EXPRESSION, "x -= 1")),
                   (2, Mutation("f.rs", "f", 0, 6, STATEMENT, ""))]
        self.assertEqual(Rewriter(source, mutants).rewrite().decode(),
                         "if !crate::mutants::is(2) { "
                         "(if crate::mutants::is(1) { (x -= 1) } else { (x += 1) }) }")

    def test_order(self):
        source = b"a(1); b();"
        mutants = [(1, Mutation("f.rs", "f", 0, 10, ORDER, "b(); a(1);")),
                   (2, Mutation("f.rs", "f", 0, 5, STATEMENT, "")),
                   (3, Mutation("f.rs", "f", 2, 3, EXPRESSION, "0"))]
        self.assertEqual(
            Rewriter(source, mutants).rewrite().decode(),
            "if crate::mutants::is(1) { b(); a(1); } else { if !crate::mutants::is(2) { "
            "a((if crate::mutants::is(3) { (0) } else { (1) })); } b(); }")

    def test_orders_of_neighbours(self):
        """The first goes on to where the last ends; one in a statement is of no concern to it."""
        source = b"a(); { x(); y(); }; c(); d();"
        mutants = [(1, Mutation("f.rs", "f", 0, 19, ORDER, "{ x(); y(); }; a();")),
                   (2, Mutation("f.rs", "f", 7, 16, ORDER, "y(); x();")),
                   (3, Mutation("f.rs", "f", 5, 24, ORDER, "c(); { x(); y(); };"))]
        self.assertEqual(
            Rewriter(source, mutants).rewrite().decode(),
            "if crate::mutants::is(1) { { x(); y(); }; a(); c(); } else { a(); "
            "if crate::mutants::is(3) { c(); { x(); y(); }; } else { "
            "{ if crate::mutants::is(2) { y(); x(); } else { x(); y(); } }; c(); } } d();")

    def test_body(self):
        self.expect([START], "{\n    if", "{if crate::mutants::is(1) { return None; } \n    if")


class Culprits(unittest.TestCase):
    def setUp(self):
        self.text, self.written = rewritten(LESS, SUM, CALL)

    def of(self, *texts):
        """Of an error at these texts, of which the first is what it is about."""
        return culprits(self.written, [(self.text.index(text), not number)
                                       for number, text in enumerate(texts)])

    def test_in_the_text_of_a_mutant(self):
        self.assertEqual(self.of("a <= b"), {1})
        self.assertEqual(self.of("b - 1"), {2})

    def test_in_the_text_of_none(self):
        self.assertEqual(self.of("b + 1) })"), {2})
        self.assertEqual(self.of("x();"), {3})

    def test_pointed_at_from_elsewhere(self):
        self.assertEqual(self.of("x();", "a <= b"), {1})

    def test_near_a_place(self):
        self.assertEqual(self.of("None"), {3})

    def test_in_another_file(self):
        self.assertEqual(self.of(), set())


class Descriptions(unittest.TestCase):
    def test_each_kind(self):
        for one, wanted in (
                (SUM, (2, "if a < b + 1 {", "b + 1 => b - 1")),
                (CALL, (3, "x();", "x(); => dropped")),
                (IF, (2, "if a < b + 1 {", "if a < b + 1 { x(); } => dropped")),
                (START, (1, "fn f() -> Option<u8> {", "return None;"))):
            with self.subTest(wanted):
                self.assertEqual(describe(one, SOURCE), wanted)


if __name__ == "__main__":
    unittest.main()
