#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""See that the KUnit suites notice faults that are put into the Rust source.

usage: run.py [--count N] [--seed N] [--jobs N]

A sample of all mutations is tried, in an order that the seed says. One build has them all in it; a
kernel parameter selects one. A run without a mutant says which suites reach which places: a mutant
is tried with those suites only, the fastest first, until one fails, the kernel reports something,
or a guest hangs. What is known is kept: a run that was cut goes on, and when tests have changed,
what they noticed is tried again, and what nobody noticed.

Whoever survives is to be in explained.json, which says why it is no fault.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import hashlib
import json
import threading

from boot import BOOT, LEAK_SCAN, Outcome, Times
from boot import run as boot
from kernel import HERE, SOURCES, TOP, Tree, find_mutations
from rewrite import Mutation, describe
from initramfs import Initramfs
from kernels import toolchain
from results import FAIL, PASS, SKIP, Results
from run_kunit import suites_of_sources
from steps import CACHE, StepFailed, exclusive, main

COUNT = 200
SEED = 12
JOBS = 2
# What a mutant's fate depends on, but for the suites.
TOOLS = ("places.rs", "others.rs", "rewrite.py", "mutants.rs", "selected.c", "init", "kernel.py",
         "boot.py")
SUITE_FILES = "_kunit.c"
# What an explanation names a mutant by.
NAME = ("file", "function", "line", "change")
LOGS = CACHE / "log" / "mutants"


def digest(paths):
    whole = hashlib.sha256(toolchain().encode())
    for path in sorted(paths):
        whole.update(f"{path.relative_to(TOP)}\0".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


class Sources:
    """What results are kept by."""

    def __init__(self):
        files = [path for name in SOURCES for path in
                 ([TOP / name] if (TOP / name).is_file() else (TOP / name).rglob("*"))
                 if path.is_file()]
        self._suites = [path for path in files if path.name.endswith(SUITE_FILES)]
        others = [path for path in files if path not in self._suites]
        self.engine = digest([*others, *(HERE / name for name in TOOLS)])
        self.all = f"{self.engine} {digest(self._suites)}"

    def of(self, suite):
        """What it depends on that this suite notices a mutant."""
        if suite == LEAK_SCAN:
            return self.all
        named = [path for path in self._suites if f'"{suite}"' in path.read_text()]
        return f"{self.engine} {digest(named)}"


class Kept:
    """Values by keys, in a file with a line for each."""

    def __init__(self, path):
        self._path = path
        self._lock = threading.Lock()
        lines = path.read_text().splitlines() if path.exists() else []
        self._values = dict(map(json.loads, lines))

    def get(self, key):
        return self._values.get(key)

    def set(self, key, value):
        with self._lock, open(self._path, "a") as file:
            self._values[key] = value
            file.write(json.dumps([key, value]) + "\n")


class Trial:
    """The kernel with its mutants, and what is known of them."""

    def __init__(self, tree, sources, jobs):
        self.tree = tree
        self.sources = sources
        self.jobs = jobs
        self.kept = Kept(tree.path / "results")
        self.initrd = tree.path / "initrd.cpio.gz"
        LOGS.mkdir(parents=True, exist_ok=True)

    def build(self):
        """The mutants in the kernel, by their numbers."""
        known = self.kept.get(f"built {self.sources.all}")
        if known and self.kept.get("image") == self.sources.all:
            return {int(number): Mutation(**one) for number, one in known.items()}
        self.kept.set("image", "")
        mutations = dict(enumerate(find_mutations(), 1))
        wrong = self.kept.get(f"wrong {self.sources.engine}") or []
        mutants = self.tree.build({number: one for number, one in mutations.items()
                                   if number not in wrong})
        self.kept.set(f"wrong {self.sources.engine}", sorted(mutations.keys() - mutants.keys()))
        self.kept.set(f"built {self.sources.all}",
                      {number: dataclasses.asdict(one) for number, one in mutants.items()})
        self.kept.set("image", self.sources.all)
        return mutants

    def boot(self, name, suites, times, mutant=0):
        return boot(self.tree.image, self.initrd, LOGS / f"{name}.log", suites, times, mutant)

    def in_parallel(self, function, items):
        """Call a function for each, so many at a time; results as they come."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            started = [pool.submit(function, item) for item in items]
            try:
                for done in concurrent.futures.as_completed(started):
                    yield done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def baseline(self, suites):
        """Which suites reach which places, and in which time, as many times as there are jobs.

        So it is known that the suites pass when as many guests are there as will be.
        """
        key = f"baseline {self.sources.all} {self.jobs}"
        if not self.kept.get(key):
            patient = {name: Times(3600, 600) for name in [BOOT, LEAK_SCAN, *suites]}
            outcomes = list(self.in_parallel(
                lambda job: self.boot(f"baseline-{job}", suites, patient), range(self.jobs)))
            for outcome in outcomes:
                if outcome.noticed:
                    raise StepFailed(f"without a mutant {outcome.suite} fails: {outcome.noticed}\n"
                                     f"    the logs: {LOGS}")
            self.kept.set(key, merged(outcomes))
        known = self.kept.get(key)
        return ({name: set(places) for name, places in known["reached"].items()},
                {name: Times(*times) for name, times in known["times"].items()})

    def verdict(self, number, mutation, reached, times):
        """Which suite notices a mutant, if any, and what it notices."""
        key = json.dumps(dataclasses.astuple(mutation))
        known = self.kept.get(f"{self.sources.engine} {key}")
        if known and known["depends"] in (self.sources.all, self.sources.of(known["suite"])):
            return known
        # What was wrong at boot any suite may notice.
        places = reached[BOOT]
        suites = sorted((name for name in reached.keys() - {BOOT} if number in places | reached[name]),
                        key=lambda name: times[name].total)
        outcome = self.boot(f"{number}", suites, times, number) if suites else Outcome(LEAK_SCAN)
        depends = self.sources.of(outcome.suite) if outcome.noticed else self.sources.all
        verdict = {"suite": outcome.suite, "noticed": outcome.noticed, "depends": depends,
                   "tried": len(suites)}
        self.kept.set(f"{self.sources.engine} {key}", verdict)
        return verdict


def merged(outcomes):
    """What several runs without a mutant have shown."""
    suites = outcomes[0].reached
    return {
        "reached": {name: sorted(set().union(*(one.reached[name] for one in outcomes)))
                    for name in suites},
        "times": {name: [max(getattr(one.times.get(name, Times()), part) for one in outcomes)
                         for part in ("total", "silence")]
                  for name in [*suites, LEAK_SCAN]},
    }


def sample(names, seed, count):
    """The numbers of so many mutants, in an order that the seed says.

    It goes by their names: a sample stays what it is but for what a change of the source changes.
    """
    def place(number):
        return hashlib.sha256(f"{seed} {names[number]}".encode()).digest()

    return sorted(names, key=place)[:count]


def described(mutants):
    """What an explanation names each mutant by, and the lines that they are in."""
    texts = {name: (TOP / name).read_bytes() for name in {one.file for one in mutants.values()}}
    names, lines, times = {}, {}, collections.Counter()
    for number, one in sorted(mutants.items()):
        lines[number], text, change = describe(one, texts[one.file])
        name = (one.file, one.function, text, change)
        times[name] += 1
        if times[name] > 1:
            name = (*name[:3], f"{change} ({times[name]})")
        names[number] = name
    return names, lines


def explanations(results, names):
    """The reasons by what names a mutant; each is of one that there is."""
    listed = json.loads((HERE / "explained.json").read_text())
    reasons = {tuple(one[part] for part in NAME): one["reason"] for one in listed}
    stale = [" | ".join(name) for name in reasons.keys() - set(names.values())]
    results.check("mutants: every explanation is of a mutant that there is", not stale,
                  "\n".join(stale))
    return reasons


def judge(results, name, verdict, reason):
    """Add what has become of a mutant."""
    if reason:
        results.add(SKIP, name, reason)
    elif verdict["noticed"]:
        results.add(PASS, f"{name}: noticed by {verdict['suite']}: {verdict['noticed']}")
    else:
        results.add(FAIL, name, f"{verdict['tried']} suites reach it, and none notices it")


def try_all(results, trial, mutants, asked):
    names, lines = described(mutants)
    reasons = explanations(results, names)
    chosen = sample(names, asked.seed, asked.count)
    print(f"[mutants] {len(chosen)} of {len(mutants)}, by seed {asked.seed}", flush=True)
    reached, times = trial.baseline(sorted(suites_of_sources()))

    def work(number):
        if names[number] in reasons:
            return number, None
        return number, trial.verdict(number, mutants[number], reached, times)

    for number, verdict in trial.in_parallel(work, chosen):
        file, _, _, change = names[number]
        judge(results, f"{file}:{lines[number]}: {change}", verdict, reasons.get(names[number]))
    print(f"[mutants] {results.count(PASS) - 1} noticed, {results.count(SKIP)} explained, "
          f"{results.count(FAIL)} survived", flush=True)


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=JOBS)
    return parser.parse_args()


def run():
    results = Results()
    asked = options()
    with exclusive("mutants"):
        trial = Trial(Tree(), Sources(), asked.jobs)
        mutants = trial.build()
        Initramfs(HERE / "init").pack(trial.initrd)
        try_all(results, trial, mutants, asked)
    return results.finish()


if __name__ == "__main__":
    main(run)
