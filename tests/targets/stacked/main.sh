# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Targets stacked four deep, each on this engine: what is written to the uppermost gets to
# the disks when the engine is given no memory, when the machine's is filled by others, and
# when no work queue has a worker but its rescuer.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./devices.sh
. ./load.sh
. ./scarcity.sh
expect_message 'workqueue: Failed to create a worker thread'

load_targets
check "what refuses memory and workers is loaded" load_refusals
start_proof
# So little that the pool's metadata goes through dm-io.
echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
if [ "$SCOPE" = full ]; then
	endure no_memory
	endure no_workers
fi
endure no_memory no_workers
endure full_memory
check_proof io_requests io_sectors_read io_sectors_written copy_jobs copy_sectors zero_jobs \
	zero_sectors
rmmod dm_io_rust_refusals
unload_targets
