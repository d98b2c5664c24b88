# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks whose limits change under load, which freezes their queue each time; that become
# shorter; that are marked read-only, of which the block layer only warns, and one that does
# refuse what is written.

limits()
{
	check "limits, a disk is plugged in" add_scsi_disk lbpu=1 lbpws=1
	scsi=/dev/$(scsi_name)
	memory_disk under discard=1
	dmsetup create short --table "0 $((MIB * 2048)) linear /dev/under 0"
	begin limits "$scsi" /dev/mapper/short

	change_limits
	check "limits, a disk is marked read-only, and may be written" blockdev --setro /dev/steady0
	phase
	check "limits, nothing has failed" equal "$(failed_on /dev/steady0)" 0
	check "limits, it is marked writable" blockdev --setrw /dev/steady0
	refuse_writes
	may_fail 1 /dev/mapper/short
	check "limits, a disk is made shorter" resize $((MIB * 1024))
	may_fail 0 /dev/mapper/short
	noticed /dev/mapper/short "that it is shorter"
	may_fail 1 /dev/mapper/short
	check "limits, it is made as long as it was" resize $((MIB * 2048))
	may_fail 0 /dev/mapper/short
	phase
	end
	check "limits, the SCSI disk is taken away" remove_scsi_disks
	dmsetup remove short
	switch_off under
}

# By the disk itself, at once: some of what goes on fails then; of what begins after that each
# write must fail, no sector changes, and no read fails.
refuse_writes()
{
	may_fail 1 "$scsi"
	check "limits, the SCSI disk is write-protected under load" set_protection 1
	noticed "$scsi" "that it is write-protected"
	check "limits, it can be written" set_protection 0
	may_fail 0 "$scsi"
	phase
	check "limits, the load ends" control stop
	check "limits, the SCSI disk is write-protected" protect 1 w
	check "limits, the load is on" control start
	noticed "$scsi" "that it is still write-protected"
	check "limits, the load ends" control stop
	check "limits, it holds what it must" control verify
	check "limits, it can be written" protect 0 none
	check "limits, the load is on" control start
}

# protect 0|1 WHAT_FAILS
protect()
{
	set_protection "$1" && control bad "$scsi" 0 $((MIB * 2048)) "$2"
}

set_protection()
{
	echo "$1" >/sys/module/scsi_debug/parameters/wp
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
