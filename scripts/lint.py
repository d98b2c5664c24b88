#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Formatting, lints and kernel-doc of every file of the project."""

import subprocess
import sys

from results import Results
from steps import CACHE, TOP, main

sys.path.append(str(TOP / "tests" / "targets"))
from mutate import PATCHES, mutants_of, noticing  # noqa: E402

# What is exported is defined in Rust, so never right above its EXPORT_SYMBOL. The
# one name with capitals in it is the compiler's own, _Pragma.
CHECKPATCH_IGNORED = "EXPORT_SYMBOL,CAMELCASE"
SHELLS = ("#!/bin/sh", "#!/bin/bash", "#!/bin/busybox")


def project_files():
    """What git has or would take."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard", "--deduplicate"],
        cwd=TOP, capture_output=True, text=True, check=True,
    ).stdout
    paths = [TOP / name for name in listing.split("\0") if name]
    return [path for path in paths if path.is_file()]


def first_line(path):
    with open(path, errors="replace") as text:
        return text.readline()


def quiet(results, name, command, files, cwd=TOP):
    """A check that a tool, given the files, ends well and prints nothing."""
    if not files:
        results.check(f"lint: {name}", False, "there is no file for it")
        return
    done = subprocess.run(
        [*command, *map(str, files)], cwd=cwd, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    results.check(f"lint: {name}", done.returncode == 0 and not done.stdout.strip(),
                  done.stdout)


def compile_python(results, files):
    """Each Python file parses; nothing is written."""
    for path in files:
        try:
            compile(path.read_text(), path, "exec", dont_inherit=True)
        except SyntaxError as error:
            results.check("lint: Python", False, str(error))
            return
    results.check("lint: Python", True)


def check_mutants(results):
    """The faults of tests/targets/mutants can still be put in, and something notices each."""
    patches = sorted(PATCHES.glob("*.patch"))
    noticed = {name for folder in noticing() for name in mutants_of(folder)}
    results.check("lint: the mutants are those that are to be noticed",
                  noticed == {path.stem for path in patches}, " ".join(sorted(noticed)))
    for path in patches:
        done = subprocess.run(["git", "-c", "safe.directory=*", "apply", "--check", path],
                              cwd=TOP, capture_output=True, text=True, check=False)
        results.check(f"lint: {path.name} applies", done.returncode == 0, done.stderr)


def run_tests(results, files):
    """The tests of what judges other tests: NAME_test.py."""
    for path in files:
        done = subprocess.run([sys.executable, path], capture_output=True, text=True,
                              check=False)
        results.check(f"lint: {path.name} passes", done.returncode == 0, done.stderr)


def run():
    results = Results()
    files = project_files()
    source = (CACHE / "source-7.3").resolve()
    code = [path for path in files if path.suffix in (".c", ".h")]
    headers = [path for path in code if path.is_relative_to(TOP / "include")]
    quiet(results, "rustfmt", ["rustfmt", "--check", "--config-path", str(TOP)],
          [path for path in files if path.suffix == ".rs"])
    quiet(results, "checkpatch",
          ["perl", f"{source}/scripts/checkpatch.pl", f"--root={source}", "--strict",
           "--terse", "--no-summary", "--show-types", "--ignore",
           CHECKPATCH_IGNORED, "-f"], code,
          cwd=CACHE)  # it leaves notes of its own in a git tree
    quiet(results, "kernel-doc",
          [f"{source}/tools/docs/kernel-doc", "-none", "-Wall", "-Werror"], headers)
    quiet(results, "shellcheck", ["shellcheck", "-x", "--source-path=SCRIPTDIR", f"--source-path={TOP}"],
          [path for path in files
           if path.suffix == ".sh" or first_line(path).startswith(SHELLS)])
    check_mutants(results)
    python = [path for path in files if path.suffix == ".py"]
    compile_python(results, python)
    run_tests(results, [path for path in python if path.stem.endswith("_test")])
    return results.finish()


if __name__ == "__main__":
    main(run)
