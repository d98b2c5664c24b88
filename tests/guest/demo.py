#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The demo: dm_io_rust at work on Debian's stock kernel in the emulator.

Makes the image and the disks, boots the guest (demo/main.sh is what it does
there) with what scripts/build_modules.py built, and compares what is on the
disks afterwards.
"""

import hashlib
import pathlib
import sys
import tempfile

from demo_image import BAD_SECTORS, C_FILLER, IMAGE_SECTORS, SECTOR, Disks, Image, with_holes

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TOP / "scripts"), str(TOP / "tests" / "targets")]
from build_modules import CALLERS, SERIES, products  # noqa: E402
from guest import Guest, stock_kernel  # noqa: E402
from run import TAKEOVER, add_module, add_targets, add_text  # noqa: E402
from steps import main  # noqa: E402

STOCK = SERIES[0]
# How the guest names the disks that it is given, and those that it makes.
DEVICES = {
    "SOURCE": "/dev/vda",
    "A": "/dev/vdb",
    "B": "/dev/vdc",
    "RAW_C": "/dev/vdd",
    "C": "/dev/mapper/bad",
    "S": "/dev/vde",
    "NO_DISCARD": "/dev/nullb0",
    "DATA": "/dev/mapper/vg-data",
    "SECOND": "/dev/mapper/vg-second",
    "DATA_DISK": "/dev/vdf",
    "STORE_DISK": "/dev/vdg",
    "SECOND_DISK": "/dev/vdh",
}
TARGETS = ["dm-snapshot", "dm-mirror"]
LVM = TOP / "tests" / "targets" / "mirror" / "lvm"
MODULES = ["ext4", "dm_mod", "null_blk"]
TIMEOUT_SECONDS = 600


def digest(data):
    return hashlib.sha256(data).hexdigest()


def settings(image):
    """What the guest is to know, as shell variables."""
    values = {
        **DEVICES,
        "WAY": TAKEOVER,
        "MODULE": "dm_io_rust",
        "SECTORS": IMAGE_SECTORS,
        "MIB": IMAGE_SECTORS * SECTOR >> 20,
        "FILES": len(image.checksums.splitlines()),
        "IMAGE_SUM": digest(image.data),
        "ZERO_SUM": digest(bytes(len(image.data))),
        "C_SUM": digest(with_holes(image.data, C_FILLER)),
        "SAVED_SUM": digest(with_holes(image.data, b"\0")),
        "BAD_START": BAD_SECTORS[0][0],
        "BAD_LENGTH": BAD_SECTORS[0][1],
        "FILE_BYTE": image.file_byte,
        "LABEL_BYTE": image.label_byte,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def lines(words):
    return "".join(f"{word}\n" for word in words)


def bad_table(device):
    """A device-mapper table of the device that has the bad sectors."""
    table = []
    position = 0
    for start, length in BAD_SECTORS:
        table.append(f"{position} {start - position} linear {device} {position}")
        table.append(f"{start} {length} error")
        position = start + length
    table.append(f"{position} {IMAGE_SECTORS - position} linear {device} {position}")
    return lines(table)


def add_modules(guest, folder):
    """The kernel's modules, the targets among them, and those that are built here."""
    guest.modules(*MODULES)
    add_targets(guest, folder, TARGETS, TAKEOVER)
    for name in ("dm_io_rust", TAKEOVER):
        add_module(guest, folder, products("modules", STOCK) / f"{name}.ko")
    for name in CALLERS:
        add_module(guest, folder, products(name, STOCK) / f"{name}.ko")
    add_text(guest, folder, "modules", lines(MODULES))


def make_guest(folder, image, disks):
    guest = Guest(stock_kernel(), TOP / "tests" / "guest" / "demo")
    guest.add(TOP / "tests" / "targets" / "lib.sh", "/lib/targets.sh")
    guest.add(TOP / "tests" / "guest" / "demo" / "log.sh", "/lib/log.sh")
    guest.add(LVM, "/lib/lvm")
    for program in ("cmp", "dmsetup", "e2fsck", "lvm"):
        guest.program(program)
    add_modules(guest, folder)
    add_text(guest, folder, "settings", settings(image))
    add_text(guest, folder, "checksums", image.checksums)
    add_text(guest, folder, "checksums.changed", image.changes.checksums)
    add_text(guest, folder, "bad.table", bad_table(DEVICES["RAW_C"]))
    guest.add(image.changes.path, "/data/changes")
    for disk in (image.path, *disks.all):
        guest.disk(disk)
    return guest


def first_difference(have, want):
    """Where two runs of bytes first differ, in words; nothing if they do not."""
    if have == want:
        return ""
    for position, (one, other) in enumerate(zip(have, want)):
        if one != other:
            return f"byte {position} is {one:#04x}, not {other:#04x}"
    return f"{len(have)} bytes, not {len(want)}"


def check_disks(results, image, disks):
    """Compare the raw files, which the guest is done with, to the image."""
    wanted = {
        "disk A": (disks.a, image.data),
        "disk B": (disks.b, image.data),
        "disk C but for its bad sectors": (disks.c, with_holes(image.data, C_FILLER)),
    }
    for name, (path, want) in wanted.items():
        difference = first_difference(path.read_bytes(), want)
        results.check(f"on the host, {name} holds the image", not difference, difference)
    size = len(image.data)
    slots = disks.s.read_bytes()
    difference = first_difference(slots[:size], slots[size : 2 * size])
    results.check("on the host, the example's two parts are the same", not difference,
                  difference)
    wrong = bytearray(image.data)
    wrong[image.file_byte] ^= 1
    results.check("on the host, a wrong byte would be noticed",
                  first_difference(wrong, image.data) != "")


def run():
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        folder = pathlib.Path(name)
        print("  making a file system image and eight disks", flush=True)
        image = Image(folder)
        disks = Disks(folder, image)
        guest = make_guest(folder, image, disks)
        print("  booting the stock kernel", flush=True)
        outcome = guest.run(TIMEOUT_SECONDS)
        check_disks(outcome.results, image, disks)
    return outcome.results.finish()


if __name__ == "__main__":
    main(run)
