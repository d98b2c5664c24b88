# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks that end late, and in any order: after 50 ms, and half a second.

late()
{
	modprobe dm_delay
	memory_disk slow irqmode=2 completion_nsec=50000000
	memory_disk under discard=1
	dmsetup create slower --table "0 $((MIB * 2048)) delay /dev/under 0 500 /dev/under 0 300"
	# Ends before it is filled, or that would take long.
	begin late /dev/slow /dev/mapper/slower
	phase
	end
	dmsetup remove slower
	switch_off slow under
}
