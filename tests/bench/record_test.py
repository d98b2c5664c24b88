#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What is worse than C, than recorded or too large is noticed; lint runs this."""

import json
import sys
import unittest

sys.dont_write_bytecode = True

import run  # noqa: E402 (first: it knows where the others are)
import cases  # noqa: E402
import judge  # noqa: E402
import targets  # noqa: E402
from figures import Figures  # noqa: E402
from results import FAIL, Results  # noqa: E402

CASE = cases.table()[0]


def figures_of(cost):
    """A run in which our services cost that, and all else 1000."""
    costs = {line: 1000 for line in CASE.lines()}
    costs.update({CASE.load.line(service): cost for service in cases.OURS})
    return Figures("".join(f"figures: {line}: {cost}\n" for line, cost in costs.items()), min)


def recorded(ratio):
    return {"ratios": {CASE.name: {service: ratio for service in cases.OURS}}}


class Record(unittest.TestCase):
    def check(self, cost, before, is_recording):
        """How many checks failed, and which ratios are recorded afterwards."""
        results = Results()
        run.check_record(results, figures_of(cost), {run.TABLE: [CASE]}, before, is_recording)
        return results.count(FAIL), before["ratios"].get(CASE.name)

    def test_growth(self):
        for is_recording in (False, True):
            failed, ratios = self.check(1100, recorded(1.05), is_recording)
            self.assertEqual((failed, ratios), (1, recorded(1.05)["ratios"][CASE.name]))

    def test_no_growth(self):
        self.assertEqual(self.check(1100, recorded(1.2), False)[0], 0)
        failed, ratios = self.check(1100, recorded(1.2), True)
        self.assertEqual((failed, ratios), (0, recorded(1.1)["ratios"][CASE.name]))

    def test_new_case(self):
        """What is not recorded is compared with nothing; a run that records adds it."""
        self.assertEqual(self.check(1100, {"ratios": {}}, False), (0, None))
        self.assertEqual(self.check(1100, {"ratios": {}}, True),
                         (0, recorded(1.1)["ratios"][CASE.name]))

    def test_every_row_is_compared_with_c(self):
        """With no tolerance: C costs 1000."""
        for cost, failures in ((999, 0), (1000, 0), (1001, len(cases.OURS))):
            results = Results()
            judge.check_against_c(results, figures_of(cost), [CASE], {})
            self.assertEqual(results.count(FAIL), failures)

    def test_copies_of_targets(self):
        """Instructions with no tolerance, times with that of two boots."""
        for title, limit in ((targets.INSTRUCTIONS, 1000), (targets.DELAYED, 1010)):
            case = targets.groups(is_quick=False)[title][0]
            for cost, failures in ((limit, 0), (limit + 1, 1)):
                costs = {cases.C: 1000, cases.REQUEST: cost}
                figures = Figures("".join(f"figures: {case.load.line(service)}: {cost}\n"
                                          for service, cost in costs.items()), min)
                results = Results()
                run.judge_all(results, figures, {run.TABLE: [], title: [case]},
                              {"misses its target": {}, "worse than C": {}})
                self.assertEqual(results.count(FAIL), failures)

    def test_targets(self):
        """The floor costs 1000, and the target is a multiple of it."""
        limit = round(1000 * CASE.target)
        for cost, failures in ((limit, 0), (limit + 1, 1)):
            results = Results()
            judge.check_targets(results, figures_of(cost), [CASE], {})
            self.assertEqual(results.count(FAIL), failures)

    def test_case_without_figures(self):
        results = Results()
        judge.check_measured(results, Figures("", min), [CASE])
        self.assertEqual(results.count(FAIL), 1)

    def test_records_are_of_cases(self):
        """A reason or a ratio of no case would be compared with nothing, and never fail."""
        record = json.loads(run.RECORDED.read_text())
        groups = {**run.counted_groups(quick=False), **targets.groups(is_quick=False)}
        names = {case.name for group in groups.values() for case in group}
        services = {f"{service}, {name}" for service in cases.OURS for name in names}
        self.assertLessEqual(record["misses its target"].keys(), names)
        self.assertLessEqual(record["worse than C"].keys(), services)
        self.assertLessEqual(record["ratios"].keys(), names)


if __name__ == "__main__":
    unittest.main()
