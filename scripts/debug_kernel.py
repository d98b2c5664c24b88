# SPDX-License-Identifier: GPL-2.0
"""A kernel with the checkers of tests/kunit, and with modules, for what KUnit cannot run.

It is built when a test first asks for it (15 minutes): the tree that modules are built
against, and what a guest boots.
"""

from guest import Kernel
from kernels import COPY_SOURCE, KUNIT_SERIES, publish, recipe, toolchain
from steps import CACHE, TOP, Step, exclusive

# What stands for the number of one of Debian's kernels.
SERIES = "debug"
# Without ACPI the kernel hears from the firmware of one processor in each socket. With page
# tables of five levels KASAN reports an interrupt that comes while their feature bit is read.
MACHINE = ("-smp", "4,sockets=4", "-cpu", "max,la57=off")
# What is switched on at boot, beside what the configuration has in its command line.
ARGUMENTS = ("slab_debug=FZPU",)
# What report.sh checks at the end of each scenario on it.
CHECKS = ("lockdep is on", "memory, tasks and works are watched", "nothing is leaked")
CONFIGS = [TOP / "tests" / "kunit" / ".kunitconfig", TOP / "scripts" / "debug_kernel.config"]

# What depends on something that is not there would be dropped without a word.
BUILD = """
make() { command nice make -C "$SOURCE" O="$OUT" LLVM=1 -j"$(nproc)" "$@"; }
cat $CONFIGS | grep -v -e KUNIT -e DM_IO_RUST >"$OUT/wanted"
make KCONFIG_ALLCONFIG="$OUT/wanted" alldefconfig
sed -n 's/^\\(CONFIG_[A-Z0-9_]*=\\).*/\\1/p' "$OUT/wanted" |
	while read -r symbol; do grep "^$symbol" "$OUT/.config"; done
make bzImage modules
make INSTALL_MOD_PATH="$OUT/root" modules_install
"""


def steps():
    """The steps that make the source, which is there to be changed, and the tree."""
    source = Step(
        f"source-{SERIES}",
        "copying the source for the kernel with checkers",
        recipe(COPY_SOURCE, SOURCE=(CACHE / f"source-{KUNIT_SERIES}").resolve()),
    )
    tree = Step(
        f"tree-{SERIES}",
        "building the kernel with checkers and modules",
        recipe(BUILD, SOURCE=source.path / "linux", CONFIGS=" ".join(map(str, CONFIGS))),
        inputs=[*(path.read_text() for path in CONFIGS), toolchain()],
        resumes=True,
    )
    return source, tree


def debug_kernel():
    """The kernel to boot, which modules can be built for."""
    source, tree = steps()
    with exclusive(SERIES):
        source.make("1/2")
        tree.make("2/2")
        publish(tree)
    return kernel_in(tree.path, "root")


def kernel_in(tree, root):
    """The kernel of a tree, with the modules that were installed there."""
    return Kernel(tree / "arch/x86/boot/bzImage", next((tree / root).glob("lib/modules/*")),
                  SERIES, MACHINE, ARGUMENTS, slower=6, larger=2, checks=CHECKS)
