# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-clone: a copy of a device that can be used, and written to, while it is made.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh
. ./stages.sh

# stages REGION SECTORS: the whole life of a clone with regions of that size.
stages()
{
	REGION=$1
	SECTORS=$2
	REGIONS=$(((SECTORS + REGION - 1) / REGION))
	report say "== $REGIONS regions of $REGION sectors, the last one of $((SECTORS % REGION))"
	begin
	discard_unhydrated
	write_unhydrated
	keep_across_reload
	hydrate_under_writes
	end
}

load_targets
start_proof
dd if=/dev/vda of=/tmp/source bs=1M 2>/dev/null
# The metadata's buffers are then those that go through dm-io.
echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
if [ "$SCOPE" = short ]; then
	stages 64 16379
else
	stages 8 65531
	stages 64 65531
	echo 0 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
	echo 50 >/sys/module/dm_clone/parameters/clone_hydration_throttle
	stages 1024 65531
fi
check_proof io_requests io_sectors_written copy_jobs copy_sectors
unload_targets
