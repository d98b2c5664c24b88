#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""dm_io_rust_takeover on the stock kernel in the emulator: how it comes and goes.

usage: run.py [--short] [--debug | --rt] [SCENARIO...]

Clients of the kernel's own engine beside those of this one, changes of `active` and
of the module under load, and what keeps it from being loaded or unloaded. What the
targets make of it is in tests/targets. With --debug the kernel is not Debian's, but one of
the project's own with KASAN, lockdep and other checkers, and it is the dm_mod of that
kernel which is taken over. With MUTANT=NAME in the environment the modules
are made with that fault of tests/targets/mutants, which must be noticed.
"""

import json
import os
import pathlib
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
# In front of this folder, whose run.py is not the one of the targets.
sys.path[:0] = [str(TOP / "scripts"), str(TOP / "tests" / "targets")]
from asked_kernel import kernel_of  # noqa: E402
from build_modules import build, products  # noqa: E402
from guest import Guest  # noqa: E402
from mutate import build_mutant, check_mutant, mutants_of, patched_copy  # noqa: E402
from results import FAIL, Results  # noqa: E402
from run import MODULE, TAKEOVER, add_disks, add_module, add_targets, add_text  # noqa: E402
from steps import StepFailed, exclusive, main  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# How the module comes and goes, and the command.
SCENARIOS = (HERE, HERE / "command")
TARGETS = TOP / "tests" / "targets"
NAME = "dm_io_rust_takeover_test"
OURS = ("takeover_kill", "takeover_own", "takeover_patch", "takeover_stress")
SEED = 1
# The check that comes before any that a mutant may fail.
READY = "the kernel's own snapshot is made"


def build_helpers(results, series):
    """The modules of this test, against the symbols of dm_io_rust."""
    symbols = products("modules", series) / "Module.symvers"
    with exclusive("modules"):
        build(results, NAME, series, f"KBUILD_EXTRA_SYMBOLS={symbols}", "W=1",
              sources=HERE / "module")


def under_test(series, mutant):
    """The module, and the folder of the command; one of them with the fault."""
    module, tools = products("modules", series) / f"{MODULE}.ko", TOP / "tools"
    if mutant and mutant.startswith("command-"):
        tools = patched_copy(mutant) / "tools"
    elif mutant:
        module = build_mutant(mutant, series)
    return module, tools


def make_guest(kernel, scenario, folder, needs, scope, module, tools):
    guest = Guest(kernel, scenario)
    for source in (TARGETS / "lib.sh", TARGETS / "snapshot" / "devices.sh",
                   TARGETS / "snapshot" / "writes.sh", HERE / "module.sh",
                   TOP / "tests" / "guest" / "demo" / "log.sh"):
        guest.add(source, f"/lib/{'targets.sh' if source.name == 'lib.sh' else source.name}")
    guest.add(tools, "/tools")
    guest.add(TARGETS / "mirror" / "lvm", "/lib/lvm")
    for program in ["cmp", *needs["programs"]]:
        guest.program(program)
    for path in (module, module.with_name(f"{TAKEOVER}.ko"),
                 *(products(NAME, kernel.series) / f"{name}.ko" for name in OURS)):
        add_module(guest, folder, path)
    add_targets(guest, folder, needs["targets"], TAKEOVER)
    guest.modules(*needs["modules"])
    add_text(guest, folder, "settings",
             f"SCOPE={scope}\nSEED={SEED}\nWAY={TAKEOVER}\nMODULE={MODULE}\nDISKS={len(needs['disks_mib'])}\n")
    add_disks(guest, folder, needs["disks_mib"], SEED)
    return guest


def run_scenario(results, kernel, scenario, scope, mutant):
    needs = json.loads((scenario / "needs.json").read_text())
    with tempfile.TemporaryDirectory(prefix="takeover-") as folder:
        guest = make_guest(kernel, scenario, pathlib.Path(folder), needs, scope,
                           *under_test(kernel.series, mutant))
        guest.until_failure = bool(mutant)
        outcome = guest.run(needs["timeout"][scope])
    if mutant:
        check_mutant(results, scenario.name, mutant, outcome, READY)
    else:
        results.checks += outcome.results.checks


def chosen(words, mutant):
    """The scenarios that are named, or all; with a mutant those that must notice it."""
    known = {scenario.name: scenario for scenario in SCENARIOS}
    names = [word for word in words if not word.startswith("--")] or list(known)
    for name in names:
        if name not in known:
            raise StepFailed(f"{name} is none of the scenarios {', '.join(known)}")
    if not mutant:
        return [known[name] for name in names]
    noticing = [scenario for scenario in SCENARIOS if mutant in mutants_of(scenario)]
    if not noticing:
        raise StepFailed(f"{mutant} is none of the mutants of {', '.join(known)}")
    return noticing


def run():
    mutant = os.environ.get("MUTANT")
    scenarios = chosen(sys.argv[1:], mutant)
    scope = "short" if mutant or "--short" in sys.argv else "full"
    results = Results()
    kernel = kernel_of(sys.argv, results)
    build_helpers(results, kernel.series)
    if results.count(FAIL):
        return results.finish()
    for scenario in scenarios:
        run_scenario(results, kernel, scenario, scope, mutant)
    return results.finish()


if __name__ == "__main__":
    main(run)
