# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-cache: promotion, demotion, the three ways that data goes home.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh
. ./load.sh
. ./migrate.sh
. ./write_back.sh

WRITES=60
# shellcheck disable=SC2034 # the pieces use it
[ "$SCOPE" = short ] || WRITES=400

load_targets
start_proof
# So little that metadata goes through dm-io.
echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
dd if=/dev/vdc of="$MODEL" bs=1M 2>/dev/null
dd if=/dev/zero of=/dev/vda bs=4096 count=1 oflag=direct 2>/dev/null
check "a cache" create writeback smq
[ -b /dev/mapper/cache ] || exit
promote
if [ "$SCOPE" = full ]; then
	demote 32
	mix 5
	write_back 28 34
	write_through
fi
return_later
write_back 10 37
check "the cache goes" dmsetup remove cache
check "its metadata is sound" cache_check /dev/vda
check "the origin alone has all" origin_holds
check_proof io_requests io_sectors_read io_sectors_written copy_jobs copy_sectors
unload_targets
