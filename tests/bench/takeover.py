#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Measure what dm_io_rust_takeover adds to a call: of dm_io() beside rust_dm_io()."""

import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from build_modules import products  # noqa: E402
from results import FAIL, Results  # noqa: E402
from steps import main  # noqa: E402

from cases import REQUEST, takeover  # noqa: E402
from figures import COUNTED, STOCK, measure  # noqa: E402
from run import build_bench  # noqa: E402

MOST_INSTRUCTIONS = 100


def run():
    results = Results()
    build_bench(results)
    if results.count(FAIL):
        return results.finish()
    cases = takeover()
    # The kernel's names are redirected from the first line of those that want it on.
    groups = {"the module's own names": cases}
    checks, figures = measure(COUNTED, products("modules", STOCK) / "dm_io_rust.ko", groups)
    results.checks += checks
    for case in cases:
        if not results.check(f"measured: {case.name}", figures.has(case)):
            continue
        own, redirected = figures.cost(case, REQUEST), figures.ns[case.takeover_line()]
        print(f"  {case.name}: rust_dm_io {own:,}, stock dm_io through the takeover "
              f"{redirected:,}, {redirected - own:+,} instructions", flush=True)
        results.check(f"at most {MOST_INSTRUCTIONS} instructions more: {case.name}",
                      redirected - own <= MOST_INSTRUCTIONS, str(redirected - own))
    return results.finish()


if __name__ == "__main__":
    main(run)
