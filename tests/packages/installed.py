# SPDX-License-Identifier: GPL-2.0
"""What the packages do to a machine when they are installed, fail to build, and are purged."""

import contextlib
import os

import make_deb
from build_dm_mod import STOCK_SERIES, tree
from build_modules import output_folder
from machine import Machine

SOURCE = f"linux-source-{STOCK_SERIES}"
TAKEOVER = ("dm_io_rust", "dm_io_rust_takeover")
STOCK_DM_MOD = "kernel/drivers/md/dm-mod.ko.xz"
DM_MOD, DM_MOD_VERSION = "dm_io_rust_dm_mod", "0.1"
SECURE_BOOT = "firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
IS_ON = b"\6\0\0\0\1"


def make_machine(kernel):
    """The machine with an initramfs that its modules are few in, and dkms's key."""
    machine = Machine(output_folder() / "machine", kernel)
    settings = machine.root / "etc" / "initramfs-tools"
    (settings / "conf.d" / "packages").write_text("MODULES=list\nCOMPRESSLEVEL=1\n")
    with open(settings / "modules", "a") as modules:
        modules.write("virtio_pci\nvirtio_blk\next4\n")
    for command in (["dkms", "generate_mok"], ["depmod", kernel],
                    ["update-initramfs", "-u", "-k", kernel]):
        machine.run(*command)
    return machine


def files_of(names):
    return [f"updates/dkms/{name}.ko.xz" for name in names]


def initramfs_has(machine, path):
    return any(name.endswith(f"/{machine.release}/{path}") for name in machine.initramfs())


def purge(results, machine, before, *names):
    """The packages go, and nothing of them stays."""
    done = machine.run("dpkg", "--purge", *names)
    after = machine.state()
    changed = [f"{path}: {before.get(path)} -> {after.get(path)}"
               for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    known = machine.run("dpkg-query", "-W", "-f", "${Package} ${Status}\n", "dm-io-rust*").stdout
    left = [line for line in known.splitlines() if any(line.startswith(n + " ") for n in names)]
    results.check(f"{names[-1]}: purged, it leaves nothing, nor in the initramfs",
                  not done.returncode and not changed and not left,
                  "\n".join([done.stdout] * bool(done.returncode) + changed + left))


def check_built(results, machine, name, done, modules):
    found = machine.updates()
    results.check(f"{name}: builds and installs its modules",
                  not done.returncode and found == files_of(modules), f"{found}\n{done.stdout}")
    stock = machine.run("modinfo", "-k", machine.release, "-F", "vermagic", "dm-crypt").stdout
    for module in modules:
        path = f"/lib/modules/{machine.release}/updates/dkms/{module}.ko.xz"
        told = machine.run("modinfo", path).stdout
        results.check(f"{name}: {module}.ko is of this kernel, and signed by dkms",
                      f"vermagic:       {stock}" in told and "DKMS module signing key" in told, told)


def check_configured(results, machine):
    """The line in modprobe.d, and nothing else, has the takeover loaded from the initramfs on."""
    files = files_of(TAKEOVER)
    dormant = not any(initramfs_has(machine, path) for path in files) and not any(
        path in machine.resolves("dm_mod") for path in files)
    results.check("dm-io-rust-utils: as installed, nothing of it is loaded at boot", dormant)
    settings = machine.root / "etc" / "modprobe.d" / "dm-io-rust.conf"
    settings.write_text(settings.read_text().replace("#softdep", "softdep"))
    machine.run("update-initramfs", "-u", "-k", machine.release)
    loaded = machine.resolves("dm_mod")
    results.check("dm-io-rust-utils: with its softdep, dm_mod brings the takeover",
                  loaded[-2:] == files and STOCK_DM_MOD in loaded[:-2], " ".join(loaded))
    results.check("dm-io-rust-utils: and so it does in the initramfs",
                  all(initramfs_has(machine, path) for path in files)
                  and any(name.endswith("modprobe.d/dm-io-rust.conf")
                          for name in machine.initramfs()), "\n".join(machine.initramfs()))


@contextlib.contextmanager
def enrolled(machine):
    """Secure Boot is on, and dkms's key is known; mokutil says so as Debian's own does."""
    # Not where apt does not look.
    mokutil = machine.root / "usr" / "bin" / "mokutil"
    mokutil.write_text('#!/bin/sh\necho "$2 is already enrolled"\nexit 1\n')
    mokutil.chmod(0o755)
    with machine.says(SECURE_BOOT, IS_ON):
        yield
    mokutil.unlink()


def link_of(machine):
    """What tells dkms which version is installed."""
    return machine.root / f"var/lib/dkms/{DM_MOD}/kernel-{machine.release}-x86_64"


def cut_off(machine):
    """An installation by dkms that got no further than to a part of dm-mod."""
    folder = machine.modules / "updates" / "dkms"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dm-mod.ko.xz").write_bytes(b"\xfd7zXZ")
    link_of(machine).symlink_to("pending")


def check_done_again(results, machine, name):
    """dkms had copied the module, and was cut off before it said so."""
    link = link_of(machine)
    link.unlink()
    link.symlink_to("pending")
    done = machine.run("dkms", "install", "-m", DM_MOD, "-v", DM_MOD_VERSION, "-k", machine.release)
    results.check(f"{name}: an installation that was cut off is done again",
                  not done.returncode and machine.updates() == files_of(["dm-mod"])
                  and os.readlink(link) != "pending", done.stdout)


def install_signed(results, machine, name, deb):
    """With Secure Boot, first with a key that is none, which dkms goes on without."""
    settings = machine.root / "etc" / "dkms" / "framework.conf.d" / "key.conf"
    settings.write_text("mok_signing_key=/etc/hostname\n")
    with enrolled(machine):
        done = machine.install(deb)
        results.check(f"{name}: what dkms could not sign is not installed, and it says so",
                      not done.returncode and not machine.updates()
                      and "could not sign" in done.stdout, done.stdout)
        settings.unlink()
        return machine.run("dkms", "autoinstall", "-k", machine.release)


def check_failure(results, machine, name, module, broken):
    """The kernel is installed again, and the build fails: its own dm-mod serves."""
    path = machine.root / "usr" / "src" / broken
    path.write_text(path.read_text() + "\nthis is no code\n")
    machine.run("/etc/kernel/preinst.d/dkms", machine.release)
    gone = machine.updates()
    if module == DM_MOD:
        cut_off(machine)
    done = machine.kernel_hooks()
    results.check(f"{name}: a failed build is not one of the kernel's installation",
                  done.returncode == 0, done.stdout)
    status = machine.run("dkms", "status", "-m", module, "-k", machine.release).stdout
    results.check(f"{name}: and leaves no module for the kernel",
                  not gone and not machine.updates() and "installed" not in status,
                  f"{gone} {machine.updates()} {status}")
    results.check(f"{name}: whose initramfs is made, with the kernel's own dm-mod",
                  "Generating" in done.stdout and initramfs_has(machine, STOCK_DM_MOD)
                  and not any("updates/" in file for file in machine.initramfs()),
                  done.stdout + "\n".join(machine.initramfs()))


def use_prepared_tree(machine):
    """From here on the kernel's headers have their Rust metadata, which saves minutes."""
    machine.show(tree(STOCK_SERIES),
                 machine.root / "usr" / "src" / f"linux-headers-{machine.release}")


def check_missing_source(results, machine, debs):
    """What is missing is said, with how to get it; once it is there, the modules are built."""
    archive = machine.root / "usr" / "src" / f"{SOURCE}.tar.xz"
    away = archive.rename(archive.with_suffix(".away"))
    done = machine.install(debs["dm-io-rust-utils"], debs["dm-io-rust-dkms"])
    said = f"apt install {SOURCE}={make_deb.kernel_version(machine.release)}"
    results.check("dm-io-rust-dkms: without the source it is installed, builds nothing, and says why",
                  not done.returncode and not machine.updates() and said in done.stdout,
                  done.stdout)
    away.rename(archive)
    machine.run("dpkg-trigger", f"--by-package={SOURCE}", f"/usr/src/{SOURCE}.tar.xz")
    return machine.run("dpkg", "--triggers-only", "--pending")


def check_takeover(results, machine, debs):
    """The way of the takeover, from the headers and the source that a machine has."""
    before = machine.state()
    done = check_missing_source(results, machine, debs)
    check_built(results, machine, "dm-io-rust-dkms", done, TAKEOVER)
    check_configured(results, machine)
    use_prepared_tree(machine)
    check_failure(results, machine, "dm-io-rust-dkms", "dm_io_rust",
                  "dm_io_rust-0.1/takeover/main.c")
    purge(results, machine, before, "dm-io-rust-utils", "dm-io-rust-dkms")


def check_dm_mod(results, machine, debs):
    """The way of a dm_mod in place of the kernel's own."""
    before, name = machine.state(), "dm-io-rust-dm-mod-dkms"
    done = install_signed(results, machine, name, debs[name])
    check_built(results, machine, name, done, ["dm-mod"])
    check_done_again(results, machine, name)
    ours, = files_of(["dm-mod"])
    loaded = machine.resolves("dm-snapshot")
    results.check(f"{name}: targets and the initramfs have its dm-mod",
                  ours in loaded and STOCK_DM_MOD not in loaded and initramfs_has(machine, ours)
                  and not initramfs_has(machine, STOCK_DM_MOD),
                  "\n".join([*loaded, *machine.initramfs()]))
    results.check(f"{name}: the kernel's own dm-mod stays where it is",
                  (machine.modules / STOCK_DM_MOD).exists())
    check_failure(results, machine, name, DM_MOD,
                  f"{DM_MOD}-{DM_MOD_VERSION}/rust/abi/marker.c")
    cut_off(machine)
    purge(results, machine, before, name)


def check_prebuilt(results, machine, debs):
    """The modules that are built already."""
    names = [name for name in debs if name.endswith(machine.release)]
    before = machine.state()
    done = machine.install(*(debs[name] for name in names))
    files = [f"updates/{name}.ko.xz" for name in ("dm-mod", *TAKEOVER)]
    loaded = machine.resolves("dm_io_rust_takeover")
    results.check("prebuilt packages: are installed, and modprobe finds their modules",
                  not done.returncode and machine.updates() == files and set(files) <= set(loaded)
                  and STOCK_DM_MOD not in loaded, done.stdout + "\n".join(loaded))
    results.check("prebuilt packages: the initramfs has their dm-mod",
                  initramfs_has(machine, files[0]) and not initramfs_has(machine, STOCK_DM_MOD),
                  "\n".join(machine.initramfs()))
    for other in ("dm-io-rust-dkms", "dm-io-rust-dm-mod-dkms"):
        with machine.given(debs[other]) as paths:
            done = machine.run("dpkg", "--no-act", "-i", *paths)
        results.check(f"prebuilt packages: {other} is not installed beside its own",
                      done.returncode != 0 and "conflicting packages" in done.stdout, done.stdout)
    purge(results, machine, before, *names)


def check_secure_boot(results, machine, debs):
    """A dm-mod that the kernel would reject does not take the place of its own."""
    before = machine.state()
    with machine.says(SECURE_BOOT, IS_ON):
        name = f"dm-io-rust-dm-mod-{machine.release}"
        done = machine.install(debs[name])
        results.check("prebuilt packages: with Secure Boot dm-mod, which is not signed, is refused",
                      done.returncode != 0 and not machine.updates()
                      and "Secure Boot is on" in done.stdout, done.stdout)
        done = machine.install(debs["dm-io-rust-dm-mod-dkms"])
        results.check("dm-io-rust-dm-mod-dkms: with Secure Boot and no key enrolled, it says so, "
                      "and builds nothing", not done.returncode and not machine.updates()
                      and "mokutil --import /var/lib/dkms/mok.pub" in done.stdout, done.stdout)
    purge(results, machine, before, "dm-io-rust-dm-mod-dkms")


def check_machine(results, debs, machine):
    check_secure_boot(results, machine, debs)
    check_takeover(results, machine, debs)
    check_dm_mod(results, machine, debs)
    check_prebuilt(results, machine, debs)
