#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A loss of power, on the stock kernel in the emulator: what was acknowledged is there.

usage: run.py [CUTS]

The kernel's own dm-snapshot and dm-mirror, taken over, and the dm-io services write known
data to disks that are logged by dm-log-writes, and replay.py judges what the disks may have
held had the power gone. After that the power is cut CUTS times, none unless it is given: see
cuts.py. With SEED=number in the environment that run is repeated, and with MUTANT=name the
module has that fault of tests/targets/mutants, which the logs or the cuts must show: whichever
of them has it in its needs.json.
"""

import json
import os
import pathlib
import secrets
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
# In front of this folder, whose run.py is not the one of the targets.
sys.path[:0] = [str(TOP / "scripts"), str(TOP / "tests" / "targets")]
from build_modules import SERIES, output_folder, products  # noqa: E402
from guest import Guest, stock_kernel  # noqa: E402
from mutate import build_mutant  # noqa: E402
from results import FAIL, Results  # noqa: E402
from run import MODULE, TAKEOVER, add_module, add_targets, add_text  # noqa: E402
from steps import CACHE, StepFailed, main, run_logged  # noqa: E402

import cuts  # noqa: E402
import replay  # noqa: E402
from planned import EVERY  # noqa: E402
from volumes import SETTINGS  # noqa: E402

TARGETS = TOP / "tests" / "targets"
CLIENT = "dm_io_rust_client"


def build_writer():
    """The program that writes to the devices in the guest."""
    folder = output_folder() / "crash-writer"
    folder.mkdir(parents=True, exist_ok=True)
    run_logged("[crash] building the writer", [
        "gcc-14", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-static",
        "-o", str(folder / "writer"), *map(str, sorted((HERE / "writer").glob("*.c")))],
        CACHE / "log" / "crash-writer.log")
    return folder / "writer"


def make_guest(folder, scenario, needs, module, settings):
    """A guest with the takeover, the targets and the writers."""
    guest = Guest(stock_kernel(), HERE / scenario)
    guest.add(TARGETS / "lib.sh", "/lib/targets.sh")
    guest.add(TOP / "tests" / "guest" / "demo" / "log.sh", "/lib/log.sh")
    guest.add(TOP / "tests" / "guest" / "demo" / "client.sh", "/lib/client.sh")
    guest.add(HERE / "devices.sh", "/lib/devices.sh")
    guest.add(build_writer(), "/bin/writer")
    for program in ["cmp", *needs["programs"]]:
        guest.program(program)
    add_module(guest, folder, module)
    add_module(guest, folder, module.with_name(f"{TAKEOVER}.ko"))
    add_targets(guest, folder, needs["targets"], TAKEOVER)
    guest.modules(*needs["modules"])
    add_text(guest, folder, "modules", "".join(f"{name}\n" for name in needs["modules"]))
    values = {"WAY": TAKEOVER, "MODULE": MODULE, "EVERY": f"'{' '.join(map(str, EVERY))}'",
              **SETTINGS, **settings}
    add_text(guest, folder, "settings",
             "".join(f"{name}={value}\n" for name, value in values.items()))
    return guest


def needs_of(scenario):
    return json.loads((HERE / scenario / "needs.json").read_text())


def add_plans(guest, folder, loads):
    for name, load in loads.items():
        (folder / name).mkdir()
        for path in load.save(folder / name):
            guest.add(path, f"/data/{name}{path.suffix}")


def run_replay(results, module, seed, mutant):
    """The guest's run, and what the logs say."""
    needs = needs_of("replay")
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder = pathlib.Path(name)
        judges = replay.judges(seed)
        guest = make_guest(folder, "replay", needs, module, {"BUFFER_MIB": judges[0].buffer_mib()})
        add_module(guest, folder, products(CLIENT, SERIES[0]) / f"{CLIENT}.ko")
        # What a flush makes durable is logged when it has ended. With two processors another that
        # came later may end before that: to its caller, the same is durable, and not in the log.
        guest.machine = ["-smp", "1"]
        add_text(guest, folder, "steps", judges[0].commands())
        add_plans(guest, folder, {judge.device: judge.load for judge in judges[1:]})
        logs = replay.add_disks(guest, folder, judges)
        outcome = guest.run(needs["timeout"])
        if not mutant:
            results.checks += outcome.results.checks
        for judge in judges:
            if not mutant or judge.device in needs["mutants"][mutant]:
                replay.check(results, logs[judge.log], judge, seed, mutant)


def run_cuts(results, module, count, seed, mutant):
    """The same guest and its disks, again and again; with a mutant until that is noticed."""
    needs = needs_of("cuts")
    found = Results() if mutant else results
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder = pathlib.Path(name)
        machine = cuts.Machine(folder, seed)
        guest = make_guest(folder, "cuts", needs, module, {"CLIENTS": "'3 dm-io 2 kcopyd '"})
        add_plans(guest, folder, machine.loads)
        for path in machine.paths.values():
            guest.disk(path)
        guest.pack(folder / "initramfs.cpio.gz")
        cuts.cut_often(found, guest, folder / "initramfs.cpio.gz", machine, count, seed,
                       needs["timeout"], bool(mutant))
    if mutant:
        noticed = [check[1] for check in found.checks if check[0] == FAIL]
        if results.check(f"cuts: fails with {mutant}", bool(noticed)):
            print(f"       it noticed: {noticed[0]}", flush=True)


def asked(mutant):
    """Which of both runs are to be made, and how often the power is cut in the second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    if not mutant:
        return True, count
    noticing = [mutant in needs_of(scenario)["mutants"] for scenario in ("replay", "cuts")]
    if not any(noticing):
        raise StepFailed(f"{mutant} is none of the mutants of tests/crash")
    return noticing[0], count if noticing[1] else 0


def run():
    mutant = os.environ.get("MUTANT")
    seed = int(os.environ.get("SEED") or secrets.randbelow(1 << 32))
    print(f"  the seed of this run: SEED={seed}", flush=True)
    results = Results()
    replays, count = asked(mutant)
    module = build_mutant(mutant) if mutant else products("modules", SERIES[0]) / f"{MODULE}.ko"
    if replays:
        run_replay(results, module, seed, mutant)
    if count:
        run_cuts(results, module, count, seed, mutant)
    return results.finish()


if __name__ == "__main__":
    main(run)
