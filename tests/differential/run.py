#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The differential tests: the same requests to mainline and to dm_io_rust.

usage: run.py [--full] [--debug | --rt] [SEED...]

On Debian's stock kernel in the emulator, with what scripts/build_modules.py
built; module/ is the client program. Without a seed each run has another; to
repeat a run give its seed, which it printed. With --debug the kernel is one of the
project's own, with KASAN, lockdep and other checkers.

With MUTANT=NAME in the environment the module is made with that fault of
tests/targets/mutants, and the comparison must notice it; with MUTANT=all each of those
in needs.json.
"""

import os
import pathlib
import random
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TOP / "scripts"), str(TOP / "tests" / "targets")]
from asked_kernel import kernel_of  # noqa: E402
from build_modules import build, products  # noqa: E402
from guest import Guest  # noqa: E402
from mutate import build_mutant, check_mutant, mutants_of  # noqa: E402
from results import FAIL, Results  # noqa: E402
from steps import exclusive, main  # noqa: E402

NAME = "dm_io_rust_differential"
HERE = pathlib.Path(__file__).resolve().parent
DISK_BYTES = 8 << 20
FULL_SEEDS = 3
# The check that comes before any that a mutant may fail, and one that goes by chance.
READY = "both of a pair are alike"
COVERAGE = "there was each kind of request"
# For each seed.
TIMEOUT_SECONDS = {"short": 300, "full": 600}
# Requests for each seed.
SHORT = {"IO_REQUESTS": 300, "COPY_REQUESTS": 150, "CALLBACKS": 100}
FULL = {"IO_REQUESTS": 3000, "COPY_REQUESTS": 1200, "CALLBACKS": 1000}


def build_client(results, series):
    """The client module, against the symbols of dm_io_rust."""
    symbols = products("modules", series) / "Module.symvers"
    with exclusive("modules"):
        build(results, NAME, series, f"KBUILD_EXTRA_SYMBOLS={symbols}", "W=1",
              sources=HERE / "module")
    return products(NAME, series) / f"{NAME}.ko"


def make_guest(kernel, folder, module, client, settings):
    guest = Guest(kernel, HERE)
    guest.modules("dm_mod", "dm_flakey", "dm_delay", "loop", "null_blk",
                  "scsi_debug", "sd_mod")
    guest.program("dmsetup")
    guest.program("losetup")
    guest.add(module, "/modules/dm_io_rust.ko")
    guest.add(client, f"/modules/{NAME}.ko")
    text = "".join(f'{name}="{value}"\n' for name, value in settings.items())
    (folder / "settings").write_text(text)
    guest.add(folder / "settings", "/data/settings")
    for number in range(2):
        disk = folder / f"disk{number}"
        disk.write_bytes(bytes(DISK_BYTES))
        guest.disk(disk)
    return guest


def compare(kernel, module, client, seeds, form, until_failure=False):
    """Boot, and what the guest found; or only until it noticed a difference."""
    settings = {"SEEDS": " ".join(map(str, seeds)), **(FULL if form == "full" else SHORT)}
    print(f"  seeds: {settings['SEEDS']}", flush=True)
    with tempfile.TemporaryDirectory(prefix="differential-") as name:
        guest = make_guest(kernel, pathlib.Path(name), module, client, settings)
        guest.until_failure = until_failure
        guest.may_fail = (COVERAGE,)
        return guest.run(TIMEOUT_SECONDS[form] * len(seeds))


def try_mutants(results, kernel, client, seeds, asked):
    for mutant in mutants_of(HERE) if asked == "all" else [asked]:
        print(f"== the mutant {mutant}: the comparison is to fail", flush=True)
        outcome = compare(kernel, build_mutant(mutant, kernel.series), client, seeds, "short",
                          until_failure=True)
        check_mutant(results, HERE.name, mutant, outcome, READY, other=(COVERAGE,))


def run():
    words = sys.argv[1:]
    form = "full" if "--full" in words else "short"
    seeds = [int(word) for word in words if not word.startswith("--")]
    count = FULL_SEEDS if form == "full" else 1
    seeds = seeds or [random.randrange(1 << 32) for _ in range(count)]
    results = Results()
    kernel = kernel_of(words, results)
    client = build_client(results, kernel.series)
    if results.count(FAIL):
        return results.finish()
    mutant = os.environ.get("MUTANT")
    if mutant:
        try_mutants(results, kernel, client, seeds, mutant)
    else:
        module = products("modules", kernel.series) / "dm_io_rust.ko"
        results.checks += compare(kernel, module, client, seeds, form).results.checks
    return results.finish()


if __name__ == "__main__":
    main(run)
