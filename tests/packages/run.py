#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build the Debian packages; check what is in them, and what they do to a machine."""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(TOP / "scripts"))

import make_deb  # noqa: E402
from build_dm_mod import STOCK_SERIES, release, tree  # noqa: E402
from build_modules import output_folder  # noqa: E402
from installed import check_machine, make_machine  # noqa: E402
from kernels import KUNIT_SERIES  # noqa: E402
from results import Results  # noqa: E402
from root_on_lvm import check_boots  # noqa: E402
from steps import StepFailed, exclusive, main  # noqa: E402

KERNEL = release(STOCK_SERIES)
VERSION = "0.1"
MODULES, DM_MOD = f"dm-io-rust-modules-{KERNEL}", f"dm-io-rust-dm-mod-{KERNEL}"
UPDATES = f"usr/lib/modules/{KERNEL}/updates/"
TOOLS = sorted(path.name for path in (TOP / "tools").glob("*.sh"))
PLACES_OF_UTILS = [
    "etc/modprobe.d/dm-io-rust.conf",
    "usr/lib/dm-io-rust/dm-io-rust",
    *(f"usr/lib/dm-io-rust/{name}" for name in TOOLS),
    "usr/sbin/dm-io-rust",
    "usr/share/initramfs-tools/hooks/dm-io-rust",
    "usr/share/man/man4/dm_io_rust.4",
    "usr/share/man/man8/dm-io-rust.8",
]


def sources(folder, *names):
    """The files of the checkout that go to a folder of a package."""
    listing = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "--cached",
                              "--others", "--exclude-standard", "--deduplicate", *names],
                             cwd=TOP, capture_output=True, text=True, check=True).stdout
    return [f"usr/src/{folder}/{name}" for name in listing.split()]


def expected():
    """Packages to the files in them, but for their documents."""
    dkms = ["scripts/check-tree", "scripts/dkms-build", "scripts/dkms-initramfs",
            "scripts/prepare-tree", "rust"]
    dm_mod = ["scripts/dkms-check-signature", "scripts/dkms-keep-stock",
              "scripts/dkms-remove-rest", "scripts/dm_mod.py", "scripts/elf.py",
              "scripts/md_tree.py", "scripts/refuse-unsigned", "scripts/steps.py"]
    folder, other = f"dm_io_rust-{VERSION}", f"dm_io_rust_dm_mod-{VERSION}"
    return {
        "dm-io-rust-dkms": sources(folder, "Kbuild", "include", "takeover", "dkms.conf", *dkms),
        "dm-io-rust-dm-mod-dkms": [*sources(other, *dkms, *dm_mod), f"usr/src/{other}/dkms.conf"],
        "dm-io-rust-utils": [name + ".gz" if "/man/" in name else name for name in PLACES_OF_UTILS],
        MODULES: [f"{UPDATES}dm_io_rust.ko.xz", f"{UPDATES}dm_io_rust_takeover.ko.xz"],
        DM_MOD: [f"{UPDATES}dm-mod.ko.xz"],
    }


def contents(deb):
    """The files of a package: names to modes and owners."""
    listing = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True,
                             check=True).stdout
    found = {}
    for line in listing.splitlines():
        mode, owner, _, _, _, name = line.split(maxsplit=5)
        if not name.endswith("/"):
            found[name.split(" -> ")[0].removeprefix("./")] = f"{mode} {owner}"
    return found


def check_contents(results, debs):
    results.check("packages: those that are to be built, and no other",
                  sorted(debs) == sorted(expected()), " ".join(sorted(debs)))
    for name, files in expected().items():
        if name not in debs:
            continue
        documents = [f"usr/share/doc/{name}/{file}" for file in ("changelog.gz", "copyright")]
        found = contents(debs[name])
        wrong = sorted(set(found) ^ {*files, *documents})
        results.check(f"packages: {name} has its {len(files)} files, and no other", not wrong,
                      "\n".join(wrong))
        odd = [f"{name} {mode}" for name, mode in found.items()
               if not re.fullmatch(r"(-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx) root/root", mode)]
        results.check(f"packages: all files of {name} are root's, to be read by all", not odd,
                      "\n".join(odd))


def check_lintian(results, debs):
    done = subprocess.run(["lintian", "--allow-root", "--display-info", "--pedantic",
                           "--show-overrides", *debs.values()],
                          capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    results.check("packages: lintian finds nothing, and nothing is overridden",
                  done.returncode == 0 and not output, output)


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")
                  if not path.is_dir() or path.is_symlink())


def check_make_install(results):
    """`make install` puts the files of the packages where they do, and takes them away."""
    built = output_folder() / "deb" / "dm-io-rust"
    place = output_folder() / "deb" / "installed"

    def make(*targets, kernel=tree(STOCK_SERIES)):
        done = subprocess.run(
            ["make", "-C", built, *targets, f"KDIR={kernel}", f"DESTDIR={place}",
             f"INSTALL_MOD_PATH={place}/usr"], capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""

    failed = make("install", f"MO={built}/debian/build") or make("install-dm-mod")
    wanted = sorted([*PLACES_OF_UTILS, *expected()[MODULES], *expected()[DM_MOD]])
    found = files_below(place)
    results.check(f"make install: the {len(wanted)} files of the packages, and no other",
                  not failed and found == wanted,
                  failed or "\n".join(sorted(set(found) ^ set(wanted))))
    other = tree(KUNIT_SERIES)
    results.check("make install: refuses a dm-mod that is another kernel's",
                  "is not of" in make("install-dm-mod", kernel=other))
    failed = make("uninstall")
    left = files_below(place)
    results.check("make uninstall: leaves none of them", not failed and not left,
                  failed or "\n".join(left))


def built_packages(results):
    """Names of packages to their files."""
    try:
        files = make_deb.make()
    except StepFailed as failure:
        results.check("packages: make deb builds them", False, str(failure))
        return {}
    return {pathlib.Path(file).name.split("_")[0]: str(file) for file in files}


def check_installed(results, debs):
    """What they do to a machine; the parts named on the command line, or all of them."""
    parts = sys.argv[1:] or ["machine", "boots"]
    if os.geteuid():
        results.add("skip", "packages: what they do to a machine", "only root can mount")
        return
    machine = make_machine(KERNEL)
    if "machine" in parts:
        check_machine(results, debs, machine)
    if "boots" in parts:
        check_boots(results, debs, machine)


def run():
    results = Results()
    with exclusive("modules"):
        debs = built_packages(results)
        if debs:
            check_contents(results, debs)
            check_lintian(results, debs)
            check_make_install(results)
            check_installed(results, debs)
    return results.finish()


if __name__ == "__main__":
    main(run)
