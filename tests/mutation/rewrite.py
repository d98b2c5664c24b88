# SPDX-License-Identifier: GPL-2.0
"""Rewrite sources so that they have all their mutants in them, of which a number selects one.

A place of places.rs becomes

    (if crate::mutants::is(7) { (a <= b) } else { (a < b) })    an expression
    if !crate::mutants::is(8) { statement; }                    a statement, which is left out
    if crate::mutants::is(9) { b(); a(); } else { a(); b(); }   two statements, which are exchanged
    if crate::mutants::is(10) { return None; }                  the start of a function's body

so that one build of the kernel serves every mutant. What was rewritten is found again in what the
compiler says: a mutant that does not compile is none.
"""

import dataclasses
import json
import re

EXPRESSION, STATEMENT, ORDER, BODY = "expression", "statement", "order", "body"
# Of two places with the same bounds, which is around the other.
RANK = {ORDER: 0, STATEMENT: 1, EXPRESSION: 2, BODY: 3}
SHOWN = 60


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One mutation of one place: in a function of a file, from one byte to another."""

    file: str
    function: str
    start: int
    end: int
    kind: str
    mutated: str

    def place(self):
        return self.start, -self.end, RANK[self.kind]


@dataclasses.dataclass
class Written:
    """Where in a rewritten file a place is, and the text of each of its mutants."""

    start: int
    end: int
    mutants: dict


def parse(lines):
    """The mutations that places.rs has printed, each once."""
    return sorted({Mutation(**json.loads(line)) for line in lines.splitlines()},
                  key=lambda one: (one.file, one.place(), one.mutated))


def short(text):
    """A piece of source on one line."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= SHOWN else line[:SHOWN - 3] + "..."


def describe(mutation, source):
    """The number of the line, its text, and the change."""
    first = source.rfind(b"\n", 0, mutation.start) + 1
    number = source.count(b"\n", 0, first) + 1
    line = source[first:].split(b"\n", 1)[0].decode().strip()
    if mutation.kind == BODY:
        return number, line, short(mutation.mutated)
    original = short(source[mutation.start:mutation.end].decode())
    change = "dropped" if mutation.kind == STATEMENT else short(mutation.mutated)
    return number, line, f"{original} => {change}"


def nested(source, mutants):
    """The mutants, with each exchange of statements around the next one.

    Of a(); b(); c(); the first exchange ends with b(), where the second has begun. So it becomes one
    of all three, which leaves c() where it is.
    """
    result = []
    for number, mutation in sorted(mutants, key=lambda one: one[1].start, reverse=True):
        if mutation.kind == ORDER:
            end = max((later.end for _, later in result
                       if later.kind == ORDER and later.start < mutation.end), default=0)
            behind = source[mutation.end:end].decode()
            mutation = dataclasses.replace(mutation, end=max(mutation.end, end),
                                           mutated=mutation.mutated + behind)
        result.append((number, mutation))
    return sorted(result, key=lambda one: one[0])


class Rewriter:
    """Writes one file with the mutants of it."""

    def __init__(self, source, mutants):
        """The mutants are numbers and mutations."""
        self.source = source
        self.output = b""
        self.written = []
        self.places = {}
        for number, mutation in nested(source, mutants):
            self.places.setdefault(mutation.place(), []).append((number, mutation))

    def rewrite(self):
        """The new text; what was written where is in self.written."""
        at = 0
        self.pending = sorted(self.places)
        while self.pending:
            at = self.copy_until(at, self.pending[0][0])
            at = self.place(at)
        self.copy_until(at, len(self.source))
        return self.output

    def copy_until(self, at, end):
        self.output += self.source[at:end]
        return end

    def place(self, at):
        """Write the next place, which starts here; where it ends."""
        key = self.pending.pop(0)
        mutants = self.places[key]
        end = -key[1]
        written = Written(len(self.output), 0, {})
        before, between, behind = {
            EXPRESSION: ("(", "else { (", ") })"),
            STATEMENT: ("", "", " }"),
            ORDER: ("", "else { ", " }"),
            BODY: ("", "", ""),
        }[mutants[0][1].kind]
        self.output += before.encode()
        for position, (number, mutation) in enumerate(mutants):
            self.choice(written, number, mutation, "else " if position else "")
        self.output += between.encode()
        while self.pending and self.pending[0][0] < end:
            at = self.copy_until(at, self.pending[0][0])
            at = self.place(at)
        self.copy_until(at, end)
        self.output += behind.encode()
        written.end = len(self.output)
        self.written.append(written)
        return end

    def choice(self, written, number, mutation, before):
        """Write the condition of one mutant, and what it does."""
        start = len(self.output)
        if mutation.kind == STATEMENT:
            self.output += f"if !crate::mutants::is({number}) {{ ".encode()
        else:
            # In parentheses it is no statement, whatever it begins with.
            text = f"({mutation.mutated})" if mutation.kind == EXPRESSION else mutation.mutated
            self.output += f"{before}if crate::mutants::is({number}) {{ {text} }} ".encode()
        written.mutants[number] = (start, len(self.output))


def culprits(written, spans):
    """The mutants that an error of the compiler is about; spans are (start, is primary).

    Those whose own text it names, or else those of the place around what it names, or of the nearest:
    a statement that may be left out can make another fail that it is a part of.
    """
    for start, _ in spans:
        hit = {number for one in written for number, (first, last) in one.mutants.items()
               if first <= start < last}
        if hit:
            return hit
    for start in [start for start, is_primary in spans if is_primary][:1]:
        nearest = min(written, key=lambda one: (
            max(0, one.start - start, start - one.end + 1), one.end - one.start))
        return set(nearest.mutants)
    return set()
