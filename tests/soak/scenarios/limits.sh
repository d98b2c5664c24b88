# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks whose limits change under load, which freezes their queue each time; that become
# shorter; that become read-only, which the block layer only warns of.

limits()
{
	check "limits, a disk is plugged in" add_scsi_disk lbpu=1 lbpws=1
	scsi=/dev/$(scsi_name)
	memory_disk under discard=1
	dmsetup create short --table "0 $((MIB * 2048)) linear /dev/under 0"
	begin limits "$scsi" /dev/mapper/short

	change_limits
	check "limits, a disk is made read-only" blockdev --setro /dev/steady0
	phase
	check "limits, a disk is made writable" blockdev --setrw /dev/steady0
	may_fail 1 /dev/mapper/short
	check "limits, a disk is made shorter" resize $((MIB * 1024))
	may_fail 0 /dev/mapper/short
	noticed /dev/mapper/short "that it is shorter"
	may_fail 1 /dev/mapper/short
	check "limits, it is made as long as it was" resize $((MIB * 2048))
	may_fail 0 /dev/mapper/short
	phase
	end
	rmmod scsi_debug
	dmsetup remove short
	switch_off under
}

DISCARDS='device/scsi_disk/*/provisioning_mode'
ZEROES='device/scsi_disk/*/max_write_same_blocks'

# What can no longer be done may be noticed by what has begun only.
change_limits()
{
	for kib in 4 64 512 8 1024; do
		check "limits, at most $kib KiB" set_limit queue/max_sectors_kb "$kib"
		more 50
		may_fail 1 "$scsi"
		check "limits, no discards" set_limit "$DISCARDS" disabled
		check "limits, no zeroes" set_limit "$ZEROES" 0
		may_fail 0 "$scsi"
		has_limit "${scsi#/dev/}" discard_max_bytes 0
		has_limit "${scsi#/dev/}" write_zeroes_max_bytes 0
		more 50
		may_fail 1 "$scsi"
		check "limits, discards" set_limit "$DISCARDS" unmap
		check "limits, zeroes, $kib KiB at a time" set_limit "$ZEROES" $((kib * 2))
		may_fail 0 "$scsi"
		has_limit "${scsi#/dev/}" write_zeroes_max_bytes $((kib * 1024))
	done
}

# set_limit GLOB VALUE: of the SCSI disk.
set_limit()
{
	# shellcheck disable=SC2086 # a pattern
	for limit in /sys/block/"${scsi#/dev/}"/$1; do
		echo "$2" >"$limit" || return 1
	done
}

resize()
{
	dmsetup suspend short && dmsetup load short --table "0 $1 linear /dev/under 0" &&
		dmsetup resume short
}
