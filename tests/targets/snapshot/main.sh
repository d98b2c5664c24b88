# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Snapshots: of file systems under load; that overflow, are merged back, are discarded
# from, or go while they are copied to; eight of one origin.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh

. ./devices.sh
. ./writes.sh
. ./load.sh
. ./overflow.sh
. ./merge.sh
. ./discard.sh
. ./removal.sh
. ./many.sh

# say TEXT: with the time since the start.
say()
{
	report say "== $1 ($(cut -d ' ' -f 1 /proc/uptime) s)"
}

sha256sum "$SOURCE" >/tmp/source.sum
sum_of_guards >/tmp/guards.sum
load_targets
start_proof

say "File systems under load"
if [ "$SCOPE" = short ]; then
	under_load ext4 P 16
	under_load xfs N 8
else
	under_load ext4 P 8
	under_load ext4 N 64
	under_load xfs P 64
	under_load xfs N 8
fi
say "Stores that are too small"
overflow P 8
[ "$SCOPE" = short ] || overflow N 32
say "Merging back"
merge 8
[ "$SCOPE" = short ] || merge 64
say "Discards"
discard 512
say "Removal during copies"
remove_during_copies P
[ "$SCOPE" = short ] || remove_during_copies N
say "Eight snapshots of one origin"
many

check "the disk that nothing was to write to is as it was" sha256sum -c /tmp/source.sum
check "what lies between the stores is as it was" equal "$(sum_of_guards)" "$(cat /tmp/guards.sum)"
check_proof io_requests io_sectors_read io_sectors_written copy_jobs copy_sectors callback_jobs zero_jobs zero_sectors
unload_targets
