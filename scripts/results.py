# SPDX-License-Identifier: GPL-2.0
"""What a run of checks found: printed as it comes, counted, kept for the sum."""

import json
import os
import pathlib

PASS, FAIL, SKIP = "pass", "fail", "skip"
LABELS = {PASS: "ok  ", FAIL: "FAIL", SKIP: "skip"}


class Results:
    """The checks of one script, each a status, a name and what there is to say."""

    def __init__(self):
        self.checks = []

    def add(self, status, name, detail="", quiet=False):
        self.checks.append((status, name, detail))
        if quiet:
            return
        print(f"  {LABELS[status]} {name}", flush=True)
        if status != PASS:
            for line in detail.splitlines():
                print(f"       {line}", flush=True)

    def check(self, name, good, detail=""):
        """A check that holds or not."""
        self.add(PASS if good else FAIL, name, detail)
        return good

    def count(self, status):
        return sum(1 for check in self.checks if check[0] == status)

    def finish(self):
        """Print the sum, hand it on to a calling test run; the exit status."""
        if "DM_IO_RUST_RESULTS" in os.environ:
            pathlib.Path(os.environ["DM_IO_RUST_RESULTS"]).write_text(
                json.dumps(self.checks)
            )
        print(
            f"{self.count(PASS)} passed, {self.count(FAIL)} failed, "
            f"{self.count(SKIP)} skipped",
            flush=True,
        )
        return 0 if self.count(PASS) and not self.count(FAIL) else 1
