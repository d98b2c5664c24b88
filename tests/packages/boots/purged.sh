# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The machine as it was without the packages.

. ./machine.sh

check_boot purged
check_stock purged
check_copies purged
check_snapshot purged
