# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Every target that is built loads on the stock kernel and goes again.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh

# Targets that are not loaded, of those that each module brings.
missing()
{
	dmsetup targets | awk '{ print $1 }' >/tmp/known
	for target in snapshot snapshot-origin snapshot-merge mirror thin thin-pool cache \
		clone era writecache integrity verity zoned vdo; do
		grep -qx "$target" /tmp/known || echo "$target"
	done
}

load_targets
check "device mapper knows them all" equal "$(missing)" ""
unload_targets
