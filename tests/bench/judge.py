# SPDX-License-Identifier: GPL-2.0
"""What the figures must be like."""

import itertools

from results import FAIL, PASS, SKIP

from cases import C, OURS, size_name

# Two boots agree to this; what one boot compares is exact.
NOISE = 1.01
WORSE_THAN_RECORDED = 1.03
# Twice the size may cost this much more than twice, and what a call costs.
GROWTH = 1.05
CALL_NS = 5000


def exceeding(figures, case, limit, services=OURS):
    """Which of our services cost more than a limit, in words."""
    return ", ".join(f"{service} {figures.cost(case, service):,} > {limit:,.0f}"
                     for service in services if figures.cost(case, service) > limit)


def check(results, name, bad):
    """A check of which only a failure is worth a line: there are many."""
    results.add(FAIL if bad else PASS, name, bad, quiet=not bad)


def check_or_documented(results, name, bad, reason):
    """What fails has a reason that is documented, and what has one fails."""
    if reason:
        check(results, f"fails, as documented: {name}",
              "" if bad else "it does not: take it out of the list")
    else:
        check(results, name, bad)


def check_measured(results, figures, cases):
    """There are figures of every case."""
    for case in cases:
        check(results, f"measured: {case.name}", "\n".join(
            line for line in case.lines() if line not in figures.ns))


def check_repeats(results, figures, again, cases):
    """A second boot finds the same."""
    for case in cases:
        check(results, f"two boots agree: {case.name}", "\n".join(
            f"{line}: {figures.ns[line]:,} and {again.ns[line]:,}" for line in case.lines()
            if not 1 / NOISE <= figures.ns[line] / again.ns[line] <= NOISE))


def check_against_c(results, figures, cases, reasons, setting="", tolerance=1):
    """Nothing may be worse than mainline's."""
    for case, service in ((case, service) for case in cases for service in case.ours):
        name = f"{service}, {case.name}"
        limit = figures.cost(case, C) * tolerance
        check_or_documented(results, f"not worse than C: {name}{setting}",
                            exceeding(figures, case, limit, [service]), reasons.get(name))


def grown(figures, case, before):
    """Which ratios are worse than before, in words."""
    return ", ".join(f"{service} {ratio:.3f}, it was {before[service]:.3f}"
                     for service, ratio in figures.ratios(case).items()
                     if ratio > before[service] * WORSE_THAN_RECORDED)


def check_against_record(results, figures, cases, ratios):
    """Nothing may be worse than it was; a case that is not recorded is not compared."""
    is_good = True
    for case in cases:
        before = ratios.get(case.name)
        if before:
            worse = grown(figures, case, before)
            is_good &= not worse
            check(results, f"not worse than recorded: {case.name}", worse)
        else:
            results.add(SKIP, f"not worse than recorded: {case.name}", quiet=True)
    return is_good


def check_targets(results, figures, cases, reasons):
    """Everything that has a target is at it."""
    for case in (case for case in cases if case.target is not None):
        check_or_documented(results, f"at its target: {case.name}",
                            exceeding(figures, case, figures.floor(case) * case.target),
                            reasons.get(case.name))


def check_growth(results, figures, cases):
    """The cost grows with the size, no faster, from each size to all above."""
    for service in OURS:
        faster = [
            f"{size_name(small.load.bytes)} {figures.cost(small, service):,}, "
            f"{size_name(large.load.bytes)} {figures.cost(large, service):,}"
            for small, large in itertools.combinations(cases, 2)
            if figures.cost(large, service) > CALL_NS + GROWTH * (
                large.load.bytes / small.load.bytes) * figures.cost(small, service)
        ]
        check(results, f"{service}, {cases[0].load.operation}: the cost grows no faster "
              "than the size", "\n".join(faster))
