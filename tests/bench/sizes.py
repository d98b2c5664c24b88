# SPDX-License-Identifier: GPL-2.0
"""The sizes of this module's code and data, and of what mainline has for it."""

import dataclasses
import re
import shutil
import subprocess

from figures import STOCK
from sections import DATA, TEXT, total
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


def functions(path):
    """The functions of a file: names of the same code count once."""
    listing = subprocess.run(["objdump", "-t", path], capture_output=True, text=True,
                             check=True).stdout
    symbols = re.findall(r"^([0-9a-f]+) .{6}F (\S+)\t\S+ +(\S+)$", listing, re.MULTILINE)
    return {(section, address) for address, section, name in symbols
            if TEXT.fullmatch(section) and not name.startswith("__pfx_")}


@dataclasses.dataclass(frozen=True)
class Size:
    """The bytes of code and of variables, and the functions, of some files."""

    name: str
    text: int
    functions: int
    data: int

    @staticmethod
    def of(name, *paths):
        """What all of the files have together."""
        text, data = (sum(total(path, pattern) for path in paths) for pattern in (TEXT, DATA))
        return Size(name, text, sum(len(functions(path)) for path in paths), data)
