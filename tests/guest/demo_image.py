# SPDX-License-Identifier: GPL-2.0
"""The demo's image of a file system with known files, and its disks."""

import hashlib
import os
import random
import shutil
import subprocess

SECTOR = 512
IMAGE_SECTORS = 32 << 11
# The stretches of disk C that cannot be written: first sector, length.
BAD_SECTORS = ((20003, 5), (51200, 16))
# Disk S has room for this many images.
SLOTS = 8
# What the disks hold to begin with.
A_FILLER, B_FILLER, C_FILLER, S_FILLER = b"\xaa", b"\xbb", b"\xcc", b"\xdd"
DATA_FILLER, STORE_FILLER, SECOND_FILLER = b"\xff", b"\xee", b"\x11"
# What lvm2 needs of a disk for itself, and more.
LVM_BYTES = 4 << 20

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


def write_changes(files, folder):
    """Other bytes for the files of folder-1, and a folder of new files."""
    numbers = random.Random(SEED + 1)
    (folder / "folder-1").mkdir(parents=True)
    for path in sorted((files / "folder-1").iterdir()):
        other = numbers.randbytes(path.stat().st_size)
        (folder / "folder-1" / path.name).write_bytes(other)
    (folder / "folder-new").mkdir()
    for position in range(8):
        (folder / "folder-new" / f"file-{position:02}").write_bytes(
            numbers.randbytes(numbers.randrange(1 << 18)))


class Changes:
    """What is done to the files: these are written, and folder-2 is removed."""

    def __init__(self, folder, files):
        self.path = folder / "changes"
        write_changes(files, self.path)
        changed = folder / "changed"
        shutil.copytree(files, changed)
        shutil.rmtree(changed / "folder-2")
        shutil.copytree(self.path, changed, dirs_exist_ok=True)
        #: Of all files that are there then.
        self.checksums = checksums(changed)


class Image:
    """The image and what is known of it."""

    def __init__(self, folder):
        files = folder / "files"
        files.mkdir()
        write_files(files)
        self.path = folder / "image.raw"
        self.data = make_image(files, self.path)
        self.checksums = checksums(files)
        self.changes = Changes(folder, files)
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
        #: Those of lvm2, for the snapshot and the mirror.
        data, store, second = (folder / f"{name}.raw" for name in ("data", "store", "second"))
        data.write_bytes(DATA_FILLER * (size + LVM_BYTES))
        store.write_bytes(STORE_FILLER * (size + LVM_BYTES))
        second.write_bytes(SECOND_FILLER * (size + LVM_BYTES))
        self.all = (self.a, self.b, self.c, self.s, data, store, second)
