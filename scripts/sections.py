# SPDX-License-Identifier: GPL-2.0
"""The sizes of the sections of modules and objects."""

import re
import subprocess

# Code, without constants; and variables.
TEXT = re.compile(r"\.text(\..+)?|\.(init|exit)\.text")
DATA = re.compile(r"\.(data|bss)(\..+)?")


def sizes(path):
    """The sizes of a file's sections in bytes, by their names."""
    listing = subprocess.run(["size", "-A", "-d", path], capture_output=True, text=True,
                             check=True).stdout
    return {name: int(size) for name, size in
            re.findall(r"^(\.\S+) +(\d+) +\d+$", listing, re.MULTILINE)}


def total(path, pattern):
    """The bytes of all sections whose names match."""
    return sum(size for name, size in sizes(path).items() if pattern.fullmatch(name))
