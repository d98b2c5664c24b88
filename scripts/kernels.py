#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make the kernel trees that the project builds against and tests on.

usage: kernels.py [NAME...]

A NAME is that of one of Debian's kernels, or kunit. Of a kernel there are then

stock-NAME     Debian's own: vmlinuz, modules, .config, Module.symvers
source-SERIES  Debian's source of it, unpacked and left as it is
tree-NAME      a build tree for modules that load on the stock kernel

and for kunit, beside the source of 7.3,

kunit          a source tree with this project linked in at drivers/md/dm_io_rust

Links of these names in the cache point at the current ones. Unless they are named, those
are made that most of the project's tests need.
"""

import functools
import multiprocessing
import sys

import debian_kernel
from steps import CACHE, TOP, Step, StepFailed, exclusive, main

# The kernel that the demo boots, and the one that KUnit runs on.
STOCK_SERIES = "7.2"
KUNIT_SERIES = "7.3"
KUNIT = "kunit"
# The same with PREEMPT_RT.
RT = "7.2-rt"
USUAL = [STOCK_SERIES, KUNIT]
# What to have of a kernel beside its source.
PARTS = {
    STOCK_SERIES: ["headers", "binary", "modules"],
    KUNIT_SERIES: ["headers"],
    RT: ["headers", "binary", "modules"],
}

UNPACK_STOCK = """
for deb in $DEBS; do
	dpkg-deb -x "$deb" "$OUT"
done
if [ -d "$OUT/usr/lib/modules" ]; then
	depmod -b "$OUT/usr" "$ABI"
fi
"""

UNPACK_SOURCE = """
dpkg-deb --fsys-tarfile "$DEBS" |
	tar -xO --wildcards '*/linux-source-*.tar.xz' |
	tar -xJ --strip-components=1 -C "$OUT"
"""

# Built with Debian's compiler, configuration and version, or the module is refused.
PREPARE_TREE = """
CC=gcc-14
set -- "$STOCK/usr/src/linux-headers-$ABI" "$SOURCE" "$OUT"
""" + (TOP / "scripts" / "prepare-tree").read_text()

# The unpacked source is shared by hard links: a file to change is replaced.
COPY_SOURCE = """
cp -al "$SOURCE" "$OUT/linux"
"""
LINK_PROJECT = """\
cd "$OUT/linux/drivers/md"
{ cat Makefile; echo 'obj-y += dm_io_rust/'; } >Makefile.new
sed 's,^endif # MD,source "drivers/md/dm_io_rust/Kconfig"\\n\\n&,' Kconfig >Kconfig.new
grep -q dm_io_rust Kconfig.new
mv -f Makefile.new Makefile
mv -f Kconfig.new Kconfig
"""


def recipe(commands, **variables):
    """A recipe with its inputs in front of it, so that they are part of its key."""
    lines = [f"{name}='{value}'" for name, value in variables.items()]
    return "\n".join(lines) + commands


@functools.cache
def resolved(name):
    """Debian's newest kernel for a name."""
    if name == KUNIT:
        name = KUNIT_SERIES
    return debian_kernel.resolve(name, PARTS[name])


def toolchain():
    """What names the toolchain that a tree was prepared with."""
    return (CACHE / "toolchain-id").read_text()


def source_of(kernel):
    """The step that unpacks a kernel's source."""
    return Step(
        f"source-{kernel.series}",
        f"unpacking the source of {kernel.version}",
        recipe(UNPACK_SOURCE, DEBS=kernel.deb(kernel.source)),
    )


def kunit_steps(kernel):
    """The steps that make what KUnit's kernel is built from."""
    source = source_of(kernel)
    kunit = Step(
        KUNIT,
        f"linking the project into the source of {kernel.version}",
        recipe(COPY_SOURCE + LINK_PROJECT, SOURCE=source.path),
        inputs=[toolchain()],
    )
    return [source, kunit]


def steps_of(kernel):
    """The steps that make the trees of one kernel."""
    name = kernel.name
    debs = [str(kernel.deb(package)) for package in kernel.parts]
    stock = Step(
        f"stock-{name}",
        f"unpacking Debian's kernel {kernel.abi}",
        recipe(UNPACK_STOCK, ABI=kernel.abi, DEBS=" ".join(debs)),
    )
    source = source_of(kernel)
    tree = Step(
        f"tree-{name}",
        f"preparing a build tree for {kernel.abi}",
        recipe(PREPARE_TREE, SOURCE=source.path, STOCK=stock.path, ABI=kernel.abi),
        inputs=[toolchain()],
        resumes=True,
    )
    return [stock, source, tree]


def publish(step):
    """Point the step's plain name at the folder that is current."""
    link = CACHE / step.name
    new = CACHE / f"{step.name}.new"
    new.unlink(missing_ok=True)
    new.symlink_to(step.path)
    new.replace(link)


def make_trees(series, names):
    """Make what is wanted of kernels of one series."""
    with exclusive(f"setup-{series}"):
        for name in names:
            steps = kunit_steps(resolved(name)) if name == KUNIT else steps_of(resolved(name))
            for number, step in enumerate(steps, 1):
                step.make(f"{number}/{len(steps)}")
                publish(step)


def download(names):
    """Fetch the packages of all that is wanted; the names by their series."""
    debian_kernel.update()
    by_series = {}
    for number, name in enumerate(names, 1):
        kernel = resolved(name)
        debian_kernel.download(f"{number}/{len(names)}", kernel,
                               [kernel.source, *(kernel.parts if name != KUNIT else [])])
        by_series.setdefault(kernel.series, []).append(name)
    return by_series


def run():
    """Make what is wanted, of each series at the same time: Rust is compiled a crate at a time."""
    with exclusive("setup"):
        by_series = download(sys.argv[1:] or USUAL)
    # A process of each ends with this one.
    makers = [multiprocessing.Process(target=main, daemon=True,
                                      args=(functools.partial(make_trees, series, group),))
              for series, group in by_series.items()]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    if any(maker.exitcode for maker in makers):
        raise StepFailed("not all kernels could be set up, see above")
    return 0


if __name__ == "__main__":
    main(run)
