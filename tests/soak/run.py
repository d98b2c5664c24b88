#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Load on devices that fail, change and go, and a model of what they must hold.

usage: run.py [--short] [--debug | --rt] [SCENARIO...]
       run.py --minutes=NUMBER [--way=rebuilt|takeover] [--debug]

module/ is the load, scenarios/ what happens to the devices meanwhile. With --minutes it is
the scenario soak, in which some disks are mainline's targets on this engine. On Debian's stock
kernel in the emulator, or, with --debug, on one of the project's own with KASAN, lockdep
and other checkers. SEED=NUMBER in the environment repeats a run's choices, as far as the
devices let it. With MUTANT=NAME the module is made with that fault of tests/targets/mutants,
which must be noticed: needs.json has what the load is to say then.
"""

import json
import os
import pathlib
import re
import secrets
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
# In front of this folder, whose run.py is not the one of the targets.
sys.path[:0] = [str(TOP / "scripts"), str(TOP / "tests" / "targets")]
from asked_kernel import kernel_of  # noqa: E402
from build_modules import SERIES, build, products  # noqa: E402
from guest import Guest, Kernel  # noqa: E402
from mutate import build_mutant, check_mutant, mutants_of  # noqa: E402
from results import FAIL, Results  # noqa: E402
from run import MODULE, WAYS, add_engine, add_module, add_targets, add_text, build_for  # noqa: E402
from steps import StepFailed, exclusive, main  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
NAME = "dm_io_rust_soak"
LATE_CALLBACK = "dm_io_rust_late_callback"
# The scenario that goes on for as long as it is told.
LONG = "soak"
# The check that comes before any that a mutant may fail.
READY = "the load is on"
# The seconds after which a request counts as lost.
LIMIT, LIMIT_OF_MUTANT = 300, 60
MEMORY_MIB = 1024
DISK_MIB = 16
# As many as a kernel with checkers is tried with.
PROCESSORS = 4


def build_load(results, series):
    """The load, against the symbols of dm_io_rust."""
    symbols = products("modules", series) / "Module.symvers"
    with exclusive("modules"):
        build(results, NAME, series, f"KBUILD_EXTRA_SYMBOLS={symbols}", "W=1",
              sources=HERE / "module")


def chosen(words):
    """The scenarios that are named, or all but the one that has no end of its own."""
    known = {path.stem for path in HERE.glob("scenarios/*.sh")} - {LONG}
    names = [word for word in words if not word.startswith("--")] or sorted(known)
    for name in names:
        if name not in known:
            raise StepFailed(f"{name} is none of the scenarios {', '.join(sorted(known))}")
    return names


def has(kernel, name):
    """Whether the kernel has a module, which a scenario does without."""
    try:
        return bool(kernel.dependency(name))
    except ValueError:
        return False


def add_narrow_disks(guest, folder):
    """A disk that takes two segments at a time, and one that takes one.

    A queue has two entries more. Only a packed one may have three.
    """
    for name in ("two", "one"):
        with open(folder / name, "wb") as disk:
            disk.truncate(DISK_MIB << 20)
        guest.machine += ["-drive",
                          f"file={folder}/{name},format=raw,if=none,id={name},cache=unsafe"]
    guest.machine += ["-device", "virtio-blk-pci,drive=two,queue-size=4",
                      "-device", "virtio-scsi-pci,virtqueue_size=3,packed=on",
                      "-device", "scsi-hd,drive=one"]


def make_guest(kernel, folder, module, way, settings):
    needs = json.loads((HERE / "needs.json").read_text())
    long = settings["MINUTES"]
    guest = Guest(kernel, HERE)
    if kernel.machine == Kernel.machine:
        guest.machine = ["-smp", str(PROCESSORS)]
    guest.add(TOP / "tests" / "targets" / "lib.sh", "/lib/targets.sh")
    for path in ("differential/devices.sh", "guest/demo/loads.sh", "guest/demo/log.sh"):
        guest.add(TOP / "tests" / path, f"/lib/{pathlib.Path(path).name}")
    guest.modules(*needs["modules"], *(name for name in needs["optional"] if has(kernel, name)))
    needed = add_targets(guest, folder, needs["targets"] if long else [], way)
    guest.modules(*needed)
    for program in needs["programs"]:
        guest.program(program)
    add_narrow_disks(guest, folder)
    add_engine(guest, folder, module, way)
    for name in (NAME, LATE_CALLBACK):
        add_module(guest, folder, products(NAME, kernel.series) / f"{name}.ko")
    add_text(guest, folder, "modules", "".join(f"{name}\n" for name in ["dm_mod", *needed]))
    add_text(guest, folder, "settings",
             "".join(f"{name}='{value}'\n" for name, value in settings.items()))
    return guest


def option(words, name, default):
    """The value of an option --NAME=VALUE."""
    return next((word.partition("=")[2] for word in words if word.startswith(f"--{name}=")), default)


def build_all(results, kernel, mutant, way, long):
    """What is to be built; the module."""
    build_load(results, kernel.series)
    if long and kernel.series not in SERIES:
        build_for(results, kernel.series, [way])
    return build_mutant(mutant, kernel.series) if mutant else \
        products("modules", kernel.series) / f"{MODULE}.ko"


def check_said(results, mutant, pattern, console):
    """The load noticed the fault by what it is, and not by something else."""
    said = [line for line in console.splitlines() if "soak: " in line]
    results.check(f"{HERE.name}: the load says of {mutant}: {pattern}",
                  any(re.search(f"soak: .*{pattern}", line) for line in said), "\n".join(said))


def run():
    mutant = os.environ.get("MUTANT")
    scope = "short" if mutant or "--short" in sys.argv else "full"
    minutes = int(option(sys.argv, "minutes", 0))
    way = WAYS[option(sys.argv, "way", "rebuilt")]
    needs = json.loads((HERE / "needs.json").read_text())
    names = [LONG] if minutes else chosen(sys.argv[1:])
    if mutant and mutant not in mutants_of(HERE):
        raise StepFailed(f"{mutant} is none of the mutants of {HERE.name}/needs.json")
    results = Results()
    kernel = kernel_of(sys.argv, results)
    module = build_all(results, kernel, mutant, way, minutes)
    if results.count(FAIL):
        return results.finish()
    seed = int(os.environ.get("SEED") or secrets.randbelow(1 << 32)) or 1
    print(f"  the seed of this run: SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        guest = make_guest(kernel, pathlib.Path(folder), module, way, {
            "SCOPE": scope, "SEED": seed, "WAY": way, "MODULE": MODULE, "MINUTES": minutes,
            "DISK_MIB": DISK_MIB, "PROCESSORS": PROCESSORS, "SCENARIOS": " ".join(names),
            "LIMIT": LIMIT_OF_MUTANT if mutant else LIMIT})
        guest.until_failure = bool(mutant)
        outcome = guest.run(needs["timeout"][scope] * len(names) + 60 * minutes, MEMORY_MIB)
    if mutant:
        check_mutant(results, HERE.name, mutant, outcome, READY)
        check_said(results, mutant, needs["mutants"][mutant], outcome.console)
    else:
        results.checks += outcome.results.checks
    return results.finish()


if __name__ == "__main__":
    main(run)
