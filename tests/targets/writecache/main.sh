# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-writecache on an SSD: what is written is on the cache, and then on the origin.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh
. ./stages.sh

# stages BLOCK SECTORS CACHE_SECTORS: the life of a cache with blocks of that size.
stages()
{
	BLOCK=$1
	SECTORS=$2
	CACHE_SECTORS=$3
	report say "== blocks of $BLOCK bytes, $SECTORS sectors cached by $CACHE_SECTORS"
	begin
	keep_in_cache
	crash
	write_through_watermarks
	flush
	leave
}

load_targets
start_proof
dd if="$ORIGIN" of=/tmp/origin bs=1M 2>/dev/null
if [ "$SCOPE" = short ]; then
	stages 4096 32768 8192
else
	stages 4096 65536 16384
	stages 512 65536 4096
	stages 1024 65530 2048
fi
check_proof io_requests io_sectors_written copy_jobs copy_sectors
unload_targets
