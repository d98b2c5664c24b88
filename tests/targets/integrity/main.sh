# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-integrity by itself: a checksum for each block, kept by a journal or a bitmap.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh
. ./journal.sh
. ./bitmap.sh

# stages HASH BLOCK: with a checksum for each block of so many bytes.
stages()
{
	HASH=$1
	BLOCK=$2
	report say "== $HASH of blocks of $BLOCK bytes, with a journal"
	fill
	replay
	notice_corruption
	report say "== $HASH of blocks of $BLOCK bytes, with a bitmap"
	recalculate
	track_writes
}

mkdir -p /run/cryptsetup
load_targets
start_proof
stages crc32c 512
if [ "$SCOPE" = full ]; then
	stages sha256 4096
	# The buffers of the tags are then those that go through dm-io.
	echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
	stages sha1 1024
fi
check_proof io_requests io_sectors_read io_sectors_written
unload_targets
