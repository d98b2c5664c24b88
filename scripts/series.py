#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write this engine as a series of patches against a kernel source, for mainline's drivers/md.

usage: series.py SOURCE [FOLDER]

One patch for each layer of the engine, from the bottom up, and at last the choice in
Kconfig, which is C unless somebody chooses: a tree builds after each of them. The files
are those that `make dm-mod` builds from. The author is that of the checkout's last
commit; to sign off is left to who sends them (git am -s).
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from md_tree import FOLDER, edited_kconfig, edited_makefile, engine_files
from steps import TOP, StepFailed, main

MD = pathlib.Path("drivers") / "md"
# What belongs to a patch, by the start of a file's name; the rest is the last layer's.
LAYERS = (
    (("bindings", "statistics"), "dm-io-rust: add bindings and statistics", """\
The kernel crate has bindings of bios, mempools and work queues. It lacks
inline functions, some constants, and the declarations of <linux/dm-io.h>
and <linux/dm-kcopyd.h>: bindgen makes them.

Nothing is built of this until the last patch of the series."""),
    (("memory",), "dm-io-rust: add owners of memory", """\
Buffers of each kind that dm-io takes, pools, reserves of pages, and
lock-free lists, as types that safe code cannot misuse. Nothing here knows
of device mapper."""),
    (("block",), "dm-io-rust: add owners of bios and work queues", """\
A bio's type says what its owner may do with it: fill it, share its
vectors with child bios, or reuse it after completion. A bio in flight has
no owner. Nothing here knows of device mapper."""),
    (("dm/", "dm.rs"), "dm-io-rust: add the types of device mapper", """\
Regions, page lists, callbacks and error bits: checked when they come
from C."""),
    (("io",), "dm-io-rust: add dm-io", """\
I/O between one buffer and one or many regions. A request that fits into
one bio is that bio, with the request's state as its payload. There is no
unsafe code in this layer."""),
    (("kcopyd",), "dm-io-rust: add kcopyd", """\
Copies and zeroings, in sub-jobs of which several are in flight at a time.
There is no unsafe code in this layer."""),
    ((), "dm-io-rust: add the functions that C calls", """\
The ten functions of dm-io and kcopyd under their own names, held against
their declarations at compile time; the parameter of kcopyd; and what dm.c
calls when dm_mod is loaded and unloaded."""),
)
CHOICE = ("dm: make the implementation of dm-io and kcopyd a choice", """\
The default is C, as before. With Rust, dm-mod has neither dm-io.c nor
dm-kcopyd.c, and exports the same functions: no target is changed.""")


def git(tree, *arguments):
    done = subprocess.run(["git", "-c", "commit.gpgsign=false", *arguments], cwd=tree,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise StepFailed(f"git {arguments[0]} failed: {done.stderr}")
    return done.stdout


def author():
    """The author of the checkout's last commit, as options of git."""
    ident = git(TOP, "-c", "safe.directory=*", "log", "-1", "--format=%an%n%ae").split("\n")
    return ["-c", f"user.name={ident[0]}", "-c", f"user.email={ident[1]}"]


def commit(tree, subject, message):
    git(tree, "add", "--all")
    git(tree, *author(), "commit", "-q", "-m", f"{subject}\n\n{message}")


def layer_of(name):
    """The number of the layer that a file belongs to."""
    for number, (prefixes, _, _) in enumerate(LAYERS):
        if name.startswith(prefixes):
            return number
    return len(LAYERS) - 1


def add_layers(tree):
    files = engine_files()
    for number, (_, subject, message) in enumerate(LAYERS):
        for name, path in files.items():
            if layer_of(name) == number:
                target = tree / MD / FOLDER / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        commit(tree, subject, message)


def add_choice(tree):
    for name, edited in (("Makefile", edited_makefile), ("Kconfig", edited_kconfig)):
        path = tree / MD / name
        path.write_text(edited(path.read_text()))
    commit(tree, *CHOICE)


def write(source, folder):
    """The patches, in a folder that has nothing else afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="series-") as tree:
        tree = pathlib.Path(tree)
        (tree / MD).mkdir(parents=True)
        for name in ("Makefile", "Kconfig"):
            shutil.copyfile(source / MD / name, tree / MD / name)
        git(tree, "init", "-q")
        commit(tree, "the kernel", "")
        base = git(tree, "rev-parse", "HEAD").strip()
        add_layers(tree)
        add_choice(tree)
        return git(tree, "format-patch", "-q", "--zero-commit", "--no-signature", "-o", str(folder),
                   f"{base}..HEAD") or sorted(folder.glob("*.patch"))


def run():
    source = pathlib.Path(sys.argv[1]).resolve()
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else TOP / "series").resolve()
    for path in write(source, folder):
        print(path)
    return 0


if __name__ == "__main__":
    main(run)
