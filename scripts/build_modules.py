#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build the module, and those that call it, for kernels without a warning.

usage: build_modules.py [SERIES...]

Products are outside of the checkout: see products().
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

from results import Results
from sections import TEXT, total
from steps import CACHE, TOP, StepFailed, exclusive, main, run_logged

# Those of Debian's kernels; unless others are named, it is built for the first, which guests boot.
SERIES = ("7.2", "7.3")
# The bytes of code that the module is to have at most.
MOST_TEXT = 56 * 1024
# Modules that call dm_io_rust, and where their sources are.
CALLERS = {
    "dm_io_rust_client": TOP / "tests" / "guest" / "client",
    "dm-twin": TOP / "Documentation" / "example",
}


def output_folder():
    """Where this checkout's products go."""
    return CACHE / f"out-{hashlib.sha256(str(TOP).encode()).hexdigest()[:8]}"


def products(name, series):
    """Where the products of one build are: NAME.ko and Module.symvers."""
    return output_folder() / f"{name}-{series}"


def warnings(text):
    """What compilers, modpost and make complain about in a build's log."""
    return re.findall(r"^.*\b(?:warning|WARNING|error|ERROR)\b.*$", text, re.MULTILINE)


def series_asked():
    """The kernels that a script is to build for."""
    return sys.argv[1:] or SERIES[:1]


def is_debians(series):
    """Whether a kernel is one of Debian's own, or a variant of one."""
    return series.startswith(SERIES)


def compiler(series):
    """That of the kernel: Debian's is its own, and Rust with KASAN wants another."""
    return "CC=gcc-14" if is_debians(series) else "LLVM=1"


def build(results, name, series, *options, sources=TOP):
    """One build of a module; a check that it works and warns of nothing."""
    folder = products(name, series)
    folder.mkdir(parents=True, exist_ok=True)
    log = CACHE / "log" / f"{name}-{series}.log"
    command = ["make", "-C", str((CACHE / f"tree-{series}").resolve()), f"M={sources}",
               f"MO={folder}", compiler(series), f"-j{os.cpu_count()}", *options, "modules"]
    try:
        run_logged(f"[{name}] building for {series}", command, log)
    except StepFailed as failure:
        results.check(f"{name}: builds for {series}", False, str(failure))
        return
    # The log's first line is the command, which has the options' names.
    found = warnings(log.read_text(errors="replace").partition("\n")[2])
    if not results.check(f"{name}: builds for {series} without a warning", not found,
                         "\n".join(found)):
        # What is built already is not compiled, nor warned of, a second time.
        shutil.rmtree(folder)


def readme_example():
    """The README's module as a folder that can be built, as the README says."""
    code = re.search(r"^```c\n(.*?)^```$", (TOP / "README.md").read_text(),
                     re.DOTALL | re.MULTILINE).group(1)
    folder = output_folder() / "readme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clear.c").write_text(code)
    (folder / "Kbuild").write_text(f"obj-m := clear.o\nccflags-y := -I{TOP}/include\n")
    return folder


def both_apis(order):
    """A source file that includes the headers of both APIs, as a folder."""
    folder = output_folder() / "both"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "both.c").write_text("".join(f"#include <{name}>\n" for name in order))
    (folder / "Kbuild").write_text(f"obj-m := both.o\nccflags-y := -I{TOP}/include\n")
    return folder


def check_both_apis(results, series):
    """The headers of the two APIs in one file: the compiler says what is wrong."""
    headers = ("dm_io_rust/kcopyd.h", "dm_io_rust/mainline.h")
    for order in (headers, headers[::-1]):
        command = ["make", "-C", str((CACHE / f"tree-{series}").resolve()),
                   f"M={both_apis(order)}", "CC=gcc-14", "modules"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        results.check(f"both APIs in one file are refused for {series}, {order[0]} first",
                      done.returncode != 0 and "include one" in done.stderr, done.stderr)


def check_text(results, series):
    """The module's code is not too large."""
    module = products("modules", series) / "dm_io_rust.ko"
    text = total(module, TEXT) if module.exists() else None
    results.check(f"modules: at most {MOST_TEXT:,} bytes of text for {series}",
                  text is not None and text <= MOST_TEXT, str(text))


def run():
    results = Results()
    callers = {**CALLERS, "readme": readme_example()}
    with exclusive("modules"):
        for series in series_asked():
            build(results, "modules", series)
            check_text(results, series)
            symbols = products("modules", series) / "Module.symvers"
            for name, sources in callers.items():
                build(results, name, series, f"KBUILD_EXTRA_SYMBOLS={symbols}", "W=1",
                      sources=sources)
            check_both_apis(results, series)
    return results.finish()


if __name__ == "__main__":
    main(run)
