#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build dm-mod.ko with this engine for kernels.

usage: build_dm_mod.py [SERIES...]

See dm_mod.py, which must refuse sources that are not the kernel's.
"""

import lzma
import subprocess
import sys

import dm_mod
from build_modules import SERIES, compiler, products, series_asked, warnings
from results import Results
from steps import CACHE, TOP, StepFailed, exclusive, main, run_logged

SCRIPT = str(TOP / "scripts" / "dm_mod.py")
# The kernel whose own dm-mod.ko there is.
STOCK_SERIES = SERIES[0]


def tree(series):
    found = (CACHE / f"tree-{series}").resolve()
    if not found.is_dir():
        raise StepFailed(f"the tree of {series} is not there: scripts/kernels.py {series} makes it")
    return found


def release(series):
    return (tree(series) / "include" / "config" / "kernel.release").read_text().strip()


def stock():
    """Debian's own dm-mod.ko, as packed."""
    modules = CACHE / f"stock-{STOCK_SERIES}" / "usr" / "lib" / "modules"
    return next(modules.glob("*/kernel/drivers/md/dm-mod.ko.xz"))


def exported(symvers):
    """What dm-mod exports by a Module.symvers: symbols, licence kinds, namespaces."""
    fields = (line.split("\t") for line in symvers.read_text().splitlines())
    return {(field[1], *field[3:]) for field in fields if field[2].rsplit("/", 1)[-1] == "dm-mod"}


def told(path):
    """What modinfo says of a module that is dm_mod's own: parameters, aliases, licence."""
    listing = subprocess.run(["modinfo", path], capture_output=True, text=True, check=True).stdout
    return sorted(line for line in listing.splitlines()
                  if line.split(":")[0] in ("parm", "alias", "license", "description", "depends"))


def command(output, *options):
    """How dm-mod.ko for Debian's kernel is built."""
    return [sys.executable, SCRIPT, "--release", release(STOCK_SERIES), "--stock", str(stock()),
            "--output", str(output), *options, str(tree(STOCK_SERIES)), "CC=gcc-14"]


def build_stock_series(results):
    """The build as a person does it, with all that it checks itself."""
    output = products("dm-mod", STOCK_SERIES)
    log = CACHE / "log" / f"dm-mod-{STOCK_SERIES}.log"
    try:
        run_logged(f"[dm-mod] building for {STOCK_SERIES}", command(output), log)
    except StepFailed as failure:
        results.check(f"dm-mod: builds for {STOCK_SERIES}", False, str(failure))
        return None
    check_log(results, STOCK_SERIES, log)
    return output / "dm-mod.ko"


def check_log(results, series, log):
    found = warnings(log.read_text(errors="replace").partition("\n")[2])
    results.check(f"dm-mod: builds for {series} without a warning", not found, "\n".join(found))


def build_other(results, series):
    """The build for a kernel whose own dm-mod.ko is not there to compare with; whether it succeeds."""
    output = products("dm-mod", series)
    log = CACHE / "log" / f"dm-mod-{series}.log"
    code = (f"import dm_mod, pathlib, steps; t = pathlib.Path({str(tree(series))!r}); "
            "steps.main(lambda: not dm_mod.compile_module(t, (t / 'source').resolve(), "
            f"pathlib.Path({str(output)!r}), ['{compiler(series)}']))")
    try:
        run_logged(f"[dm-mod] building for {series}", [sys.executable, "-c", code], log,
                   cwd=TOP / "scripts")
    except StepFailed as failure:
        results.check(f"dm-mod: builds for {series}", False, str(failure))
        return False
    check_log(results, series, log)
    return True


def check_exports(results, series):
    ours = exported(products("dm-mod", series) / "build" / "Module.symvers")
    kernels = exported(CACHE / f"tree-{series}" / "Module.symvers")
    results.check(f"dm-mod: for {series}, its {len(kernels)} exports are the kernel's own, "
                  "licences too", bool(kernels) and ours == kernels, str(sorted(ours ^ kernels)))


def refused(results, name, reason, *arguments):
    """A check that dm_mod.py refuses, says why, and leaves no module for Debian's kernel."""
    output = products("dm-mod", "refused")
    output.mkdir(parents=True, exist_ok=True)
    (output / "dm-mod.ko").touch()
    done = subprocess.run([sys.executable, SCRIPT, "--output", str(output), "--release",
                           release(STOCK_SERIES), *map(str, arguments)],
                          capture_output=True, text=True, check=False)
    good = done.returncode != 0 and reason in done.stderr and not (output / "dm-mod.ko").exists()
    results.check(f"dm-mod: refuses {name}", good, done.stderr)


def check_refusals(results):
    here = tree(STOCK_SERIES)
    refused(results, "the source of another kernel", f"not of {release(STOCK_SERIES)}",
            "--stock", stock(), "--source", CACHE / f"source-{SERIES[1]}", here)
    refused(results, "a kernel whose own dm-mod.ko is not there", "is no module",
            "--stock", CACHE / "dm-mod.ko", here)


def code_refused(results, name, reason, kernels, module):
    source = (CACHE / f"source-{STOCK_SERIES}").resolve()
    try:
        dm_mod.check_code(kernels, module, tree(STOCK_SERIES), source)
    except StepFailed as refusal:
        results.check(f"dm-mod: {name} is refused", reason in str(refusal), str(refusal))
        return
    results.check(f"dm-mod: {name} is refused", False, "it was not")


def functions(content):
    return dm_mod.elf.Module(content).contents(dm_mod.elf.FUNCTIONS)


def changed(content, name):
    """A module with one bit of a function otherwise."""
    _, code, _ = functions(content)[("", name)][0]
    place = content.index(code) + len(code) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1:]


def changed_string(content, string):
    place = content.index(b"\0" + string + b"\0") + 1
    return content[:place] + string.swapcase() + content[place + len(string):]


def check_comparison(results, module):
    kernels, ours = lzma.decompress(stock().read_bytes()), module.read_bytes()
    there = {name for _, name in functions(kernels)}
    replaced = {"dispatch_io", "sync_io", "complete_io", "run_complete_job", "segment_complete"}
    results.check("dm-mod: what the scenarios look for in vain is in the kernel's own",
                  replaced <= there, " ".join(sorted(replaced - there)))
    code_refused(results, "one bit of dm.c", "1 functions or variables", kernels,
                 changed(ours, "dm_get_device"))
    code_refused(results, "one bit that the kernel has otherwise", "1 functions or variables",
                 changed(kernels, "dm_table_event"), ours)
    code_refused(results, "a string that the kernel has otherwise", "1 functions or variables",
                 changed_string(kernels, b"dm-%d"), ours)
    code_refused(results, "the kernel's own module", "no code of this engine", kernels, kernels)


def check_stock_series(results):
    module = build_stock_series(results)
    if module:
        check_exports(results, STOCK_SERIES)
        results.check("dm-mod: parameters, aliases and licence are the kernel's own",
                      told(module) == told(stock()), str(told(module)))
        check_comparison(results, module)
    check_refusals(results)


def check_other(results, series):
    if build_other(results, series):
        check_exports(results, series)
    refused(results, f"the tree of {series}", f"not of {release(STOCK_SERIES)}",
            "--stock", stock(), tree(series))


def run():
    results = Results()
    with exclusive("modules"):
        for series in series_asked():
            if series == STOCK_SERIES:
                check_stock_series(results)
            else:
                check_other(results, series)
    return results.finish()


if __name__ == "__main__":
    main(run)
