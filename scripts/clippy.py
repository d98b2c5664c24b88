#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Have clippy look at the module, as it is for kernels.

usage: clippy.py [SERIES...]
"""

from build_modules import build, series_asked
from results import Results
from steps import exclusive, main


def run():
    results = Results()
    with exclusive("modules"):
        for series in series_asked():
            build(results, "clippy", series, "CLIPPY=1", "W=e")
    return results.finish()


if __name__ == "__main__":
    main(run)
