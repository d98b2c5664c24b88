#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run parts of the tests, each to its end, and print the sum of their checks.

usage: test.py PART... [-- PART...]

The parts behind -- run at the same time as the others, and what they print follows:
an emulated processor at work is one of the machine's, and few parts have two of them.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from results import FAIL, Results
from steps import CACHE, IN_TOOLCHAIN, TOP, main

SCENARIOS = ["tests/targets/run.py", "--short"]
SOAK = ["tests/soak/run.py", "--short"]
# What is run on other kernels than Debian's usual one, too: it is the option that names them.
ON_OTHER_KERNELS = {
    "differential": ["tests/differential/run.py", "--full"],
    "takeover": ["tests/takeover/run.py", "--short"],
    "taken-over": [*SCENARIOS, "--way=takeover"],
    "soak": SOAK,
    "soak-long": ["tests/soak/run.py", "--minutes=2", "--way=takeover"],
}

# What is built for the other of Debian's kernels, too.
BUILDS = {
    "clippy": ["scripts/clippy.py"],
    "modules": ["scripts/build_modules.py"],
    "targets": ["scripts/build_targets.py"],
    "dm-mod": ["scripts/build_dm_mod.py"],
}

# What is no test, and not run in the toolchain.
SET_UP = {
    "kernel-tree": ["scripts/kernels.py", "7.2"],
    "kunit-tree": ["scripts/kernels.py", "kunit"],
}

# The demo takes targets over; with dm-mod there is one scenario. make test-targets runs all, and
# make test-soak all of which soak-short has some.
PARTS = {
    "lint": ["scripts/lint.py"],
    **BUILDS,
    **{f"{name}-7.3": [*command, "7.3"] for name, command in BUILDS.items()},
    "misuse": ["tests/misuse/run.py"],
    "differential": ["tests/differential/run.py"],
    "packages": ["tests/packages/run.py"],
    "series": ["scripts/check_series.py"],
    "demo": ["tests/guest/demo.py"],
    "takeover": ["tests/takeover/run.py", "--short", "takeover"],
    "soak-short": [*SOAK, "bad", "gone", "limits", "stopped"],
    "in-dm-mod": [*SCENARIOS, "--way=dm-mod", "cache"],
    "kunit-kernel": ["scripts/run_kunit.py", "--build"],
    "kunit": ["scripts/run_kunit.py"],
    "kunit-debug": ["scripts/run_kunit.py", "--debug"],
    **{f"{name}-{kernel}": [*command, f"--{kernel}"] for kernel in ("debug", "rt")
       for name, command in ON_OTHER_KERNELS.items()},
}


def command_of(name, handed_on):
    if name in SET_UP:
        return [sys.executable, *SET_UP[name]]
    return [IN_TOOLCHAIN, "env", f"DM_IO_RUST_RESULTS={handed_on}", "python3", *PARTS[name]]


def run_part(name, folder):
    """The checks of one part; one failed check when it did not get to its end."""
    handed_on = pathlib.Path(folder) / name
    start = time.monotonic()
    print(f"=== {name}", flush=True)
    status = subprocess.call(command_of(name, handed_on), cwd=TOP, stdin=subprocess.DEVNULL)
    print(f"=== {name}: {time.monotonic() - start:.0f} s\n", flush=True)
    checks = json.loads(handed_on.read_text()) if handed_on.exists() else []
    none = not checks and name not in SET_UP
    if none or (status and not any(check[0] == FAIL for check in checks)):
        checks.append((FAIL, f"{name}: runs to its end", f"status {status}"))
    return checks


@contextlib.contextmanager
def beside(names, folder):
    """Run other parts meanwhile, and then print what they have printed; their checks."""
    checks = []
    if not names:
        yield checks
        return
    log, handed_on = pathlib.Path(folder) / "beside.log", pathlib.Path(folder) / "beside"
    with open(log, "w") as output:
        process = subprocess.Popen(
            [sys.executable, __file__, *names], cwd=TOP, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "DM_IO_RUST_RESULTS": str(handed_on)},
        )
    try:
        yield checks
        follower = subprocess.Popen(["tail", "--lines=+1", "--follow", f"--pid={process.pid}", log])
        status = process.wait()
        follower.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    checks += json.loads(handed_on.read_text()) if handed_on.exists() else [
        (FAIL, f"{' '.join(names)}: runs to its end", f"status {status}")
    ]


def run():
    total = Results()
    arguments = [*sys.argv[1:], "--"]
    end = arguments.index("--")
    names, others = arguments[:end], arguments[end + 1:-1]
    # The cache is what the toolchain sees, too.
    with tempfile.TemporaryDirectory(dir=CACHE) as folder, beside(others, folder) as checks:
        for name in names:
            total.checks += run_part(name, folder)
    total.checks += checks
    for status, name, detail in total.checks:
        if status == FAIL:
            print(f"FAIL {name}" + (f": {detail.splitlines()[0]}" if detail else ""))
    return total.finish()


if __name__ == "__main__":
    main(run)
