# SPDX-License-Identifier: GPL-2.0
"""Boot a guest, have it measure cases, and take in what it found."""

import dataclasses
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from build_modules import SERIES, products  # noqa: E402
from guest import Guest, stock_kernel  # noqa: E402
from steps import CACHE  # noqa: E402

from cases import C  # noqa: E402

STOCK = SERIES[0]
SCENARIO = TOP / "tests" / "bench" / "measure"
MEMORY_MIB = 1536
TIMEOUT_SECONDS = 3600


@dataclasses.dataclass(frozen=True)
class Boot:
    """How to boot, how long to measure, and which of the passes to believe."""

    name: str
    machine: list
    # Parameters of the benchmark's module.
    parameters: str
    choose: Callable
    # Whether the allocators clear memory, as Debian's kernel has it by default.
    init_on_alloc: int = 1


# Guest time is instructions, and passes at once when there are none. The scheduler
# has ways that last for some passes: the least would be luck. Of a processor with
# fast string operations each byte that is cleared would count as an instruction.
INSTRUCTIONS = ["-cpu", "qemu64", "-icount", "shift=0,sleep=off"]
COUNTED = Boot("counted", ["-smp", "1", *INSTRUCTIONS], "", statistics.median_low)
NOT_CLEARED = dataclasses.replace(COUNTED, name="counted-not-cleared", init_on_alloc=0)
# Processors take turns when instructions are counted, and time is those of all. It
# takes some turns until all are at work.
FOUR_COUNTED = Boot("four-counted", ["-smp", "4", *INSTRUCTIONS],
                    "pass_us=2000 enough_us=1000000", statistics.median_low)
# Here the least has been disturbed the least, by all else that the machine does.
FOUR_TIMED = Boot("four-timed", ["-smp", "4"], "pass_us=20000 enough_us=2000000", min)


class Figures:
    """What was measured, each as one of its passes."""

    def __init__(self, console, choose):
        found = re.findall(r"^figures: (.*): (-?\d[-\d ]*?)\s*$", console, re.MULTILINE)
        self.ns = {line: choose(map(int, words.split())) for line, words in found}

    def has(self, case):
        return all(line in self.ns for line in case.lines())

    def cost(self, case, service):
        return self.ns[case.load.line(service)]

    def floor(self, case):
        """What the case would cost at least; None where that is not measured."""
        lines = case.floor_lines()
        return sum(times * self.ns[line] for line, times in lines.items()) or None

    def reference(self, case):
        """What recorded ratios are to: the floor, or else mainline."""
        return self.floor(case) or self.cost(case, C)

    def ratios(self, case):
        return {service: self.cost(case, service) / self.reference(case)
                for service in case.ours}


def add_module(guest, folder, path):
    """A module without its debugging information, which is most of it."""
    stripped = folder / path.name
    subprocess.run(["strip", "-g", "-o", stripped, path], check=True)
    guest.add(stripped, f"/modules/{path.name}")


def commands(groups):
    """What the guest is to measure, and what it is to say about it."""
    text = []
    for title, cases in groups.items():
        lines = [line for case in cases for line in case.lines()]
        text += [f"# {title}", *dict.fromkeys(lines)]
    return "\n".join(text) + "\n"


def measure(boot, module, groups):
    """Boot and measure groups of cases; how the run went, and the figures."""
    bench = products("bench", STOCK) / "dm_io_rust_bench.ko"
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = pathlib.Path(name)
        guest = Guest(stock_kernel(), SCENARIO)
        guest.name = f"bench, {boot.name}"
        # Another module may be measured at the same time.
        guest.log = CACHE / "log" / f"bench-{boot.name}-{module.parent.name}.log"
        guest.machine = boot.machine
        guest.arguments.append(f"init_on_alloc={boot.init_on_alloc}")
        guest.modules("configfs", "null_blk", "dm_mod")
        add_module(guest, folder, module)
        add_module(guest, folder, bench)
        takeover = module.with_name("dm_io_rust_takeover.ko")
        if takeover.exists():
            add_module(guest, folder, takeover)
        for file, text in (("commands", commands(groups)),
                           ("parameters", boot.parameters)):
            (folder / file).write_text(text)
            guest.add(folder / file, f"/data/{file}")
        outcome = guest.run(TIMEOUT_SECONDS, MEMORY_MIB)
    return outcome.results.checks, Figures(outcome.console, boot.choose)
