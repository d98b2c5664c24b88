#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run the project's KUnit suites (dm_io_rust_*) with the kernel's own kunit.py.

usage: run_kunit.py [--build | --debug | schedules | SUITES]

SUITES is a glob: all of this project's unless it is given. With --debug the kernel has also
what watches it at a price, as in debug_kernel.py. With --build it is only built.

With "schedules" only that suite is run, and not a sample of it but all, or what the
environment asks for: SEED is the order of a sample, PAIR the only pairs of actors, as a glob,
POINT the number of the only point.

A run fails when kunit.py says so, when no case ran, when the build of the
project warned, and when the kernel log has a report of any of its checkers.
After the suites the guest's init scans for leaks.
"""

import dataclasses
import fnmatch
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

import kernel_log
from debug_kernel import ARGUMENTS
from initramfs import Initramfs
from results import FAIL, PASS, SKIP, Results
from steps import CACHE, HEARTBEAT_SECONDS, TOP, exclusive, main

SUITES = "dm_io_rust*"
SCHEDULES = "dm_io_rust_schedules"
SCHEDULES_TIMEOUT_SECONDS = 7200
SCHEDULE_PARAMETERS = {
    "SEED": "schedule_seed", "PAIR": "schedule_pair", "POINT": "schedule_point",
}
DEBUG = "--debug"
DEBUG_OPTIONS = (
    "PAGE_POISONING=y", "DETECT_HUNG_TASK=y", "DEFAULT_HUNG_TASK_TIMEOUT=60", "WQ_WATCHDOG=y",
    "DEBUG_OBJECTS_RCU_HEAD=y", "FAIL_MAKE_REQUEST=y",
)
# Freed pages are poisoned, and the suites of random calls go on for longer.
DEBUG_ARGUMENTS = ("page_poison=on", "kunit.timeout=3600", "dm_io_rust_test.hostile_calls=100000",
                   "dm_io_rust_test.model_batches=2000")
DEBUG_TIMEOUT_SECONDS = 3 * 3600
STATUS = {"PASS": PASS, "SKIP": SKIP}


@dataclasses.dataclass
class Asked:
    """The suites to run, within how many seconds, and on which kernel with which arguments."""

    suites: str = SUITES
    timeout: int = 3600
    arguments: tuple = ()
    build: str = "build"
    options: tuple = ()


def link_checkout(tree, build, checkout=TOP):
    """Point the kernel tree at a checkout, this one unless it is told."""
    link = tree / "drivers" / "md" / "dm_io_rust"
    if link.is_symlink() and os.readlink(link) == str(checkout):
        return
    link.unlink(missing_ok=True)
    link.symlink_to(checkout)
    # Objects of another checkout may be newer than these sources.
    shutil.rmtree(build / "drivers" / "md" / "dm_io_rust", ignore_errors=True)


def schedule_arguments():
    """The kernel's arguments for the schedules that were asked for."""
    asked = {name: os.environ.get(name) for name in SCHEDULE_PARAMETERS}
    arguments = [
        f"dm_io_rust_test.{SCHEDULE_PARAMETERS[name]}={value}"
        for name, value in asked.items() if value
    ]
    return arguments if asked["SEED"] else ["dm_io_rust_test.schedules=all", *arguments]


def asked_for(words):
    """What a command line asks for."""
    if words == ["schedules"]:
        return Asked(SCHEDULES, SCHEDULES_TIMEOUT_SECONDS, schedule_arguments())
    if words == [DEBUG]:
        return Asked(SUITES, DEBUG_TIMEOUT_SECONDS, (*ARGUMENTS, *DEBUG_ARGUMENTS), "build-debug",
                     tuple(f"--kconfig_add=CONFIG_{option}" for option in DEBUG_OPTIONS))
    return Asked(*words)


def build_command(what, build, asked):
    """kunit.py, to do something with a kernel."""
    return [
        "tools/testing/kunit/kunit.py", what, "--arch", "x86_64",
        "--make_options", "LLVM=1", "--jobs", str(os.cpu_count()),
        "--build_dir", str(build),
        "--kunitconfig", str(TOP / "tests" / "kunit" / ".kunitconfig"), *asked.options,
    ]


def run_command(build, initrd, results, asked):
    return [
        *build_command("run", build, asked), asked.suites,
        "--timeout", str(asked.timeout), f"--json={results}",
        *(f"--kernel_args={argument}"
          for argument in ["panic=-1", "no_timer_check", *asked.arguments]),
        "--qemu_args", f"-smp 4 -initrd {initrd}",
    ]


def objects_since(start, build):
    """How many objects a build has made since a point in time."""
    count = 0
    for path in build.rglob("*.o"):
        try:
            count += path.stat().st_mtime >= start
        except FileNotFoundError:
            pass  # the compiler is at it
    return count


def stream(command, cwd, build):
    """Run a command, show what it prints and, while it is silent, how far it is."""
    environment = {
        **os.environ,
        "PATH": f"{TOP}/scripts/tcg:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    lines = queue.Queue()

    def read():
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    start = time.time()
    output = []
    while True:
        try:
            line = lines.get(timeout=HEARTBEAT_SECONDS)
        except queue.Empty:
            print(f"    {time.time() - start:4.0f} s: "
                  f"{objects_since(start, build)} objects compiled", flush=True)
            continue
        if line is None:
            return process.wait(), "".join(output)
        output.append(line)
        print(line, end="", flush=True)


def add_cases(results, group, prefix=""):
    """Add every case of kunit.py's result tree."""
    for case in group.get("test_cases", []):
        status = STATUS.get(case["status"], FAIL)
        results.add(status, f"{prefix}{case['name']}", case["status"], quiet=True)
    for child in group.get("sub_groups", []):
        add_cases(results, child, f"{prefix}{child['name']}.")


def suites_of_sources(is_there=lambda text: True):
    """The names of all suites, in C and in Rust, as the sources that are there have them."""
    texts = [path.read_text() for folder in ("tests/kunit", "rust")
             for path in (TOP / folder).rglob("*.[cr]*")]
    texts = [text for text in texts if is_there(text)]
    names = re.findall(r'\.name = "(dm_io_rust\w*)"|kunit_tests\((dm_io_rust\w*)\)',
                       "\n".join(texts))
    return {one or other for one, other in names}


def check_suites(results, suites, known):
    """All suites that are asked for were run: none is left out of the build."""
    wanted = set(fnmatch.filter(known, suites))
    missing = wanted - {name for check in results.checks for name in check[1].split(".")}
    results.check("kunit: every suite of the sources was run", bool(wanted) and not missing,
                  " ".join(sorted(missing)) or f"no suite matches {suites}")


def check_warnings(results, output):
    warnings = re.findall(r"^.*\bwarning:.*$", output, re.MULTILINE)
    results.check("kunit: the build warns of nothing", not warnings, "\n".join(warnings))


def build_kernel(results, home, asked):
    """Build the kernel that run_suites() then has."""
    tree, build = home / "linux", home / asked.build
    link_checkout(tree, build)
    status, output = stream(build_command("build", build, asked), tree, build)
    results.check("kunit: kunit.py builds the kernel", status == 0, f"status {status}")
    check_warnings(results, output)


def run_suites(results, home, asked, known):
    """Build the tree in a folder as kunit.py does, and run suites."""
    tree, build = home / "linux", home / asked.build
    log = build / "test.log"
    cases = home / "results.json"
    initrd = home / "leak-scan.cpio.gz"
    link_checkout(tree, build)
    Initramfs(TOP / "tests" / "kunit" / "leak-scan-init").pack(initrd)
    for stale in (log, cases):
        stale.unlink(missing_ok=True)
    status, output = stream(run_command(build, initrd, cases, asked), tree, build)
    console = log.read_text(errors="replace") if log.exists() else ""
    if cases.exists():
        add_cases(results, json.loads(cases.read_text()))
    check_suites(results, asked.suites, known)
    results.check("kunit: kunit.py reports success", status == 0, f"status {status}")
    check_warnings(results, output)
    reports = kernel_log.reports(console)
    results.check("kunit: no report in the kernel log", not reports, reports)
    results.check("kunit: leak scan is complete", "leak scan: complete" in console,
                  "the guest ended before its leak scan did")
    if results.count(FAIL):
        print(f"the guest's whole log: {log}", flush=True)


def run():
    results = Results()
    home = (CACHE / "kunit").resolve()
    print("[kunit] building the KUnit kernel (8 minutes the first time) ...", flush=True)
    with exclusive("kunit"):
        if sys.argv[1:] == ["--build"]:
            build_kernel(results, home, Asked())
        else:
            run_suites(results, home, asked_for(sys.argv[1:]), suites_of_sources())
    return results.finish()


if __name__ == "__main__":
    main(run)
