#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Try the misuses of Documentation/safety.rst: the compiler must refuse each as the page says.

A misuse is a block of Rust whose last line is a comment with the error's code and a part of its
message. It is appended to a copy of the crate, which is compiled as the module was by
scripts/build_modules.py. A block without such a line is a control, and must compile.
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "scripts"))

from build_modules import SERIES, products  # noqa: E402
from results import Results  # noqa: E402
from steps import exclusive, main  # noqa: E402

PAGE = TOP / "Documentation" / "safety.rst"
CRATE = "rust/dm_io_rust_main"
BLOCK = re.compile(r"^(\S.*):\n\n\.\. code-block:: rust\n\n((?: {4}.*\n|\n)+)", re.MULTILINE)
ERROR = re.compile(r"^// (E\d{4}): (.+)\n\Z", re.MULTILINE)
# How much of a path the compiler shows depends on what else is in scope.
MODULES = re.compile(r"\b(?:[a-z_]+::)+(?=[A-Z])")
FILE = re.compile(r"\A// in (\S+\.rs)\n")
MODULE = """
mod misuse {{
    #![allow(dead_code, unused_imports, unused_variables)]
    use super::*;
    use crate::{{
        bindings::bio_vec,
        block::{{bio::*, *}},
        memory::{{segment::MemoryPage, *}},
    }};
    use core::cell::Cell;
    use kernel::{{sync::Arc, workqueue::RawDelayedWorkItem}};

{code}
}}
"""


def misuses():
    """The blocks of the page: a title, the code, and the error's code and message if there is one."""
    for title, block in BLOCK.findall(PAGE.read_text()):
        code = textwrap.dedent(block).strip() + "\n"
        error = ERROR.search(code)
        yield title, code, error.groups() if error else None


def command(folder, source):
    """How Kbuild compiled the crate, but of `source`, and only as far as errors are found."""
    saved = (folder / f"{CRATE.replace('/', '/.')}.o.cmd").read_text()
    words = shlex.split(saved.partition(":=")[2].partition("\n")[0])
    kept = [word for word in words if not word.startswith("--emit=")
            and not word.endswith(f"/{CRATE}.rs")]
    kept[kept.index("--out-dir") + 1] = str(source.parent)
    # The kernel has its Makefile set this.
    return ["env", "RUSTC_BOOTSTRAP=1", *kept, "--emit=metadata", str(source)]


def compile_with(folder, code):
    """The compiler's status and messages for the crate with a block of code."""
    with tempfile.TemporaryDirectory(dir=folder) as copy:
        crate = pathlib.Path(copy) / f"{CRATE}.rs"
        shutil.copytree(TOP / "rust", crate.parent)
        place = FILE.match(code)
        with open(pathlib.Path(copy) / place.group(1) if place else crate, "a") as file:
            file.write(MODULE.format(code=textwrap.indent(code, "    ")))
        done = subprocess.run(command(folder, crate), cwd=folder, capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stderr


def check(results, misuse, outcome):
    """One block: refused with this error and no other, or if there is none compiled."""
    (title, _code, error), (status, output) = misuse, outcome
    codes = set(re.findall(r"^error(?:\[(E\d{4})\])?: (?!aborting)", output, re.MULTILINE))
    if error:
        good = (status != 0 and codes == {error[0]}
                and error[1] in MODULES.sub("", output))
        results.check(f"misuse: {title}: {error[0]}", good,
                      f"not '{error[1]}', but:\n{output or 'it compiles'}")
    else:
        results.check(f"misuse: {title}: compiles", status == 0, output)


def run():
    results = Results()
    found = list(misuses())
    results.check("misuse: the page has misuses, and controls",
                  any(misuse[2] for misuse in found) and not all(misuse[2] for misuse in found))
    folder = products("modules", SERIES[0])
    with exclusive("modules"), concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = pool.map(lambda misuse: compile_with(folder, misuse[1]), found)
        for misuse, outcome in zip(found, outcomes):
            check(results, misuse, outcome)
    return results.finish()


if __name__ == "__main__":
    main(run)
