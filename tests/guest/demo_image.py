# SPDX-License-Identifier: GPL-2.0
"""The demo's image of a file system with known files, and its disks."""

import hashlib
import os
import random
import subprocess

SECTOR = 512
IMAGE_SECTORS = 32 << 11
# The stretches of disk C that cannot be written: first sector, length.
BAD_SECTORS = ((20003, 5), (51200, 16))
# Disk S has room for this many images.
SLOTS = 8
# What the disks hold to begin with.
A_FILLER, B_FILLER, C_FILLER, S_FILLER = b"\xaa", b"\xbb", b"\xcc", b"\xdd"

SEED = 20240229
UUID = "6d696f72-7573-4400-8000-64656d6f0001"
# So that the image is the same in every run.
TIME = 1700000000


def write_files(folder):
    """Fill a folder with files of many sizes, the same ones each time."""
    numbers = random.Random(SEED)
    sizes = [0, 1, 511, 512, 513, 4095, 4096, 4097, 1 << 20, (4 << 20) + 1]
    sizes += [numbers.randrange(1 << 20) for _ in range(30)]
    for position, size in enumerate(sizes):
        place = folder / f"folder-{position % 5}"
        place.mkdir(mode=0o755, exist_ok=True)
        (place / f"file-{position:02}").write_bytes(numbers.randbytes(size))
    for path in folder.rglob("*"):
        os.utime(path, (TIME, TIME))


def make_image(folder, image):
    """Make an ext4 file system of the folder in a file; return its bytes."""
    subprocess.run(
        ["mke2fs", "-q", "-F", "-t", "ext4", "-d", folder, "-U", UUID,
         "-E", f"hash_seed={UUID},root_owner=0:0,lazy_itable_init=0", image,
         f"{IMAGE_SECTORS // 2}k"],
        check=True, env={"PATH": "/usr/sbin:/usr/bin", "SOURCE_DATE_EPOCH": str(TIME)},
    )
    return image.read_bytes()


def checksums(folder):
    """The files' checksums as sha256sum -c takes them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
        for path in files
    )
    return "".join(lines)


def with_holes(image, filler):
    """The image, but with other bytes in the bad sectors."""
    data = bytearray(image)
    for start, length in BAD_SECTORS:
        data[start * SECTOR : (start + length) * SECTOR] = filler * (length * SECTOR)
    return bytes(data)


class Image:
    """The image and what is known of it."""

    def __init__(self, folder):
        files = folder / "files"
        files.mkdir()
        write_files(files)
        self.path = folder / "image.raw"
        self.data = make_image(files, self.path)
        self.checksums = checksums(files)
        largest = max(files.rglob("file-*"), key=lambda path: path.stat().st_size)
        #: Where a byte of a file is, and where one of the superblock's label.
        self.file_byte = self.data.index(largest.read_bytes()[:SECTOR])
        self.label_byte = 1024 + 0x78


class Disks:
    """The disks that are written to: each holds something else to begin with."""

    def __init__(self, folder, image):
        self.a = folder / "a.raw"
        self.b = folder / "b.raw"
        self.c = folder / "c.raw"
        self.s = folder / "s.raw"
        size = len(image.data)
        self.a.write_bytes(A_FILLER * size)
        self.b.write_bytes(B_FILLER * size)
        self.c.write_bytes(C_FILLER * size)
        self.s.write_bytes(S_FILLER * (SLOTS * size))
