# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-mirror: resync, writes, failing legs, logs, and what lvm2 makes of it.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./legs.sh
. ./load.sh
. ./resync.sh
. ./failures.sh
. ./disk_log.sh
. ./requests.sh
. ./volumes.sh

WRITES=50
# shellcheck disable=SC2034 # the pieces use it
[ "$SCOPE" = short ] || WRITES=500
expect_message 'device-mapper: raid1: |I/O error, dev '

load_targets
start_proof
resync "a b"
in_parts 16
write_during_resync
fail_in_resync
fail_in_writes
disk_log
discard_and_flush
if [ "$SCOPE" = full ]; then
	resync "a b c d"
	fail_in_resync_ignored
	fail_and_go_on
	fail_first_leg
fi
manage_volumes
check_proof io_requests io_sectors_read io_sectors_written copy_jobs copy_sectors
unload_targets
