# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-thin: new blocks, sharing and its end, discards, and the metadata's health.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./pool.sh
. ./load.sh
. ./volumes.sh
. ./random.sh

VOLUMES='0 2 3 4 5 6 7'
WRITES=60
STEPS=5
if [ "$SCOPE" = full ]; then
	# shellcheck disable=SC2034 # the pieces use it
	WRITES=400
	STEPS=40
fi

close_pool()
{
	for id in $VOLUMES; do
		dmsetup remove "thin$id" || return 1
	done
	dmsetup remove pool
}

reopen_pool()
{
	create_pool || return 1
	for id in $VOLUMES; do
		[ "$id" = 4 ] || open_volume "$id" || return 1
	done
	open_volume 4 /dev/mapper/outside
}

load_targets
start_proof
# So little that metadata goes through dm-io.
echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
dd if=/dev/zero of=/dev/vda bs=4096 count=1 oflag=direct 2>/dev/null
check "a pool" create_pool
[ -b /dev/mapper/pool ] || exit
write_new_blocks
break_sharing
write_over_origin
discard_blocks
random_sequence $STEPS
report say "-- the pool closed and opened again"
report say "$(dmsetup status pool)"
check "the pool is closed" close_pool
check "its metadata is sound" thin_check /dev/vda
check "the pool is opened" reopen_pool
# shellcheck disable=SC2086 # a word for each
check_volumes $VOLUMES
check "the pool is closed" close_pool
check "its metadata is sound" thin_check /dev/vda
check_proof io_requests io_sectors_read io_sectors_written copy_jobs copy_sectors zero_jobs \
	zero_sectors
unload_targets
