#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Set up, then run every check; the last line is the sum. KUnit's kernel, the longest step, is
# built first: that is work for all processors, and the guest that runs it after that for one.
set -euo pipefail
cd "$(dirname "$0")/.."

set_up()
{
	scripts/toolchain.sh && python3 scripts/test.py kernel-tree -- kunit-tree kunit-kernel
}

if ! set_up; then
	echo "the set-up failed: nothing was tested"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
exec python3 scripts/test.py lint clippy modules misuse differential dm-mod series demo takeover \
	soak-short in-dm-mod -- kunit
