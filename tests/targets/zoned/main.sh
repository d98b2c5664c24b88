# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2153 # the other pieces set these
# dm-zoned: writes in any order on a device that takes most only in sequence.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh

# Whole chunks, as many as fit in random zones, are made to move to sequential ones.
move_chunks()
{
	check "the device reads as zeroes" holds
	check "three chunks are written" write_both "$SEED" --rw=write --bs=64k \
		--io_size=$((3 * ZONE_MIB))m
	check "reclaim is asked for" dmsetup message "$NAME" 0 reclaim
	until_true sequential_in_use
	check "the device holds the chunks" holds
}

fill()
{
	check "random writes to all of it" write_both $((SEED + 3)) --bsrange=4k-64k --io_size="$WRITES"
	part=$((CHUNKS / 4))
	check "and of 4 parts at once" write_both $((SEED + 1)) --bsrange=4k-128k --numjobs=4 \
		--io_size=$((WRITES / 4)) --size=$((part * ZONE_MIB))m \
		--offset_increment=$((part * ZONE_MIB))m
	check "the device holds the writes" holds
}

# discard_both START LENGTH: in 4096-byte blocks.
discard_both()
{
	dd if=/dev/zero of="$WANTED" bs=4096 seek="$1" count="$2" conv=notrunc 2>/dev/null &&
		blkdiscard -o $(($1 * 4096)) -l $(($2 * 4096)) "$DEVICE"
}

change()
{
	check "some blocks are discarded" discard_both 777 1000
	check "blocks are overwritten" write_both $((SEED + 2)) --bs=4k --io_size=$((WRITES / 16))
	check "reclaim is asked for" dmsetup message "$NAME" 0 reclaim
	until_true random_zone_free
	check "the device holds all of it" holds
}

# On the device alone everything is to be found again.
start_again()
{
	check "the device is stopped" dmzadm --stop "$ZONED"
	check "dmzadm finds no fault" dmzadm --check "$ZONED"
	check "the device is started" dmzadm --start "$ZONED"
	check "it still holds all of it" holds
}

load_targets
start_proof
if [ "$SCOPE" = short ]; then
	make_zoned 40 1
	WRITES=$((2 << 20))
else
	make_zoned 256 4
	WRITES=$((16 << 20))
fi
format
move_chunks
# Without what reclaim has to move the rest would never end.
if holds; then
	fill
	change
	start_again
	change
	start_again
fi
check "the device is stopped" dmzadm --stop "$ZONED"
check_proof copy_jobs copy_sectors
unload_targets
rmdir "$CONFIG"
