# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A disk whose reads, or writes, fail for a time, and then do not.

# flaky TARGET...: the table that the disk has from now on.
flaky()
{
	dmsetup suspend flaky && dmsetup load flaky --table "0 $((MIB * 2048)) $*" &&
		dmsetup resume flaky
}

flakey()
{
	modprobe dm_flakey
	memory_disk under discard=1
	dmsetup create flaky --table "0 $((MIB * 2048)) linear /dev/under 0"
	begin flakey /dev/mapper/flaky
	for feature in error_reads error_writes; do
		may_fail 1 /dev/mapper/flaky
		check "flakey, $feature" flaky "flakey /dev/under 0 0 1 1 $feature"
		noticed /dev/mapper/flaky "$feature"
		check "flakey, it works again" flaky "linear /dev/under 0"
		may_fail 0 /dev/mapper/flaky
		phase
	done
	end
	dmsetup remove flaky
	switch_off under
}
