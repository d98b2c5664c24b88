# SPDX-License-Identifier: GPL-2.0
"""The kernel of the KUnit suites, for the module with all its mutants in it.

It has none of the checkers, so that the suites run several times faster. That is the stricter
measure, too: what is noticed, a test has noticed. What Debian's kernel checks stays (overflow in
Rust, corrupt lists), and so does kmemleak, whose scan ends each run of the suites.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / "tests" / "mutation"
sys.path.insert(0, str(TOP / "scripts"))
from kernels import COPY_SOURCE, KUNIT_SERIES, LINK_PROJECT, recipe, toolchain  # noqa: E402
from rewrite import Rewriter, culprits, parse  # noqa: E402
from run_kunit import link_checkout  # noqa: E402
from steps import CACHE, Step, StepFailed, run_logged  # noqa: E402

WITHOUT = (
    "KASAN", "KASAN_GENERIC", "KASAN_INLINE", "KASAN_VMALLOC", "PROVE_LOCKING",
    "DEBUG_ATOMIC_SLEEP", "DEBUG_OBJECTS", "DEBUG_OBJECTS_FREE", "DEBUG_OBJECTS_TIMERS",
    "DEBUG_OBJECTS_WORK", "UBSAN", "UBSAN_BOUNDS", "UBSAN_SHIFT", "RUST_DEBUG_ASSERTIONS",
)
# What of the project is in the kernel.
SOURCES = ("Kbuild", "Kconfig", "include", "rust", "tests/kunit")
ROOT = "rust/dm_io_rust_main.rs"
IN_TREE = "drivers/md/dm_io_rust/"
OBJECT = IN_TREE + ROOT.replace(".rs", ".o")
# A mutant that does not compile may hide others.
MAX_BUILDS = 30

# The kernel's own copies of the crates, with places in files, which macros do without.
MAKE_CRATES = """
crate() { rustc --crate-type rlib --cap-lints allow -L "$OUT" --out-dir "$OUT" --crate-name "$@"; }
crate proc_macro2 --edition 2021 --cfg span_locations "$SOURCE/proc-macro2/lib.rs"
crate quote --edition 2018 --extern proc_macro2 "$SOURCE/quote/lib.rs"
crate syn --edition 2021 --extern proc_macro2 --extern quote --cfg 'feature="clone-impls"' \
	--cfg 'feature="full"' --cfg 'feature="parsing"' --cfg 'feature="printing"' \
	--cfg 'feature="visit"' "$SOURCE/syn/lib.rs"
"""

# No lint is of interest, and errors are to be read.
KBUILD = """
dm_io_rust-y += rust/selected.o
CFLAGS_rust/selected.o += -DDM_IO_RUST_MUTANTS={count}
RUSTFLAGS_{object} += --cap-lints allow --error-format json
"""


def source():
    return (CACHE / f"source-{KUNIT_SERIES}").resolve()


def find_mutations():
    """All mutations of the checkout."""
    crates = Step("syn", "building the parser of Rust",
                  recipe(MAKE_CRATES, SOURCE=source() / "rust"), inputs=[toolchain()])
    crates.make("1/2")
    with tempfile.TemporaryDirectory(prefix="places-") as folder:
        program = f"{folder}/places"
        subprocess.run(["rustc", "--edition", "2021", "-D", "warnings", "-L", crates.path,
                        "--extern", "proc_macro2", "--extern", "syn", "-o", program,
                        HERE / "places.rs"], check=True)
        return parse(subprocess.run([program, ROOT], cwd=TOP, check=True, text=True,
                                    stdout=subprocess.PIPE).stdout)


class Tree:
    """The kernel's source, with a copy of the project in it, and what is built."""

    def __init__(self):
        step = Step("mutants", "copying the source for the kernel with mutants",
                    recipe(COPY_SOURCE + LINK_PROJECT, SOURCE=source()), inputs=[toolchain()])
        step.make("2/2")
        self.path = step.path
        self.linux = step.path / "linux"
        self.out = step.path / "build"
        self.project = step.path / "project"
        self.image = self.out / "arch" / "x86" / "boot" / "bzImage"

    def build(self, mutants):
        """Build the kernel with all mutants, by their numbers, that compile; those."""
        mutants = dict(mutants)
        written = self._write(mutants)
        self._kunit("config", "configuring the kernel with mutants")
        for _ in range(MAX_BUILDS):
            wrong = self._errors(written)
            if not wrong:
                self._kunit("build", "building the kernel with mutants")
                return mutants
            for number in wrong:
                del mutants[number]
            print(f"    {len(wrong)} mutants do not compile", flush=True)
            written = self._write(mutants)
        raise StepFailed("there is always another mutant that does not compile")

    def _kunit(self, what, title):
        command = [
            "tools/testing/kunit/kunit.py", what, "--arch", "x86_64", "--make_options", "LLVM=1",
            "--build_dir", str(self.out),
            "--kunitconfig", str(TOP / "tests" / "kunit" / ".kunitconfig"),
            *(f"--kconfig_add=CONFIG_{name}=n" for name in WITHOUT),
            *(["--jobs", str(os.cpu_count())] if what == "build" else []),
        ]
        run_logged(f"[mutants] {title}", ["nice", *command],
                   CACHE / "log" / f"mutants-{what}.log", cwd=self.linux)

    def _write(self, mutants):
        """Copy the project and put the mutants into it; what was written in each file."""
        shutil.rmtree(self.project, ignore_errors=True)
        for name in SOURCES:
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (TOP / name).is_dir() else shutil.copy2
            copy(TOP / name, self.project / name)
        for name in ("mutants.rs", "selected.c"):
            shutil.copy2(HERE / name, self.project / "rust" / name)
        written = {name: self._rewrite(name, mutants)
                   for name in sorted({one.file for one in mutants.values()})}
        with open(self.project / ROOT, "a") as root:
            root.write("mod mutants;\n")
        with open(self.project / "Kbuild", "a") as kbuild:
            kbuild.write(KBUILD.format(count=max(mutants), object=ROOT.replace(".rs", ".o")))
        link_checkout(self.linux, self.out, self.project)
        return written

    def _rewrite(self, name, mutants):
        rewriter = Rewriter((TOP / name).read_bytes(),
                            [pair for pair in mutants.items() if pair[1].file == name])
        (self.project / name).write_bytes(rewriter.rewrite())
        return rewriter.written

    def _errors(self, written):
        """The mutants for which the crate does not compile."""
        done = subprocess.run(
            ["nice", "make", f"O={self.out}", "ARCH=x86_64", "LLVM=1", f"-j{os.cpu_count()}", OBJECT],
            cwd=self.linux, capture_output=True, text=True, check=False)
        if not done.returncode:
            return set()
        wrong = set()
        for line in done.stderr.splitlines():
            if line.startswith('{"$message_type":"diagnostic"'):
                wrong |= self._culprits(json.loads(line), written)
        if not wrong:
            raise StepFailed(f"the module with its mutants does not compile:\n{done.stderr}")
        return wrong

    @staticmethod
    def _culprits(diagnostic, written):
        wrong = set()
        for name, places in written.items():
            spans = [(span["byte_start"], span["is_primary"])
                     for span in all_spans(diagnostic)
                     if span["file_name"].endswith(IN_TREE + name)]
            wrong |= culprits(places, spans)
        return wrong


def all_spans(diagnostic):
    """The spans of an error and of its notes, and those of macros that they come from.

    What a note points at is often a definition, and the mutants near to that are not to blame.
    """
    notes = [span for one in diagnostic["children"] for span in one["spans"]]
    spans = [*diagnostic["spans"], *({**span, "is_primary": False} for span in notes)]
    for span in spans:
        if span["expansion"]:
            spans.append(span["expansion"]["span"])
    return spans
