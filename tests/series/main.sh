# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A snapshot on a kernel that was built from the series, with dm-mod as a module.

# shellcheck source=../guest/report.sh
. /lib/report.sh
# shellcheck source=../targets/lib.sh
. /lib/targets.sh
# shellcheck source=../targets/snapshot/devices.sh
. /lib/devices.sh
# shellcheck source=../targets/snapshot/writes.sh
. /lib/writes.sh

# Of what a snapshot is to hold /tmp/snapshot is a copy.
make_snapshot()
{
	store 0 "$SLOT"
	copy_of /dev/vda 16384 /tmp/snapshot
	cp /tmp/snapshot /tmp/origin
	dmsetup suspend origin && snapshot snapshot /dev/vda store0 P 8 && dmsetup resume origin
}

# What the boot said, for no module that is not the kernel's own marks its end.
dmesg -c >/dev/null
load_targets
check_code_of_dm_mod
check "the statistics are read" cp "$STATISTICS" /tmp/statistics.before
check "an origin is made" origin /dev/vda 16384
check "a snapshot is made" make_snapshot
check "the origin is written to" scatter 1 50 8 /tmp/origin /dev/mapper/origin
check "the snapshot is written to" scatter 2 50 8 /tmp/snapshot /dev/mapper/snapshot
check "the origin holds what was written" holds /dev/mapper/origin /tmp/origin
check "the snapshot holds what it must" holds /dev/mapper/snapshot /tmp/snapshot
for name in io_requests io_sectors_read io_sectors_written copy_jobs copy_sectors; do
	check "the statistic $name has grown" grew "$name"
done
unload_targets
