#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build dm-mod.ko from the kernel's own sources, with this engine for dm-io.c and dm-kcopyd.c.

usage: dm_mod.py [--source DIR] [--release RELEASE] [--stock FILE] [--output DIR]
                 [--engine DIR] KDIR [NAME=VALUE...]

KDIR     the build tree of the kernel, as for other modules
source   the sources that KDIR was prepared from; KDIR/source, or KDIR itself
release  the kernel to build for, as uname -r says; the running one
stock    that kernel's own dm-mod.ko, which may be compressed; the installed one
output   dm-mod in the checkout; dm-mod.ko is there only if all checks have passed
engine   the folder rust of the checkout

A dm-mod.ko of other sources than the kernel's would corrupt memory: structures of dm are
shared with targets, and with the block layer. So the versions must agree, and then
every function that is not of dm-io.c or dm-kcopyd.c must be, byte for byte, what it is in
the kernel's own dm-mod.ko.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections import Counter

import elf
from md_tree import FOLDER, OPTION, REPLACED, edited_makefile, engine_files
from steps import TOP, StepFailed, main

UNPACK = {".ko": ["cat"], ".xz": ["xz", "-dc"], ".zst": ["zstd", "-dc"], ".gz": ["gzip", "-dc"]}
REPLACED_FILES = {name.replace(".o", ".c") for name in REPLACED}
# Global functions that are this engine's: those of Rust, of its helpers, and what they replace.
ENGINE = re.compile(r"_R\w+|dm_io_rust_\w+|dm_kcopyd_\w+"
                    r"|dm_io(_init|_exit|_client_create|_client_destroy)?")


def refuse(reason):
    raise StepFailed(f"no dm-mod.ko was built: {reason}")


def read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def source_version(source):
    """The version that a source tree's Makefile says, as `make kernelversion` does."""
    values = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) =[ \t]*(.*)$",
                             read(source / "Makefile"), re.MULTILINE))
    if len(values) < 4:
        refuse(f"{source} is no kernel source")
    return "{VERSION}.{PATCHLEVEL}.{SUBLEVEL}{EXTRAVERSION}".format(**values)


def check_versions(tree, source, release):
    """The tree is that of the kernel, and the source has the kernel's version."""
    of_tree = read(tree / "include" / "config" / "kernel.release").strip()
    if of_tree != release:
        refuse(f"{tree} is the tree of kernel {of_tree or '(unknown)'}, not of {release}")
    if not (source / "drivers" / "md" / "dm.c").exists():
        refuse(f"{source} has no drivers/md/dm.c: name the source of {release} by KSRC=")
    version = source_version(source)
    if not re.fullmatch(re.escape(version) + r"(?![0-9.]).*", release):
        refuse(f"{source} is the source of {version}, not of {release}")


def stock_module(path, release):
    """The content of the kernel's own dm-mod.ko."""
    if not path:
        folder = pathlib.Path("/lib/modules") / release / "kernel" / "drivers" / "md"
        path = next(iter(sorted(folder.glob("dm-mod.ko*"))), None)
        if not path:
            refuse(f"{folder} has no dm-mod.ko to compare with: name it by STOCK=")
    unpack = UNPACK.get(path.suffix)
    if not unpack or not path.exists():
        refuse(f"{path} is no module")
    return subprocess.run([*unpack, path], stdout=subprocess.PIPE, check=True).stdout


def link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def make_folder(folder, source, engine):
    """drivers/md of the source with this project in it, as `make series` makes it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in (source / "drivers" / "md").iterdir():
        if path.suffix in (".c", ".h"):
            link(folder / path.name, path)
    for name, path in engine_files(engine).items():
        link(folder / FOLDER / name, path)
    text = (source / "drivers" / "md" / "Makefile").read_text()
    (folder / "Makefile").write_text(edited_makefile(text))


def switches(folder):
    """Arguments of make that leave dm-mod alone of all modules in the Makefile."""
    known = set(re.findall(r"^obj-\$\((CONFIG_\w+)\)", (folder / "Makefile").read_text(),
                           re.MULTILINE))
    return [*(f"{name}=" for name in sorted(known - {"CONFIG_BLK_DEV_DM"})),
            "CONFIG_BLK_DEV_DM=m", f"CONFIG_{OPTION}=y"]


def compile_module(tree, source, output, arguments, engine=TOP / "rust"):
    """Builds the module; returns its file."""
    folder, objects, stamp = output / "source", output / "build", output / "made-from"
    made_from = f"{tree}\n{source}\n{engine}\n"
    if read(stamp) != made_from:
        # Objects of other sources may be newer than these.
        shutil.rmtree(objects, ignore_errors=True)
    make_folder(folder, source, engine)
    objects.mkdir(parents=True, exist_ok=True)
    stamp.write_text(made_from)
    command = ["make", "-C", str(tree), f"M={folder}", f"MO={objects}", *switches(folder),
               *arguments, "modules"]
    if subprocess.call(command):
        refuse("the build failed, see above")
    return objects / "dm-mod.ko"


def base(name):
    """The name of a function or a variable in the source, without what is added to it."""
    return name.partition(".")[0].removeprefix("__param_str_")


def kernels_own(contents, source):
    """Of what a new dm-mod.ko has what is not of this engine: names to what they stand for."""
    found = {}
    for (file, name), content in contents.items():
        if file:
            own = (source / "drivers" / "md" / file).is_file()
        else:
            own = not ENGINE.fullmatch(base(name))
        if own:
            found.setdefault(name, []).extend(content)
    return found


def differences(stock, module, source, kind):
    """The functions, or variables, that only one of them has: but for those of the two files, none.

    A distribution strips the names of the source files, so that a function of the
    kernel's own that is not in the new one is looked for in the text of the two.
    """
    ours, theirs = kernels_own(module.contents(kind), source), {}
    for (_, name), content in stock.contents(kind).items():
        theirs.setdefault(name, []).extend(content)
    words = {word for name in REPLACED_FILES
             for word in re.findall(r"\w+", read(source / "drivers" / "md" / name))}
    added = {name for name in ours if Counter(ours[name]) - Counter(theirs.get(name))}
    lost = {name for name in theirs if Counter(theirs[name]) - Counter(ours.get(name))}
    return sorted(added | {name for name in lost if base(name) not in words})


def check_code(stock, module, tree, source):
    """The new module is the kernel's own but for the two files."""
    stock, module = elf.Module(stock), elf.Module(module)
    left = REPLACED_FILES & module.source_files()
    if left:
        refuse(f"it would have code of {' and '.join(sorted(left))}")
    if not any("dm_mod_main" in name for _, name in module.contents(elf.FUNCTIONS)):
        refuse("it would have no code of this engine")
    differing = [name for kind in (elf.FUNCTIONS, elf.VARIABLES)
                 for name in differences(stock, module, source, kind)]
    if differing:
        compiler = re.search(r'^CONFIG_CC_VERSION_TEXT="(.*)"', read(tree / ".config"),
                             re.MULTILINE)
        refuse(f"{len(differing)} functions or variables are not those of the kernel's own "
               f"dm-mod.ko, as {differing[0]}: the source is another, or the compiler is not "
               f"{compiler[1] if compiler else 'that of the kernel'}")


def parse(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path)
    parser.add_argument("--release", default="")
    parser.add_argument("--stock", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, default=TOP / "dm-mod")
    parser.add_argument("--engine", type=pathlib.Path, default=TOP / "rust")
    parser.add_argument("tree", type=pathlib.Path)
    parser.add_argument("arguments", nargs="*")
    return parser.parse_args(words)


def run(words=None):
    options = parse(sys.argv[1:] if words is None else words)
    tree, output = options.tree.resolve(), options.output.resolve()
    release = options.release or os.uname().release
    linked = tree / "source"
    source = (options.source or (linked if linked.exists() else tree)).resolve()
    product = output / "dm-mod.ko"
    product.unlink(missing_ok=True)
    check_versions(tree, source, release)
    stock = stock_module(options.stock, release)
    module = compile_module(tree, source, output, options.arguments, options.engine.resolve())
    check_code(stock, module.read_bytes(), tree, source)
    shutil.copy(module, product)
    print(f"{product}: for {release}")
    return 0


if __name__ == "__main__":
    main(run)
