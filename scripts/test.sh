#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Set up, then run every check; the last line is the sum.
set -euo pipefail
cd "$(dirname "$0")/.."

set_up()
{
	scripts/toolchain.sh && python3 scripts/kernels.py
}

if ! set_up; then
	echo "the set-up failed: nothing was tested"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
exec scripts/in-toolchain.sh python3 scripts/test.py lint clippy modules misuse differential mutant \
	dm-mod series demo takeover in-dm-mod -- kunit
