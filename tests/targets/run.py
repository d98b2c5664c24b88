#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Mainline's targets at work on this module, on the stock kernel in the emulator.

usage: run.py [--short] [--debug | --rt] [--way=WAY[,WAY...]] [SCENARIO...]

A scenario is a folder here: needs.json says what it needs, main.sh is what the
guest does, and module/, if there is one, has a module that it loads. WAY is how the
targets come to this engine:

rebuilt   built anew to call dm_io_rust.ko, by redirect.h; unless another way is named
takeover  the kernel's own, as its package has them; dm_io_rust_takeover.ko redirects their calls
dm-mod    the same, on a dm-mod.ko with this engine in it

With --debug the kernel is one of the project's own, with KASAN, lockdep and other
checkers, and the targets are its own. With --rt it is Debian's with PREEMPT_RT.

With MUTANT=NAME in the environment the module is made with that fault
(see mutate.py), and each scenario that lists it in needs.json must fail.
"""

import hashlib
import json
import os
import pathlib
import random
import secrets
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
import build_dm_mod  # noqa: E402
from asked_kernel import kernel_of  # noqa: E402
from build_modules import SERIES, build, is_debians, products  # noqa: E402
from build_targets import build_series, built  # noqa: E402
from guest import Guest  # noqa: E402
from results import FAIL, Results  # noqa: E402
from steps import CACHE, StepFailed, exclusive, main  # noqa: E402

from mutate import build_mutant, check_mutant, mutants_of  # noqa: E402
import way_dm_mod  # noqa: E402

HERE = TOP / "tests" / "targets"
MODULE = "dm_io_rust"
# What the scenarios know the ways as.
REBUILT, TAKEOVER, DM_MOD = "rebuilt", "dm_io_rust_takeover", "dm-mod"
WAYS = {"rebuilt": REBUILT, "takeover": TAKEOVER, "dm-mod": DM_MOD}
MEMORY_MIB = 2048
# The check of lib.sh that comes before any that a mutant may fail.
READY = "the module and the targets load"


def needs_of(name):
    return json.loads((HERE / name / "needs.json").read_text())


def depends(path):
    """The modules that a module needs, as their files are named."""
    line = subprocess.run(["modinfo", "-F", "depends", path], capture_output=True,
                          text=True, check=True).stdout.strip()
    return line.split(",") if line else []


def load_order(series, names):
    """Our targets' modules in an order to load them, and the kernel's for them."""
    ours, order, stock = built(series), [], []

    def visit(name):
        if name not in ours:
            stock.append(name)
            return
        for needed in depends(ours[name]):
            if needed != MODULE:
                visit(needed)
        if name not in order:
            order.append(name)

    for name in names:
        visit(name)
    return order, sorted(set(stock))


def unlike_package(kernel, names):
    """Which of the kernel's modules are not, byte for byte, those of its package."""
    package = next((CACHE / "deb").glob(f"linux-modules-{kernel.modules.name}_*.deb"))
    sums = subprocess.run(["dpkg-deb", "-I", package, "md5sums"], capture_output=True,
                          text=True, check=True).stdout.splitlines()
    packaged = {path: digest for digest, path in (line.split(maxsplit=1) for line in sums)}
    root = (CACHE / f"stock-{kernel.series}").resolve()
    found = {name: kernel.modules.resolve() / kernel.dependency(name)[0] for name in names}
    return [name for name, path in found.items()
            if hashlib.md5(path.read_bytes()).hexdigest()
            != packaged.get(str(path.relative_to(root)))]


def own_module(name):
    """The name of the products of the scenario's own module."""
    return f"targets_{name}"


def build_own(results, series, names):
    """The scenarios' own modules."""
    with exclusive("modules"):
        for name in names:
            if (HERE / name / "module").is_dir():
                build(results, own_module(name), series, "W=1", sources=HERE / name / "module")


def add_module(guest, folder, path):
    """A module without its debugging information, which is most of it."""
    stripped = folder / path.name
    subprocess.run(["strip", "-g", "-o", stripped, path], check=True)
    guest.add(stripped, f"/modules/{path.name}")


def add_text(guest, folder, name, text):
    (folder / name).write_text(text)
    guest.add(folder / name, f"/data/{name}")


def add_disks(guest, folder, sizes, seed):
    """Disks of random bytes, no two the same."""
    for number, mib in enumerate(sizes):
        source = random.Random(f"{seed} {number}")
        with open(folder / f"disk{number}", "wb") as disk:
            for _ in range(mib):
                disk.write(source.randbytes(1 << 20))
        guest.disk(folder / f"disk{number}")


def add_targets(guest, folder, names, way):
    """The targets' modules, and a list of them; returns what else of the kernel they need."""
    if way == REBUILT:
        order, needed = load_order(guest.kernel.series, names)
        for target in order:
            add_module(guest, folder, built(guest.kernel.series)[target])
    else:
        order, needed = way_dm_mod.load_order(guest.kernel, names), []
        guest.modules(*order)
    add_text(guest, folder, "targets", "".join(f"{line}\n" for line in order))
    return needed


def add_engine(guest, folder, module, way):
    """The module that the engine is in, and what brings the kernel's own targets to it."""
    if way == DM_MOD:
        way_dm_mod.replace(guest, folder, module)
        return
    add_module(guest, folder, module)
    if way == TAKEOVER:
        add_module(guest, folder, module.with_name(f"{TAKEOVER}.ko"))


def make_guest(kernel, name, folder, scope, seed, module, way):
    needs = needs_of(name)
    guest = Guest(kernel, HERE / name)
    guest.add(HERE / "lib.sh", "/lib/targets.sh")
    guest.add(TOP / "tests" / "guest" / "demo" / "log.sh", "/lib/log.sh")
    for program in ["cmp", *needs["programs"]]:
        guest.program(program)
    needed = add_targets(guest, folder, needs["targets"], way)
    modules = sorted({known.replace("-", "_")
                      for known in ["dm_mod", *needs["modules"], *needed]})
    guest.modules(*modules)
    add_engine(guest, folder, module, way)
    for own in products(own_module(name), kernel.series).glob("*.ko"):
        add_module(guest, folder, own)
    add_text(guest, folder, "modules", "".join(f"{line}\n" for line in modules))
    add_text(guest, folder, "settings", f"SCOPE={scope}\nSEED={seed}\nWAY={way}\n"
             f"MODULE={module.stem.replace('-', '_')}\nDISKS={len(needs['disks_mib'])}\n")
    add_disks(guest, folder, needs["disks_mib"], seed)
    return guest


def run_scenario(kernel, name, scope, seed, module, way, until_failure):
    print(f"== {name} ({scope}, {way})", flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="targets-") as folder:
        guest = make_guest(kernel, name, pathlib.Path(folder), scope, seed, module, way)
        guest.until_failure = until_failure
        needs = needs_of(name)
        outcome = guest.run(needs["timeout"][scope], needs.get("memory_mib", MEMORY_MIB))
    print(f"  {name}: {time.monotonic() - start:.0f} s", flush=True)
    return outcome


def check_stock_targets(results, kernel, names):
    """That the kernel's own are its package's."""
    targets = way_dm_mod.load_order(kernel, {target for name in names for target in needs_of(name)["targets"]})
    unlike = unlike_package(kernel, targets)
    results.check(f"{len(targets)} modules of the targets are those of the kernel's package",
                  targets and not unlike, " ".join(unlike))


def named(name, outcome):
    """All checks of a run; the guest's own with the scenario's name."""
    own = [(status, f"{name}: {check}", detail)
           for status, check, detail in outcome.reported]
    return own + outcome.results.checks[len(own):]


def module_of(series, way, mutant):
    """The module that the engine is in, or one with a fault."""
    if way == DM_MOD:
        return way_dm_mod.module_of(series, mutant)
    return build_mutant(mutant, series) if mutant else products("modules", series) / f"{MODULE}.ko"


def build_for(results, series, ways):
    """What the ways need, for a kernel that is none of Debian's."""
    with exclusive("modules"):
        if REBUILT in ways:
            build_series(results, series)
        if DM_MOD in ways:
            build_dm_mod.build_other(results, series)


def ways_of(words):
    given = next((word.removeprefix("--way=") for word in words if word.startswith("--way=")),
                 "rebuilt")
    for name in given.split(","):
        if name not in WAYS:
            raise StepFailed(f"{name} is none of the ways {', '.join(WAYS)}")
        yield WAYS[name]


def run_way(results, kernel, way, names, mutant, scope, seed):
    module = module_of(kernel.series, way, mutant)
    if way != REBUILT and is_debians(kernel.series):
        check_stock_targets(results, kernel, names)
    for name in names:
        outcome = run_scenario(kernel, name, scope, seed, module, way, bool(mutant))
        if mutant:
            check_mutant(results, name, mutant, outcome, READY)
        else:
            results.checks += named(name if way == REBUILT else f"{name}, {way}", outcome)


def run():
    names = [word for word in sys.argv[1:] if not word.startswith("--")]
    ways = list(ways_of(sys.argv))
    mutant = os.environ.get("MUTANT")
    scope = "short" if mutant or "--short" in sys.argv else "full"
    seed = int(os.environ.get("SEED") or secrets.randbelow(1 << 32))
    names = names or sorted(path.parent.name for path in HERE.glob("*/needs.json"))
    if mutant:
        names = [name for name in names if mutant in mutants_of(HERE / name)]
    results = Results()
    kernel = kernel_of(sys.argv, results)
    build_own(results, kernel.series, names)
    if kernel.series not in SERIES:
        build_for(results, kernel.series, ways)
    if results.count(FAIL):
        return results.finish()
    print(f"  the seed of this run: SEED={seed}", flush=True)
    for way in ways:
        run_way(results, kernel, way, names, mutant, scope, seed)
    return results.finish()


if __name__ == "__main__":
    main(run)
