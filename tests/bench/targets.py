#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What users of the kernel's own targets get: mainline's engine and this one in one boot.

usage: targets.py [--quick]

run.py measures these rows, too, among all others.
"""

import dataclasses
import pathlib
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
# Behind this folder, whose run.py is not the one of the targets.
sys.path[1:1] = [str(TOP / "scripts"), str(TOP / "tests" / "targets")]
from build_modules import output_folder, products  # noqa: E402
from guest import Guest, stock_kernel  # noqa: E402
from results import Results  # noqa: E402
from steps import CACHE, main, run_logged  # noqa: E402
from way_dm_mod import load_order  # noqa: E402

from cases import C, REQUEST, Case  # noqa: E402
import document  # noqa: E402
import judge  # noqa: E402
from figures import COUNTED, MEMORY_MIB, STOCK, TIMEOUT_SECONDS, Figures, add_module  # noqa: E402

HERE = TOP / "tests" / "bench"
TARGETS = ["dm-snapshot", "dm-thin-pool", "dm-mirror", "dm-clone", "dm-cache", "dm-cache-smq"]
# The guest's disks: those that complete at once, and those that do so after 100 us.
NOW, LATE = "now", "late"
COST, PERCENTILES = "cost", {"p50": "50th", "p95": "95th", "p99": "99th"}
INSTRUCTIONS = "Copies of the kernel's targets, instructions"
DELAYED = "Copies of the kernel's targets, nanoseconds, delayed completions"
ROUNDS, QUICK_ROUNDS = 5, 1


@dataclasses.dataclass(frozen=True)
class TargetLoad:
    """A figure that the guest has of copies by a target: see targets/main.sh."""

    command: str
    figure: str = COST

    def line(self, service):
        return f"{service} {self.figure} {self.command}"


@dataclasses.dataclass(frozen=True)
class Row:
    """Copies that a target makes."""

    name: str
    function: str
    # How many copies there are, on the disks that complete at once and on the others.
    now: int
    late: int
    # What comes before the figures in the sentence for users.
    meaning: str
    # In sectors, where the function takes a size.
    chunk: str = ""

    def command(self, disks):
        words = (self.function, disks, self.chunk, self.late if disks == LATE else self.now)
        return " ".join(str(word) for word in words if word)

    def counted(self):
        return Case(self.name, TargetLoad(self.command(NOW)), services=(C, REQUEST))

    def delayed(self):
        """The time for a copy, and how long it takes to write beside the copies."""
        name, command = f"{self.name}, 100 us delay", self.command(LATE)
        return [Case(name, TargetLoad(command), services=(C, REQUEST)),
                *(Case(f"{name}, {percentile} percentile of a write",
                       TargetLoad(command, figure), services=(C, REQUEST))
                  for figure, percentile in PERCENTILES.items())]


def snapshots():
    copy = "The first write to each {size} of a volume since its snapshot was taken waits for a copy"
    merge = ("lvconvert --merge, which takes a volume back to its snapshot, copies each {size} "
             "that has changed")
    return [
        *(Row(f"copy on write of a snapshot, chunks of {size}", "copy_on_write", now, late,
              copy.format(size=size), chunk)
          for size, chunk, now, late in (("4 KiB", 8, 1024, 2048), ("64 KiB", 128, 512, 2048),
                                         ("512 KiB", 1024, 256, 1024))),
        *(Row(f"merge of a snapshot, chunks of {size}", "merge", 1024, 1024,
              merge.format(size=size), chunk) for size, chunk in (("4 KiB", 8), ("64 KiB", 128))),
    ]


ROWS = [
    *snapshots(),
    Row("breaking of sharing of a thin volume, blocks of 64 KiB", "break_sharing", 1024, 2048,
        "The first write to each 64 KiB of a thin volume since its snapshot was taken waits for a copy"),
    Row("resync of a mirror, regions of 512 KiB", "resync", 1024, 2048,
        "A mirror's new leg is filled, each 512 KiB of it, before the mirror protects from a failure"),
    Row("hydration of a clone, regions of 64 KiB", "hydrate", 1024, 512,
        "A clone depends on its source until all is copied, each 64 KiB"),
    Row("promotion to a cache, blocks of 64 KiB", "promote", 256, 256,
        "A cache speeds up each 64 KiB that is read often as soon as it is copied to the fast disk"),
]


def groups(is_quick):
    counted = {INSTRUCTIONS: [row.counted() for row in ROWS]}
    return counted if is_quick else {
        **counted, DELAYED: [case for row in ROWS for case in row.delayed()]}


def tolerance(title):
    """By how much a group's figures may exceed C's: times, as in two boots."""
    return judge.NOISE if title == DELAYED else 1


def sentence(row, figures):
    """What a row means for users, with its figures."""
    def both(case, unit=1):
        return [figures.cost(case, service) / unit for service in (C, REQUEST)]

    cost, _, _, slowest = row.delayed()
    values = [*both(row.counted()), *both(cost, 1000), *both(slowest, 1000)]
    return ("{}: {:,.0f} instructions with C and {:,.0f} here; on disks that take 100 us, every "
            "{:,.0f} us with C and every {:,.0f} us here, and of 100 writes meanwhile 99 take at "
            "most {:,.0f} us with C and {:,.0f} us here.").format(row.meaning, *values)


def sentences(figures):
    return {row.name: sentence(row, figures) for row in ROWS
            if all(map(figures.has, (row.counted(), *row.delayed())))}


def build_copies():
    """The program that does I/O in the guest."""
    folder = output_folder() / "bench-user"
    folder.mkdir(parents=True, exist_ok=True)
    run_logged("[bench] building copies", [
        "gcc-14", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror",
        "-static", "-pthread", "-o", str(folder / "copies"),
        *map(str, sorted((HERE / "user").glob("*.c")))], CACHE / "log" / "bench-copies.log")
    return folder / "copies"


def make_guest(folder, module, commands, rounds):
    guest = Guest(stock_kernel(), HERE / "targets")
    guest.name = "bench, targets"
    guest.log = CACHE / "log" / f"bench-targets-{module.parent.name}.log"
    guest.machine = COUNTED.machine
    guest.arguments.append(f"init_on_alloc={COUNTED.init_on_alloc}")
    order = load_order(guest.kernel, TARGETS)
    guest.modules("configfs", "null_blk", "dm_mod", *order)
    guest.program("dmsetup")
    guest.add(build_copies(), "/bin/copies")
    add_module(guest, folder, module)
    add_module(guest, folder, module.with_name("dm_io_rust_takeover.ko"))
    for file, lines in (("commands", commands), ("targets", order),
                        ("settings", [f"ROUNDS={rounds}"])):
        (folder / file).write_text("".join(f"{line}\n" for line in lines))
        guest.add(folder / file, f"/data/{file}")
    return guest


def measure(module, wanted, is_quick):
    """Boot and measure groups; how the run went, and the figures."""
    commands = dict.fromkeys(case.load.command for group in wanted.values() for case in group)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        guest = make_guest(pathlib.Path(folder), module, commands,
                           QUICK_ROUNDS if is_quick else ROUNDS)
        outcome = guest.run(TIMEOUT_SECONDS, MEMORY_MIB)
    return outcome.results.checks, Figures(outcome.console, COUNTED.choose)


def run():
    results = Results()
    is_quick = "--quick" in sys.argv[1:]
    wanted = groups(is_quick)
    checks, figures = measure(products("modules", STOCK) / "dm_io_rust.ko", wanted, is_quick)
    results.checks += checks
    for title, group in wanted.items():
        judge.check_measured(results, figures, group)
        measured = [case for case in group if figures.has(case)]
        if measured:
            document.print_table(title, [document.row(figures, case) for case in measured])
        judge.check_against_c(results, figures, measured, {}, tolerance=tolerance(title))
    return results.finish()


if __name__ == "__main__":
    main(run)
