#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""7.3 kernels that are built from the series, with the choice for Rust.

usage: run.py [SUITES]

With dm-mod in the kernel's image it runs the KUnit suites of this engine: those that are in
the series, and those of this project that have no need of other services. With dm-mod as a
module it boots, and makes a snapshot. SUITES is a glob: all of them unless it is given.

Both kernels are there for other tests, and differ from those by what the series changes:
the patches are applied to their sources, and reversed at the end.
"""

import contextlib
import pathlib
import re
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
# In front of this folder, whose run.py is not the one of the targets.
sys.path[:0] = [str(TOP / "scripts"), str(TOP / "tests" / "targets")]
import debug_kernel  # noqa: E402
from guest import Guest  # noqa: E402
from kernels import KUNIT_SERIES, LINK_PROJECT, recipe  # noqa: E402
from md_tree import FOLDER, OPTION  # noqa: E402
from results import Results  # noqa: E402
from run import DM_MOD, add_disks, add_targets, add_text  # noqa: E402
from run_kunit import Asked, run_suites, suites_of_sources  # noqa: E402
from series import write  # noqa: E402
from steps import CACHE, exclusive, main, run_logged  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TARGETS = TOP / "tests" / "targets"
SOURCE = (CACHE / f"source-{KUNIT_SERIES}").resolve()
# In an image with this engine there is no room for another with the same helpers.
KUNIT_OPTIONS = (f"--kconfig_add=CONFIG_{OPTION}=y", "--kconfig_add=CONFIG_DM_IO_RUST=n")
TARGET = "dm-snapshot"
DISKS_MIB = (8, 8, 16, 8)
SEED = 1
TIMEOUT_SECONDS = 100

RESET = """
cd "$OUT/linux"
rm -rf "drivers/md/$FOLDER"
for name in Makefile Kconfig; do
	cp --remove-destination "$SOURCE/drivers/md/$name" drivers/md/
done
"""
APPLY = """\
git apply "$PATCHES"/*.patch
"""

# Nothing but dm-mod is another.
MAKE_MODULES = """
make() { command nice make -C "$SOURCE" O="$OUT" LLVM=1 -j"$(nproc)" "$@"; }
"$SOURCE/scripts/config" --file "$OUT/.config" --enable "$OPTION"
make olddefconfig
grep -x "CONFIG_$OPTION=y" "$OUT/.config"
grep -x CONFIG_BLK_DEV_DM=m "$OUT/.config"
make modules
make INSTALL_MOD_PATH="$OUT/root-series" modules_install
"""


def shell(title, commands, **variables):
    run_logged(f"[series] {title}",
               ["bash", "-euo", "pipefail", "-c", recipe(commands, **variables)],
               CACHE / "log" / "series.log")


@contextlib.contextmanager
def series_in(home, others=""):
    """Have the series, and what others change, in the source of a folder."""
    variables = {"OUT": home, "SOURCE": SOURCE, "FOLDER": FOLDER}
    try:
        with tempfile.TemporaryDirectory(prefix="series-") as patches:
            write(SOURCE, pathlib.Path(patches))
            shell("applying it", RESET + APPLY + others, PATCHES=patches, **variables)
        yield
    finally:
        shell("reversing it", RESET + others, **variables)


def is_there(text):
    """Whether a suite is of the series, or calls what the series has."""
    return not re.search(r'<dm_io_rust/(dm_io|kcopyd)\.h>|"schedule_run\.h"', text)


def run_in_image(results):
    """The suites, with dm-mod in the image."""
    home = (CACHE / "kunit").resolve()
    with exclusive("kunit"), series_in(home, LINK_PROJECT):
        run_suites(results, home, Asked(*sys.argv[1:], options=KUNIT_OPTIONS),
                   suites_of_sources(is_there))


def make_modules():
    """The kernel with dm-mod as a module."""
    debug_kernel.debug_kernel()
    source, tree = (step.path for step in debug_kernel.steps())
    with exclusive(debug_kernel.SERIES), series_in(source):
        # The next who asks for this kernel gets dm-mod as it was.
        (tree / ".complete").unlink()
        shell("building dm-mod as a module", MAKE_MODULES, SOURCE=source / "linux", OUT=tree,
              OPTION=OPTION)
    return debug_kernel.kernel_in(tree, "root-series")


def make_guest(kernel, folder):
    guest = Guest(kernel, HERE)
    for source, name in ((TARGETS / "lib.sh", "targets.sh"),
                         (TARGETS / "snapshot" / "devices.sh", "devices.sh"),
                         (TARGETS / "snapshot" / "writes.sh", "writes.sh"),
                         (TOP / "tests" / "guest" / "demo" / "log.sh", "log.sh")):
        guest.add(source, f"/lib/{name}")
    for program in ("cmp", "dmsetup"):
        guest.program(program)
    guest.modules("dm_mod")
    add_targets(guest, folder, [TARGET], DM_MOD)
    add_text(guest, folder, "modules", "dm_mod\n")
    add_text(guest, folder, "settings",
             f"SCOPE=short\nSEED={SEED}\nWAY={DM_MOD}\nMODULE=dm_mod\nDISKS={len(DISKS_MIB)}\n")
    add_disks(guest, folder, DISKS_MIB, SEED)
    return guest


def run_as_module(results):
    """A snapshot, with dm-mod as a module."""
    kernel = make_modules()
    with tempfile.TemporaryDirectory(prefix="series-") as folder:
        guest = make_guest(kernel, pathlib.Path(folder))
        results.checks += guest.run(TIMEOUT_SECONDS).results.checks


def run():
    results = Results()
    run_in_image(results)
    run_as_module(results)
    return results.finish()


if __name__ == "__main__":
    main(run)
