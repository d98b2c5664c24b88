# SPDX-License-Identifier: GPL-2.0
"""The kernel's own targets on a dm-mod.ko that has this engine in it.

It takes the place of the kernel's own dm-mod.ko in the guest.
"""

import subprocess

import build_dm_mod
from build_modules import products
from mutate import patched_copy
from steps import CACHE, exclusive, run_logged

DM_MOD = "kernel/drivers/md/dm-mod.ko"


def module_of(series, mutant):
    """The new dm-mod.ko, or one with a fault."""
    if series != build_dm_mod.STOCK_SERIES:
        return products("dm-mod", series) / "build" / "dm-mod.ko"
    if not mutant:
        return products("dm-mod", series) / "dm-mod.ko"
    output = products("mutant-dm-mod", build_dm_mod.STOCK_SERIES)
    with exclusive("mutant"):
        engine = patched_copy(mutant) / "rust"
        run_logged(f"[mutant] building dm-mod with {mutant}",
                   build_dm_mod.command(output, "--engine", str(engine)),
                   CACHE / "log" / "mutant-dm-mod.log")
    return output / "dm-mod.ko"


def dependencies(kernel):
    """modules.dep: names to the files of a module and of what it needs, in the order to unload."""
    found = {}
    for line in (kernel.modules / "modules.dep").read_text().splitlines():
        path, _, needed = line.partition(":")
        found[name_of(path)] = [path, *needed.split()]
    return found


def name_of(path):
    return path.rsplit("/", 1)[-1].partition(".")[0]


def load_order(kernel, targets):
    """The targets and what they need of drivers/md, but dm-mod, in an order to load them."""
    known, order = dependencies(kernel), []
    for target in targets:
        for path in reversed(known[target]):
            name = name_of(path)
            if "/drivers/md/" in path and name not in ("dm-mod", *order):
                order.append(name)
    return order


def replace(guest, folder, module):
    """The new dm-mod.ko in the place of the kernel's."""
    stripped = folder / module.name
    # Debugging information is most of it.
    subprocess.run(["strip", "-g", "-o", stripped, module], check=True)
    guest.add(stripped, f"/lib/modules/{guest.kernel.modules.name}/{DM_MOD}")
