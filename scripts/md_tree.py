# SPDX-License-Identifier: GPL-2.0
"""The project's place in a kernel's drivers/md: which files, and what changes there.

`make dm-mod` builds dm_mod from a folder that has been changed like this, and
`make series` writes the change as patches.
"""

import re

from steps import TOP, StepFailed

FOLDER = "dm-io-rust"
OPTION = "DM_IO_IN_RUST"
# What only the module of its own has.
NOT_DM_MOD = re.compile(
    r"dm_io_rust_main\.rs|classic\.rs|classic/.*|abi/mainline_exports\.c"
    r"|bindings/parameters\.c|.*\.generated\.rs|.*\.mod\.c")
REPLACED = ("dm-io.o", "dm-kcopyd.o")

MAKEFILE = f"""
ifeq ($(CONFIG_{OPTION}),y)
dm-io-rust			:= {FOLDER}
include $(src)/{FOLDER}/Makefile
dm-mod-objs			+= $(dm-mod-rust-y)
else
dm-mod-objs			+= {" ".join(REPLACED)}
endif
"""

KCONFIG = f"""\
choice
	prompt "Implementation of dm-io and kcopyd"
	depends on BLK_DEV_DM
	default DM_IO_IN_C
	help
	  Which code reads and writes regions of block devices, and copies them,
	  for targets such as snapshots, mirrors, thin pools and caches. They see
	  the same functions.

	  If unsure, choose C.

config DM_IO_IN_C
	bool "C"
	help
	  The implementation in C, dm-io.c and dm-kcopyd.c: the one that
	  device-mapper has always had. It needs no toolchain but that of the
	  rest of the kernel.

	  If unsure, choose this.

config {OPTION}
	bool "Rust"
	depends on RUST && 64BIT
	help
	  The implementation in Rust, in drivers/md/{FOLDER}, instead of
	  dm-io.c and dm-kcopyd.c. It keeps statistics in debugfs; ftrace and
	  kprobe events do not know its functions.

	  If unsure, choose C.

endchoice

"""


def engine_files(rust=TOP / "rust"):
    """The files that go to drivers/md/FOLDER: their names there to their paths."""
    names = {str(path.relative_to(rust)): path for path in sorted(rust.rglob("*"))
             if path.suffix in (".rs", ".c", ".h") or path.name == "Makefile"}
    return {name: path for name, path in names.items() if not NOT_DM_MOD.fullmatch(name)}


def edited_makefile(text):
    """The Makefile of drivers/md, whose dm-mod has either implementation."""
    pattern = re.compile(r"^dm-mod-y\s*\+=(?:.*\\\n)*.*\n", re.MULTILINE)
    found = pattern.search(text)
    if not found or not all(f" {name}" in found.group() for name in REPLACED):
        raise StepFailed(f"drivers/md/Makefile has no dm-mod-y with {' and '.join(REPLACED)}")
    kept = found.group()
    for name in REPLACED:
        kept = kept.replace(f" {name}", "", 1)
    return text[:found.start()] + kept + text[found.end():].rstrip("\n") + "\n" + MAKEFILE


def edited_kconfig(text):
    """The Kconfig of drivers/md, with the choice behind BLK_DEV_DM."""
    place = re.search(r"^config BLK_DEV_DM\n(?:\n|[ \t].*\n)*", text, re.MULTILINE)
    if not place:
        raise StepFailed("drivers/md/Kconfig has no BLK_DEV_DM")
    return text[:place.end()] + KCONFIG + text[place.end():]
