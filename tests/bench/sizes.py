# SPDX-License-Identifier: GPL-2.0
"""The sizes of this module's code and data, and of what mainline has for it."""

import shutil
import subprocess

from figures import STOCK
from steps import CACHE
from build_modules import output_folder

SOURCES = ("dm-io.c", "dm-kcopyd.c")


def mainline_objects():
    """Mainline's two files, built as those of a module."""
    md = (CACHE / f"source-{STOCK}").resolve() / "drivers" / "md"
    folder = output_folder() / "bench-mainline"
    folder.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        shutil.copy(md / name, folder)
    (folder / "Kbuild").write_text(f"obj-m := dm-io.o dm-kcopyd.o\nccflags-y := -I{md}\n")
    objects = [name.replace(".c", ".o") for name in SOURCES]
    subprocess.run(["make", "-s", "-C", str((CACHE / f"tree-{STOCK}").resolve()), f"M={folder}",
                    "CC=gcc-14", *objects], check=True)
    return [folder / name for name in objects]


def text_and_data(paths):
    """Bytes of code and constants, and of variables, in all of the files."""
    listing = subprocess.run(["size", *paths], capture_output=True, text=True,
                             check=True).stdout.splitlines()[1:]
    sizes = [[int(word) for word in line.split()[:3]] for line in listing]
    return sum(size[0] for size in sizes), sum(size[1] + size[2] for size in sizes)


def module_sizes(module):
    """What is shown of sizes: who, text, data."""
    return [["dm_io_rust.ko", *text_and_data([module])],
            ["dm-io.o and dm-kcopyd.o", *text_and_data(mainline_objects())]]
