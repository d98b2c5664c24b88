# SPDX-License-Identifier: GPL-2.0
"""The module with a fault put in, to see that the tests notice it.

mutants/NAME.patch is the fault:

classic-lose-error  errors of all regions but the first are lost where a service of
               dm_io_rust/dm_io.h waits
command-blind  what a device should have by its targets is told for what it has
command-half   interrupted, the command leaves a table loaded
command-keyless  a table is loaded without its keys
command-merges  a snapshot changes while another is merged into its origin
command-resync  mirrors are copied all over again without being asked for
command-spoils  a clone gets a second table beside its first
command-suspended  a device that is not resumed stays suspended
command-switched  new clients are not whose they were before
command-writable  what can only be read can be written to
copy-call-twice  copies, zeroings and prepared callbacks are called back twice
copy-drop      writes of kcopyd are reported done, and never made
copy-early     copies and zeroings are called back when the last of their sub-jobs begins
copy-lose-blocks  with errors ignored all is lost that is read at once
copy-lose-error  errors of all destinations but the first are lost
copy-misplace  of each range of a copy, the first sector is where the last belongs; in
               a copy in order, where no sector can be elsewhere, all is one block aside
copy-misplace-once  the same, of the 51st range that is copied and of no other
copy-no-rescuer  there is no thread for works of kcopyd when none can be created
copy-spill     what is copied is also written to the first sector of the disk, in part
copy-waits     a sub-job without memory waits for that of another, which ends behind it
io-blame       of a request that fails, the first region does
io-call-twice  requests to dm-io are called back twice
io-drop        writes of dm-io are reported done, and never made
io-early       writes of dm-io are called back when they were submitted, and never fail
io-lose-callback  requests to dm-io are not called back
io-lose-error  errors of all regions but the first are lost
io-lose-flush  REQ_PREFLUSH is lost
io-lose-fua    REQ_FUA is lost
io-misplace    writes of dm-io go one sector beside their place
io-misread     reads of dm-io that are one bio come from one sector beside theirs
io-overrun     a read that is one bio reads a sector more than it is to
io-skip-flush  flushes without data are reported done, and never made
io-stale       what a read that failed did not fill is left as it was
takeover-all-requests  I/O of clients of the kernel's own goes to this module, too
takeover-always  new clients are this module's whatever `active` is
takeover-half  after a failure to load, one function is still redirected
takeover-never  new clients are the kernel's own whatever `active` is
takeover-no-reference  the module can be removed while it has clients
takeover-switchable  ftrace can be switched off
takeover-unlisted  clients are listed with no device
"""

import json
import pathlib
import shutil
import subprocess

from build_modules import SERIES, build, output_folder, products
from results import FAIL, PASS, Results
from steps import TOP, StepFailed, exclusive

PATCHES = pathlib.Path(__file__).resolve().parent / "mutants"
# What of the project makes the modules, and the command.
SOURCES = ("Kbuild", "include", "rust", "takeover", "tools")


def noticing():
    """The folders with a needs.json: scenarios, and the comparison with mainline."""
    return sorted(path.parent for path in (TOP / "tests").rglob("needs.json"))


def mutants_of(folder):
    """The mutants that the tests in a folder must notice."""
    return json.loads((folder / "needs.json").read_text())["mutants"]


def patched_copy(name):
    """A folder with the module's sources, one of them with the fault; the same for all mutants."""
    folder = output_folder() / "mutant-source"
    shutil.rmtree(folder, ignore_errors=True)
    for source in SOURCES:
        (folder / source).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (TOP / source).is_dir() else shutil.copy2
        copy(TOP / source, folder / source)
    done = subprocess.run(["git", "apply", str(PATCHES / f"{name}.patch")], cwd=folder,
                          capture_output=True, text=True)
    if done.returncode:
        raise StepFailed(f"{name}.patch does not apply:\n{done.stderr}")
    # An object with the last fault is newer than its source, which is sound again.
    for source in [*folder.rglob("*.c"), *folder.rglob("dm_io_rust_main.rs")]:
        source.touch()
    return folder


def build_mutant(name, series=SERIES[0]):
    """The faulty module's file; raises StepFailed if it cannot be built."""
    results = Results()
    with exclusive("mutant"):
        build(results, "mutant", series, sources=patched_copy(name))
    if results.count(FAIL):
        raise StepFailed(f"the mutant {name} does not build")
    return products("mutant", series) / "dm_io_rust.ko"


def check_mutant(results, name, mutant, outcome, ready, other=()):
    """The guest itself noticed the fault, after it was ready, by no other check's failure."""
    loaded = any(check[0] == PASS and check[1] == ready for check in outcome.reported)
    noticed = [check[1] for check in outcome.reported
               if check[0] == FAIL and check[1] not in other]
    if results.check(f"{name}: fails with {mutant}", loaded and bool(noticed),
                     "" if loaded else "it did not load"):
        print(f"       it noticed: {noticed[0]}", flush=True)
