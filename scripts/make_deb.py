#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build the Debian packages, those with modules for Debian's stock kernel.

They are built from a copy of the checkout, in which @KERNEL@ and @VERSION@ of debian/
have been filled in, and are left in deb/.
"""

import os
import re
import shutil

import debian_kernel
from build_dm_mod import STOCK_SERIES, release, stock, tree
from build_modules import output_folder
from lint import project_files
from steps import CACHE, TOP, exclusive, main, run_logged

PRODUCTS = TOP / "deb"


def kernel_version(kernel):
    """The Debian version of the kernel's packages, as the set-up got them."""
    headers = f"linux-headers-{kernel}"
    found = [path.name.split("_")[1] for path in debian_kernel.DEBS.glob(f"{headers}_*.deb")]
    return debian_kernel.newest(found)


def copy_sources(folder):
    """The checkout as a source package for one kernel."""
    kernel = release(STOCK_SERIES)
    values = {"@KERNEL@": kernel, "@VERSION@": kernel_version(kernel)}
    for path in project_files():
        name = str(path.relative_to(TOP)).replace("@KERNEL@", kernel)
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        if name.startswith("debian/"):
            text = re.sub("|".join(values), lambda match: values[match[0]], copy.read_text())
            copy.write_text(text)
    with open(folder / "debian" / "control", "a") as control:
        control.write((folder / "debian" / "control-kernel").read_text())


def make():
    """Build them; returns their files."""
    folder = output_folder() / "deb"
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "dm-io-rust"
    copy_sources(source)
    kernel = tree(STOCK_SERIES)
    environment = [f"KDIR={kernel}", f"KREL={release(STOCK_SERIES)}", f"STOCK={stock()}"]
    # The set-up has all that is needed, but not build-essential: there is no C++ here.
    run_logged("[deb] building the packages",
               ["env", *environment, f"DEB_BUILD_OPTIONS=parallel={os.cpu_count()}",
                "dpkg-buildpackage", "-b", "-d", "-us", "-uc"],
               CACHE / "log" / "deb.log", cwd=source)
    shutil.rmtree(PRODUCTS, ignore_errors=True)
    PRODUCTS.mkdir()
    return [shutil.copy(path, PRODUCTS) for path in sorted(folder.glob("*.deb"))]


def run():
    with exclusive("modules"):
        for path in make():
            print(path)
    return 0


if __name__ == "__main__":
    main(run)
