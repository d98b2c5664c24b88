# SPDX-License-Identifier: GPL-2.0
"""A machine to install packages on, in memory: a chroot over what scripts/machine-image.sh made.

It has Debian's stock kernel, its headers and its source. What a package's scripts do is real but
for the kernel that runs.
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess

from steps import CACHE

# What remembers that something was installed once.
NOT_STATE = ("boot/initrd.img", "run/", "tmp/", "var/cache/", "var/lib/apt/", "var/lib/dpkg/",
             "var/lib/initramfs-tools/", "var/log/")
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
}


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def digest(path):
    """What there is to compare of a file, a folder or a link."""
    about = path.lstat()
    if stat.S_ISREG(about.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{stat.filemode(about.st_mode)} {content}"
    if stat.S_ISLNK(about.st_mode):
        return f"-> {os.readlink(path)}"
    return "removed" if stat.S_ISCHR(about.st_mode) else stat.filemode(about.st_mode)


class Machine:
    """The chroot; its mounts are gone with the process that made it."""

    def __init__(self, folder, release):
        self.release = release
        self.image = (CACHE / "machine").resolve()
        self.upper = folder / "upper"
        self.root = folder / "root"
        # A namespace of its own; in the toolchain's chroot / is no mount point.
        os.unshare(os.CLONE_NEWNS)
        subprocess.run(["mount", "--make-rprivate", "/"], stderr=subprocess.DEVNULL, check=False)
        folder.mkdir(parents=True, exist_ok=True)
        mount("-t", "tmpfs", "-o", "size=90%", "packages", folder)
        for name in ("upper", "work", "root"):
            (folder / name).mkdir()
        mount("-t", "overlay", "packages", "-o",
              f"lowerdir={self.image},upperdir={self.upper},workdir={folder / 'work'}", self.root)
        for place in ("/proc", "/dev"):
            mount("--rbind", place, self.root / place[1:])
        self.show(CACHE, self.root / str(CACHE)[1:])
        # What the kernel that runs says of itself is not of this machine.
        mount("-t", "tmpfs", "packages", self.root / "sys")
        self.modules = self.root / "usr" / "lib" / "modules" / release

    @staticmethod
    def show(folder, place):
        """Have a folder there, too, not to be written to."""
        place.mkdir(parents=True, exist_ok=True)
        mount("--bind", folder, place)
        mount("-o", "remount,bind,ro", place)

    def run(self, *command):
        """A command's process, its output in one; the machine has no terminal."""
        return subprocess.run(
            ["chroot", self.root, "env", "-i", *(f"{k}={v}" for k, v in ENVIRONMENT.items()),
             *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", check=False)

    @contextlib.contextmanager
    def given(self, *files):
        """For a while it has copies of files; their names there."""
        folder = self.root / "tmp" / "packages"
        folder.mkdir()
        yield [f"/tmp/packages/{pathlib.Path(shutil.copy(file, folder)).name}" for file in files]
        shutil.rmtree(folder)

    def install(self, *files):
        """Have apt install packages."""
        with self.given(*files) as names:
            return self.run("apt-get", "-y", "--no-install-recommends", "install", *names)

    @contextlib.contextmanager
    def says(self, name, content):
        """For a while /sys, which is empty, has a file."""
        path = self.root / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        yield
        path.unlink()

    def kernel_hooks(self):
        """What the installation of the kernel's package runs, as linux-run-hooks does."""
        return self.run("env", "DEB_MAINT_PARAMS=configure", "run-parts", "--report",
                        "--exit-on-error", f"--arg={self.release}",
                        f"--arg=/boot/vmlinuz-{self.release}", "/etc/kernel/postinst.d")

    def initramfs(self):
        """The modules in the kernel's initramfs and the configuration of modprobe there."""
        listing = self.run("lsinitramfs", f"/boot/initrd.img-{self.release}").stdout.split()
        return sorted(name for name in listing if ".ko" in name or "modprobe.d/" in name)

    def updates(self):
        """The modules that are not the kernel's own."""
        return sorted(str(path.relative_to(self.modules))
                      for path in (self.modules / "updates").rglob("*.ko*"))

    def resolves(self, module):
        """The files that modprobe would load, from the first to the last."""
        done = self.run("modprobe", "-S", self.release, "--show-depends", module)
        prefix = f"insmod /lib/modules/{self.release}/"
        return [line.removeprefix(prefix).split()[0] for line in done.stdout.splitlines()]

    def state(self):
        """All that is not as in the image: paths to what they are."""
        found = {}
        for path in self.upper.rglob("*"):
            name = str(path.relative_to(self.upper))
            below = self.image / name
            if name.startswith(NOT_STATE) or (path.is_dir() and below.is_dir()):
                continue
            if not os.path.lexists(below) or digest(below) != digest(path):
                found[name] = digest(path)
        return {**found, **{f"initramfs: {name}": "there" for name in self.initramfs()}}
