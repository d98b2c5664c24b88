# SPDX-License-Identifier: GPL-2.0
"""A machine with its root on LVM boots with the packages, after an upgrade, and without them."""

import os
import pathlib
import shutil
import subprocess

from build_dm_mod import release
from build_modules import SERIES, output_folder
from guest import Boot, Guest, Kernel, stock_kernel
from installed import STOCK_DM_MOD, TAKEOVER, use_prepared_tree
from machine import mount
from results import FAIL
from steps import CACHE, TOP

HERE = TOP / "tests" / "packages"
LVM = TOP / "tests" / "targets" / "mirror" / "lvm"
ROOT_MIB, DISK_MIB = 3584, 6144
# Where lvm2 begins with its first volume.
ROOT_BEGINS = 1 << 20
TIMEOUT_SECONDS = 1800
OLD, NEW = map(release, SERIES)
PACKAGES = ["dm-io-rust-dm-mod-dkms", f"dm-io-rust-modules-{OLD}", "dm-io-rust-utils"]
FILES = ["updates/dkms/dm-mod.ko.xz", *(f"updates/{name}.ko.xz" for name in TAKEOVER)]
# What is done in each boot, and with which kernel.
BOOTS = [("dm_mod", OLD), ("upgraded", NEW), ("takeover", OLD), ("at_boot", OLD), ("purged", OLD)]


def settle(machine):
    """What a machine needs to boot by itself, and to do what it is to show."""
    etc, scenario = machine.root / "etc", machine.root / "scenario"
    (etc / "fstab").write_text("/dev/mapper/machine-root / ext4 errors=remount-ro 0 1\n")
    (etc / "hostname").write_text("machine\n")
    # In the emulator dmeventd is ready only after lvm2 has given up on it.
    (etc / "lvm" / "lvmlocal.conf").write_text("activation {\n\tmonitoring = 0\n}\n")
    # With an empty one systemd asks on the console who it is.
    (etc / "machine-id").write_text("6" * 32 + "\n")
    shutil.copytree(HERE / "boots", scenario)
    # Where the machine was shown the cache there is an empty folder.
    (scenario / "cache").write_text(str(CACHE))
    shutil.copy(TOP / "tests" / "guest" / "report.sh", machine.root / "usr" / "lib")
    (scenario / "scenario.service").rename(etc / "systemd" / "system" / "scenario.service")
    # Nor does anybody log in, and it takes minutes until udev knows the console.
    machine.run("systemctl", "mask", "lvm2-monitor.service", "getty-static.service",
                "serial-getty@ttyS0.service")
    machine.run("systemctl", "enable", "scenario.service")


def make_file_system(machine, image):
    """The machine's root, without what is mounted there, as a file system."""
    plain = image.parent / "plain"
    plain.mkdir(parents=True, exist_ok=True)
    mount("--bind", machine.root, plain)
    image.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", plain, image, f"{ROOT_MIB}m"], check=True)
    subprocess.run(["umount", plain], check=True)


def make_disk(results, image, disk):
    """A disk whose volume group has the file system as its first volume; whether it worked."""
    disk.unlink(missing_ok=True)
    subprocess.run(["truncate", "-s", f"{DISK_MIB}m", disk], check=True)
    subprocess.run(["dd", "status=none", "bs=1M", "conv=sparse,notrunc", f"if={image}",
                    f"of={disk}", f"seek={ROOT_BEGINS >> 20}"], check=True)
    guest = Guest(stock_kernel(), HERE / "volumes")
    settings = image.parent / "settings"
    settings.write_text(f"ROOT_MIB={ROOT_MIB}\n")
    guest.add(settings, "/data/settings")
    guest.add(LVM, "/lib/lvm")
    guest.modules("dm_mod", "dm_snapshot")
    guest.program("lvm")
    guest.disk(disk)
    guest.disk(image)
    return extend(results, guest.run(TIMEOUT_SECONDS))


def extend(results, outcome):
    """Takes over the checks of a guest; whether all of them hold."""
    results.checks += outcome.results.checks
    return not outcome.results.count(FAIL)


def read_file(disk, name, folder):
    """A file of the root, read as a boot loader does: nothing is mounted here."""
    copy = folder / pathlib.Path(name).name
    subprocess.run(["debugfs", "-R", f"dump {name} {copy}", f"{disk}?offset={ROOT_BEGINS}"],
                   stderr=subprocess.DEVNULL, check=True)
    return copy


def boot(results, disk, image, scenario, kernel):
    """One boot, with the kernel and the initramfs that are on the disk."""
    vmlinuz, initramfs = (read_file(disk, f"/boot/{name}-{kernel}", image.parent)
                          for name in ("vmlinuz", "initrd.img"))
    machine = Boot(Kernel(vmlinuz, None, kernel), f"root-on-lvm-{scenario}")
    machine.arguments += ["root=/dev/mapper/machine-root", "ro", f"scenario={scenario}"]
    # With one processor the emulator has not that fault for which others are booted again: here
    # a machine that does not boot has failed.
    machine.machine = ["-smp", "1", "-cpu", "max,svm=off"]
    machine.max_boots = 1
    machine.disk(disk)
    machine.disk(image)
    return extend(results, machine.start(str(initramfs), TIMEOUT_SECONDS, memory_mib=2048))


def check_upgrade(results, machine):
    """A new kernel with its headers, but not the source that only a build of ours wants."""
    done = machine.run("sh", "-c", "apt-get -y --no-install-recommends install "
                       "/var/cache/upgrade/*.deb")
    modules = machine.modules.parent / NEW
    results.check("upgrade: apt installs the new kernel, and it is the one to boot",
                  not done.returncode and os.readlink(machine.root / "vmlinuz").endswith(NEW),
                  done.stdout)
    log = machine.root / "var" / "lib" / "dkms" / "dm_io_rust_dm_mod" / "0.1" / "build" / "make.log"
    said = log.read_text() if log.exists() else done.stdout
    results.check("upgrade: nothing is built for it, and dkms knows why",
                  not (modules / "updates").exists() and "apt install linux-source-" in said, said)
    listing = machine.run("lsinitramfs", f"/boot/initrd.img-{NEW}").stdout
    return results.check("upgrade: its initramfs has its own dm-mod",
                         f"{NEW}/{STOCK_DM_MOD}" in listing and "/updates/" not in listing, listing)


def check_boots(results, debs, machine):
    use_prepared_tree(machine)
    settle(machine)
    done = machine.install(*(debs[name] for name in PACKAGES))
    results.check("root on LVM: apt installs dm-mod by dkms, and the takeover as it is built",
                  not done.returncode and machine.updates() == FILES, done.stdout)
    check_upgrade(results, machine)
    folder = output_folder() / "root-on-lvm"
    image, disk = folder / "root.img", folder / "disk.img"
    make_file_system(machine, image)
    good = make_disk(results, image, disk)
    for scenario, kernel in BOOTS:
        if good:
            print(f"=== booting {kernel}: {scenario}", flush=True)
            good = boot(results, disk, image, scenario, kernel)
        else:
            results.add("skip", f"root on LVM: {scenario}", "something failed before it")
