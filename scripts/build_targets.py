#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build mainline's device-mapper targets, unedited, to work on this module.

usage: build_targets.py [SERIES...]

The kernel's own drivers/md is built out of its tree with its own Makefile: what
is not one of OPTIONS is switched off, and every file is compiled with redirect.h
in front of it. The products are outside of the checkout and of the source, in
products("targets", SERIES).
"""

import re
import subprocess

from build_modules import build, products, series_asked
from results import Results
from steps import CACHE, TOP, exclusive, main

OPTIONS = {
    "DM_BUFIO", "DM_BIO_PRISON", "DM_PERSISTENT_DATA", "DM_SNAPSHOT", "DM_MIRROR",
    "DM_LOG_USERSPACE", "DM_THIN_PROVISIONING", "DM_CACHE", "DM_CACHE_SMQ", "DM_CLONE",
    "DM_ERA", "DM_WRITECACHE", "DM_INTEGRITY", "DM_VERITY", "DM_ZONED", "DM_VDO",
}
# What is to come out of it: those that call dm-io or kcopyd, the rest.
CALLERS = {
    "dm-bufio", "dm-cache", "dm-clone", "dm-integrity", "dm-log", "dm-mirror",
    "dm-snapshot", "dm-thin-pool", "dm-vdo", "dm-verity", "dm-writecache", "dm-zoned",
}
OTHERS = {
    "dm-bio-prison", "dm-cache-smq", "dm-era", "dm-log-userspace", "dm-persistent-data",
    "dm-region-hash",
}


def redirected():
    """The kernel's names that redirect.h turns into ours, and what into."""
    header = (TOP / "include" / "dm_io_rust" / "redirect.h").read_text()
    return dict(re.findall(r"^#define (\w+) (\w+)$", header, re.MULTILINE))


def switches(folder):
    """Arguments of make that leave of a Makefile's modules those of OPTIONS."""
    known = set(re.findall(r"^obj-\$\(CONFIG_(\w+)\)", (folder / "Makefile").read_text(),
                           re.MULTILINE))
    return [f"CONFIG_{name}={'m' if name in OPTIONS else ''}" for name in sorted(known)]


def built(series):
    """The modules of one build: names to files."""
    return {path.stem: path for path in products("targets", series).rglob("*.ko")}


def undefined(module):
    """The symbols that a module wants of others."""
    return set(subprocess.run(["nm", "-u", "-j", module], capture_output=True, text=True,
                              check=True).stdout.split())


def exports(symvers):
    """What a Module.symvers says: symbols to the modules that have them."""
    fields = (line.split("\t") for line in symvers.read_text().splitlines())
    return {field[1]: field[2].rsplit("/", 1)[-1] for field in fields}


def check_shared(results, series, wanted):
    """What the modules want of one another, as dm-bufio's functions, is in the build."""
    have = exports(products("targets", series) / "Module.symvers")
    stock = exports(CACHE / f"tree-{series}" / "Module.symvers")
    missing = [f"{name}: {symbol}" for name, symbols in wanted.items()
               for symbol in sorted(symbols - have.keys())
               if stock.get(symbol) in CALLERS | OTHERS]
    results.check(f"targets: for {series}, they need no stock build of one another",
                  not missing, "\n".join(missing))


def check_symbols(results, series):
    """Whose functions the modules call."""
    names = redirected()
    wanted = {name: undefined(path) for name, path in built(series).items()}
    results.check(f"targets: for {series}, these are all and no others",
                  wanted.keys() == CALLERS | OTHERS, " ".join(sorted(wanted)))
    stock = [f"{name}: {symbol}" for name, symbols in wanted.items()
             for symbol in sorted(symbols & names.keys())]
    results.check(f"targets: for {series}, none calls the kernel's dm-io or kcopyd",
                  not stock, "\n".join(stock))
    check_shared(results, series, wanted)
    callers = {name for name, symbols in wanted.items() if symbols & set(names.values())}
    results.check(f"targets: for {series}, {len(CALLERS)} call this module's",
                  callers == CALLERS, " ".join(sorted(callers)))


def build_series(results, series):
    folder = (CACHE / f"tree-{series}" / "source").resolve() / "drivers" / "md"
    symbols = products("modules", series) / "Module.symvers"
    build(results, "targets", series, f"KBUILD_EXTRA_SYMBOLS={symbols}",
          f"KCFLAGS=-I{TOP}/include -include dm_io_rust/redirect.h",
          *switches(folder), sources=folder)
    check_symbols(results, series)


def run():
    results = Results()
    with exclusive("modules"):
        for series in series_asked():
            build_series(results, series)
    return results.finish()


if __name__ == "__main__":
    main(run)
