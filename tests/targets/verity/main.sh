# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the other pieces use these
# dm-verity: a device that is read only as it was when it was made, or not at all.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh
. ./stages.sh

# stages HASH PER_BLOCK: with a tree of such hashes, so many of them in a block.
stages()
{
	PER_BLOCK=$2
	report say "== a tree of $1"
	read_all "$1"
	spoil_data
	spoil_hashes
	report say "== a tree of $1, with forward error correction"
	repair "$1"
}

mkdir -p /run/cryptsetup
load_targets
start_proof
dd if="$DATA" of="$WANTED" bs=1M 2>/dev/null
dd if="$HASHES" of=/tmp/hashes bs=1M 2>/dev/null
SIZE=$(blockdev --getsize64 "$DATA")
# The buffers of the hashes are then those that go through dm-io.
echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
stages sha256 128
if [ "$SCOPE" = full ]; then
	stages sha512 64
	echo 0 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
	stages sha1 128
fi
check_proof io_requests io_sectors_read
unload_targets
