#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Measure this module against mainline's dm-io and kcopyd, and bare bios.

usage: run.py [--quick] [--record] [--module PATH]

--quick measures the cases that have a target, and the kernel's targets once, only;
--module measures another dm_io_rust.ko.
--record makes what was measured the figures that later runs are compared with, and
those that Documentation/ shows, unless something is worse than recorded before: to
accept that, or when a floor changes, take the ratios out of recorded.json. What a
run measured is in the cache, as it says.
"""

import argparse
import json
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from build_modules import build, output_folder, products  # noqa: E402
from results import FAIL, Results  # noqa: E402
from steps import exclusive, main  # noqa: E402

import cases  # noqa: E402
import document  # noqa: E402
import judge  # noqa: E402
import targets  # noqa: E402
from figures import COUNTED, FOUR_COUNTED, FOUR_TIMED, NOT_CLEARED, STOCK, measure  # noqa: E402
from plot import plot  # noqa: E402
from sizes import Size, mainline_objects  # noqa: E402

HERE = TOP / "tests" / "bench"
RECORDED = HERE / "recorded.json"
TABLE, WAKING = "Instructions", "Cost of waking another task"
ASYNCHRONOUS = "Asynchronous requests"
COPY_SIZES, IO_SIZES = "Sizes of copies", "Sizes of writes"
DELAYED, MEMORY = "Nanoseconds, delayed completions", "Bytes held by a client"
NO_CLEARING = ", init_on_alloc=0"
# They are compared with nothing that was recorded: a floor, memory, and what chance is in.
NOT_RECORDED = (WAKING, MEMORY, targets.DELAYED)
FOUR_PROCESSORS = {
    "Instructions of four processors together": FOUR_COUNTED,
    "Nanoseconds, four processors": FOUR_TIMED,
}


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--module", type=pathlib.Path,
                        default=products("modules", STOCK) / "dm_io_rust.ko")
    options = parser.parse_args()
    if options.quick and options.record:
        parser.error("--quick is not all that is to be recorded")
    return options


def build_bench(results):
    symbols = products("modules", STOCK) / "Module.symvers"
    with exclusive("modules"):
        build(results, "bench", STOCK, f"KBUILD_EXTRA_SYMBOLS={symbols}", "W=1",
              sources=HERE / "module")


def counted_groups(quick):
    """The cases that the first boot measures."""
    groups = {TABLE: cases.table(), WAKING: cases.waking()}
    if not quick:
        groups.update({
            ASYNCHRONOUS: cases.asynchronous(),
            "Destinations": cases.destinations(),
            COPY_SIZES: cases.copy_sizes(),
            "Clients and jobs": cases.parallel(),
            DELAYED: cases.delayed(),
            MEMORY: cases.memory(),
            IO_SIZES: cases.io_sizes(),
        })
    return groups


def not_cleared_groups():
    """The cases that are also measured with init_on_alloc=0."""
    return {f"{title}{NO_CLEARING}": [cases.without_target(case) for case in group]
            for title, group in ((TABLE, cases.table()),
                                 (ASYNCHRONOUS, cases.asynchronous()))}


def measured(results, boot, module, groups):
    """The cases that a boot could measure, and its figures."""
    checks, figures = measure(boot, module, groups)
    results.checks += checks
    for group in groups.values():
        judge.check_measured(results, figures, group)
    return {title: [case for case in group if figures.has(case)]
            for title, group in groups.items()}, figures


def judge_repeats(results, module, figures, groups):
    groups, again = measured(results, COUNTED, module, groups)
    for group in groups.values():
        judge.check_repeats(results, figures, again, group)


def judge_all(results, figures, groups, recorded):
    """All but the comparison with what was recorded."""
    judge.check_targets(results, figures, groups[TABLE], recorded["misses its target"])
    for title, group in groups.items():
        if title == WAKING:
            continue
        judge.check_against_c(results, figures, group, recorded["worse than C"],
                              tolerance=targets.tolerance(title))
    for title in (COPY_SIZES, IO_SIZES):
        if title in groups:
            judge.check_growth(results, figures, groups[title])


def check_record(results, figures, groups, recorded, is_recording):
    """Whether nothing is worse than recorded before this run records anything."""
    compared = [case for title, group in groups.items() if title not in NOT_RECORDED
                for case in group]
    is_good = judge.check_against_record(results, figures, compared, recorded["ratios"])
    if is_recording and is_good:
        recorded["ratios"] = {
            case.name: {service: round(ratio, 4)
                        for service, ratio in figures.ratios(case).items()}
            for case in compared
        }
    return is_good


def add_targets(results, options, figures, groups):
    """What the kernel's targets do, as further groups and figures."""
    wanted = targets.groups(options.quick)
    checks, measured_figures = targets.measure(options.module, wanted, options.quick)
    results.checks += checks
    figures.ns.update(measured_figures.ns)
    for title, group in wanted.items():
        judge.check_measured(results, figures, group)
        groups[title] = [case for case in group if figures.has(case)]


def tables(figures, groups):
    return {title: [document.row(figures, case) for case in group]
            for title, group in groups.items() if group}


def not_cleared(results, module, recorded):
    """The first tables with init_on_alloc=0, in which C must not be better either."""
    groups, figures = measured(results, NOT_CLEARED, module, not_cleared_groups())
    for group in groups.values():
        judge.check_against_c(results, figures, group, recorded["worse than C"], NO_CLEARING)
    return tables(figures, groups)


def in_order(shown):
    """The tables with those of init_on_alloc=0 after the one of asynchronous requests."""
    titles = [title for title in shown if not title.endswith(NO_CLEARING)]
    if ASYNCHRONOUS in titles:
        position = titles.index(ASYNCHRONOUS) + 1
        titles[position:position] = [title for title in shown if title not in titles]
    return {title: shown[title] for title in titles}


def four_processors(results, module):
    """Times are shown only: they are the machine's."""
    shown = {}
    for title, boot in FOUR_PROCESSORS.items():
        groups, figures = measured(results, boot, module, {title: cases.processors()})
        shown.update(tables(figures, groups))
        if boot is FOUR_COUNTED:
            judge.check_against_c(results, figures, groups[title], {})
    return shown


def module_sizes(options):
    """The size of this module, and that of mainline's two files."""
    sizes = [Size.of("dm_io_rust.ko", options.module)]
    if not options.quick:
        sizes.append(Size.of("dm-io.o and dm-kcopyd.o", *mainline_objects()))
    return sizes


def write_documents(folder, json_text, figures, groups):
    """The figures as JSON and as a plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "performance.json").write_text(json_text)
    plot(folder / "performance.svg", figures, groups[TABLE], groups[COPY_SIZES],
         groups[IO_SIZES])
    print(f"  the figures and their plot: {folder}", flush=True)


def write_all(shown, sizes, figures, groups, recorded, is_recording):
    """The figures as documents, in the cache, and where they are shown."""
    texts = document.reasons(figures, groups[TABLE], recorded)
    folders = [output_folder() / "bench"]
    if is_recording:
        RECORDED.write_text(json.dumps(recorded, indent=1) + "\n")
        folders.append(TOP / "Documentation")
        document.replace(folders[-1] / "performance.rst", shown, sizes, texts,
                         targets.sentences(figures))
    for folder in folders:
        write_documents(folder, document.as_json(shown, sizes, texts), figures, groups)


def run():
    options = arguments()
    results = Results()
    recorded = json.loads(RECORDED.read_text())
    build_bench(results)
    if results.count(FAIL):
        return results.finish()
    groups, figures = measured(results, COUNTED, options.module,
                               counted_groups(options.quick))
    if not options.quick:
        judge_repeats(results, options.module, figures, groups)
    add_targets(results, options, figures, groups)
    shown = tables(figures, groups)
    if not options.quick:
        shown.update(not_cleared(results, options.module, recorded))
        shown = in_order(shown)
        shown.update(four_processors(results, options.module))
    sizes = module_sizes(options)
    for title, rows in shown.items():
        document.print_table(title, rows)
    document.print_sizes(sizes)
    judge_all(results, figures, groups, recorded)
    is_good = check_record(results, figures, groups, recorded, options.record)
    if options.record and not is_good:
        print("  nothing is recorded, for something is worse than before", flush=True)
    if not options.quick:
        write_all(shown, sizes, figures, groups, recorded, options.record and is_good)
    return results.finish()


if __name__ == "__main__":
    main(run)
