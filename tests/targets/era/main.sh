# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2153 # the other pieces set these
# dm-era: which blocks of a device were written since when.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh
. ./tools.sh

# write_in_eras COUNT: eras with some writes each, the last of which is not over.
write_in_eras()
{
	for number in $(seq "$1"); do
		before=$(era)
		choose_blocks $((SEED + before))
		check "blocks are written in era $before" write_blocks
		[ "$number" = "$1" ] || check "a checkpoint ends it" end_era "$before"
	done
	check "the device holds the writes" holds "$DEVICE"
}

# stages BLOCK_SECTORS ERAS
stages()
{
	BLOCK=$1
	BLOCKS=$((SECTORS / BLOCK))
	report say "== $BLOCKS blocks of $BLOCK sectors"
	begin
	write_in_eras "$2"
	compare_snapshot
	check_copy
	check "the device is removed" dmsetup remove era
	compare_metadata "$METADATA"
	before=$(last_era)
	check "the device is created again" create_era
	check "it is in a later era" [ "$(era)" -gt "$before" ]
	check "it holds the writes" holds "$DEVICE"
	write_in_eras 2
	compare_snapshot
	check "the device is removed" dmsetup remove era
	compare_metadata "$METADATA"
	check "the origin holds the writes" holds "$ORIGIN"
}

load_targets
start_proof
# The metadata's buffers are then those that go through dm-io.
echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
if [ "$SCOPE" = short ]; then
	stages 64 3
else
	stages 8 6
	stages 64 20
fi
check_proof io_requests io_sectors_read io_sectors_written
unload_targets
