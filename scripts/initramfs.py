# SPDX-License-Identifier: GPL-2.0
"""Pack a guest's root file system; runs in the toolchain."""

import pathlib
import re
import shutil
import subprocess
import tempfile


class Initramfs:
    """A root file system to be, in a folder that goes away with the object."""

    def __init__(self, init):
        self._folder = tempfile.TemporaryDirectory(prefix="initramfs-")
        self.root = pathlib.Path(self._folder.name)
        self.add(init, "init")
        self.add(shutil.which("busybox"), "bin/busybox")
        for folder in ("dev", "proc", "sys", "tmp", "mnt"):
            (self.root / folder).mkdir()
        (self.root / "bin" / "sh").symlink_to("busybox")

    def add(self, source, target):
        """Copy a file or a folder to a path in the guest."""
        target = self.root / str(target).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if pathlib.Path(source).is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)

    def add_program(self, name):
        """Copy a program of the toolchain with the libraries it needs."""
        program = pathlib.Path(shutil.which(name)).resolve()
        self.add(program, f"bin/{name}")
        listing = subprocess.run(
            ["ldd", program], capture_output=True, text=True, check=False
        ).stdout
        for library in re.findall(r"(/\S+) \(0x", listing):
            if not (self.root / library.lstrip("/")).exists():
                self.add(library, library)

    def pack(self, archive):
        """Write the archive that the kernel unpacks."""
        subprocess.run(
            "find . -print0 | cpio --quiet -0 -o -H newc -R 0:0 | gzip -1 >"
            f"'{archive}'",
            shell=True, cwd=self.root, check=True,
        )
