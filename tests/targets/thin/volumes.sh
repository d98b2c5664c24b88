# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a volume goes through: new blocks, snapshots, an origin outside, discards.

# Of a new block that is written in part the rest is zeroes, whatever the disk held.
write_new_blocks()
{
	report say "-- partial writes to new blocks"
	new_volume 0
	check "a new volume holds zeroes" holds 0
	check "small writes" write_both 0 10
	check_volumes 0
	report say "volume 0 has $(mapped 0) of $SECTORS sectors"
}

break_sharing()
{
	report say "-- a volume and its snapshots"
	new_volume 1
	dd if=/dev/vdd of=/tmp/model1 bs=1M count="$MIB" 2>/dev/null
	check "a volume is filled" dd if=/dev/vdd of=/dev/mapper/thin1 bs=1M count="$MIB" oflag=direct
	check "a snapshot" snapshot 2 1
	check_volumes 1 2
	check "writes to the origin" write_both 1 11
	check_volumes 1 2
	check "writes to the snapshot" write_both 2 12
	check_volumes 1 2
	check "a snapshot of the snapshot" snapshot 3 2
	check "writes to all three" write_all 1 2 3
	check_volumes 1 2 3
	check "the origin goes" delete_volume 1
	check_volumes 2 3
}

# write_all ID...: at the same time.
write_all()
{
	writers=
	for id in "$@"; do
		write_both "$id" $((20 + id)) &
		writers="$writers $!"
	done
	for writer in $writers; do
		wait "$writer" || return 1
	done
}

# The origin ends within a block: what is behind it is zeroes.
write_over_origin()
{
	report say "-- a volume over a device outside of the pool"
	length=$((SECTORS - BLOCK * 3 / 2))
	dmsetup create outside --table "0 $length linear /dev/vdc 0"
	new_volume 4 /dev/mapper/outside
	dd if=/dev/vdc of=/tmp/model4 bs=512 count=$length conv=notrunc 2>/dev/null
	cp /tmp/model4 /tmp/outside
	check "the volume shows the device" holds 4
	check "writes to the volume" write_both 4 13
	check "a write next to the device's end" write_at_end
	check_volumes 4
	check "the device is as it was" same /tmp/outside /dev/vdc $((length * 512))
}

write_at_end()
{
	for file in /dev/mapper/thin4 /tmp/model4; do
		dd if=/dev/vdd of=$file bs=512 seek=$((length - 5)) count=2 conv=notrunc,fsync \
			2>/dev/null || return 1
	done
}

# The pool's blocks that a discard gave back are dirty when they are used again.
discard_blocks()
{
	report say "-- discards"
	check "a discard of blocks that a snapshot shares" discard 2 3 $((BLOCKS / 4))
	check_volumes 2 3
	check "a discard of a whole volume" discard 0 0 "$BLOCKS"
	check "leaves it no sectors" equal "$(mapped 0)" 0
	check_volumes 0
	check "small writes" write_both 0 14
	check_volumes 0
}
