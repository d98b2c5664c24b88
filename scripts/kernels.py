#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make the kernel trees that the project builds against and tests on.

usage: kernels.py [NAME...]

stock-NAME     Debian's own kernel: vmlinuz, modules, .config, Module.symvers
source-SERIES  Debian's source of it, unpacked and left as it is
tree-NAME      a build tree for modules that load on the stock kernel
kunit          a source tree with this project linked in at drivers/md/dm_io_rust

Links of these names in the cache point at the current ones.
"""

import functools
import multiprocessing
import sys

import debian_kernel
from steps import CACHE, TOP, Step, StepFailed, exclusive, main

# The kernel that the demo boots, and the one that KUnit runs on.
STOCK_SERIES = "7.2"
KUNIT_SERIES = "7.3"
# The same with PREEMPT_RT, which is made when it is asked for.
RT = "7.2-rt"
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


def toolchain():
    """What names the toolchain that a tree was prepared with."""
    return (CACHE / "toolchain-id").read_text()


def steps_of(kernel):
    """The steps that make the trees of one kernel."""
    name, series = kernel.name, kernel.series
    debs = debian_kernel.deb_paths(kernel)
    source_deb = debs.pop(f"linux-source-{series}")
    stock = Step(
        f"stock-{name}",
        f"unpacking Debian's kernel {kernel.abi}",
        recipe(UNPACK_STOCK, ABI=kernel.abi, DEBS=" ".join(debs.values())),
    )
    source = Step(
        f"source-{series}",
        f"unpacking the source of {kernel.version}",
        recipe(UNPACK_SOURCE, DEBS=source_deb),
    )
    tree = Step(
        f"tree-{name}",
        f"preparing a build tree for {kernel.abi}",
        recipe(PREPARE_TREE, SOURCE=source.path, STOCK=stock.path, ABI=kernel.abi),
        inputs=[toolchain()],
        resumes=True,
    )
    kunit = Step(
        "kunit",
        f"linking the project into the source of {kernel.version}",
        recipe(COPY_SOURCE + LINK_PROJECT, SOURCE=source.path),
        inputs=[toolchain()],
    )
    return [stock, source, tree] + ([kunit] if name == KUNIT_SERIES else [])


def publish(step):
    """Point the step's plain name at the folder that is current."""
    link = CACHE / step.name
    new = CACHE / f"{step.name}.new"
    new.unlink(missing_ok=True)
    new.symlink_to(step.path)
    new.replace(link)


def make_trees(steps):
    """Make what one kernel is unpacked to and prepared for."""
    for number, step in enumerate(steps, 1):
        step.make(f"{number}/{len(steps)}")
        publish(step)


def make_all(names):
    """Make the trees of kernels, at the same time: a tree's Rust is one crate at a time."""
    debian_kernel.update()
    kernels = [debian_kernel.resolve(name, PARTS[name]) for name in names]
    for number, kernel in enumerate(kernels, 1):
        debian_kernel.download(f"{number}/{len(kernels)}", kernel)
    # A process of each ends with this one.
    makers = [multiprocessing.Process(target=main, daemon=True,
                                      args=(functools.partial(make_trees, steps_of(kernel)),))
              for kernel in kernels]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    if any(maker.exitcode for maker in makers):
        raise StepFailed("not all kernels could be set up, see above")


def run():
    with exclusive("setup"):
        make_all(sys.argv[1:] or [STOCK_SERIES, KUNIT_SERIES])
    return 0


if __name__ == "__main__":
    main(run)
