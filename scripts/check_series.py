#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the series against the 7.3 source, and check what was written."""

import pathlib
import shutil
import subprocess
import tempfile

from md_tree import FOLDER, edited_kconfig, edited_makefile, engine_files
from results import Results
from series import LAYERS, MD, write
from steps import CACHE, main

# Nobody has signed it off yet, nor is there an entry in MAINTAINERS. What is exported is
# defined in Rust, so never right above its EXPORT_SYMBOL. Rust's lines are rustfmt's, and
# its names no English.
IGNORED = ("MISSING_SIGN_OFF,NO_AUTHOR_SIGN_OFF,FILE_PATH_CHANGES,EXPORT_SYMBOL,LONG_LINE,"
           "LONG_LINE_COMMENT,TYPO_SPELLING")


def applied(results, patches, source, tree):
    """Applies each patch, in order, to what of the source it changes."""
    (tree / MD).mkdir(parents=True)
    for name in ("Makefile", "Kconfig"):
        shutil.copyfile(source / MD / name, tree / MD / name)
    for patch in patches:
        done = subprocess.run(["git", "apply", "--whitespace=error-all", patch], cwd=tree,
                              capture_output=True, text=True, check=False)
        results.check(f"series: {patch.name} applies", done.returncode == 0, done.stderr)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_text()
            for path in folder.rglob("*") if path.is_file()}


def wanted(source):
    files = {f"{FOLDER}/{name}": path.read_text() for name, path in engine_files().items()}
    return {**files, "Makefile": edited_makefile((source / MD / "Makefile").read_text()),
            "Kconfig": edited_kconfig((source / MD / "Kconfig").read_text())}


def check_style(results, patches, source):
    done = subprocess.run(
        ["perl", f"{source}/scripts/checkpatch.pl", f"--root={source}", "--strict", "--terse",
         "--no-summary", "--show-types", "--ignore", IGNORED, *map(str, patches)],
        cwd=CACHE, capture_output=True, text=True, check=False)
    results.check("series: checkpatch has nothing to say", not done.stdout.strip(), done.stdout)


def run():
    results = Results()
    source = (CACHE / "source-7.3").resolve()
    with tempfile.TemporaryDirectory(prefix="series-") as folder:
        folder = pathlib.Path(folder)
        patches = write(source, folder / "series")
        results.check("series: a patch for each layer, and the choice",
                      len(patches) == len(LAYERS) + 1, " ".join(path.name for path in patches))
        tree = folder / "tree"
        applied(results, patches, source, tree)
        have = contents(tree / MD)
        differing = sorted(name for name, text in wanted(source).items()
                           if have.pop(name, None) != text)
        results.check("series: it makes the files that dm-mod is built from, and no others",
                      not differing and not have, " ".join([*differing, *have]))
        check_style(results, patches, source)
    return results.finish()


if __name__ == "__main__":
    main(run)
