#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Set up, then run every check; the last line is the sum. KUnit's kernel, whose build is the longest
# step, is begun before the tree for modules: most of that is one crate of Rust after the other.
set -euo pipefail
cd "$(dirname "$0")/.."

set_up()
{
	scripts/toolchain.sh && python3 scripts/kernels.py kunit
}

if ! set_up; then
	echo "the set-up failed: nothing was tested"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
exec python3 scripts/test.py kernels lint clippy modules misuse differential dm-mod series \
	demo takeover in-dm-mod -- kunit
