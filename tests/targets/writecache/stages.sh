# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2153 # the other pieces set these
# What happens to a cache from its creation to its end.

# Nothing is written back before it has to be.
LAZY='high_watermark 100 low_watermark 99 max_age 3600000 pause_writeback 0'

# create_cached ORIGIN CACHE OPTION...
create_cached()
{
	origin=$1
	create_part "$2" || return 1
	shift 2
	dmsetup create cached --table "$(table "$origin" "$@")"
}

remove_cached()
{
	dmsetup remove cached && dmsetup remove part
}

begin()
{
	dd if=/tmp/origin of="$ORIGIN" bs=1M conv=fsync 2>/dev/null
	dd if=/dev/zero of="$CACHE" bs=4096 count=1 conv=fsync 2>/dev/null
	cp /tmp/origin "$WANTED"
	# shellcheck disable=SC2086 # a word for each option
	check "a cached device is created" create_cached $ORIGIN $CACHE $LAZY
	check "it reads as the origin" holds "$CACHED" "$WANTED"
	BLOCKS=$(status_field 2)
}

# Most blocks of the cache are then in use.
keep_in_cache()
{
	check "random writes" write_both "$SEED" --bsrange="$BLOCK"-$((BLOCK * 8)) \
		--io_size=$((BLOCKS * BLOCK * 7 / 8))
	check "are in the cache" [ "$(cached_blocks)" -gt $((BLOCKS / 2)) ]
	check "the origin is as it was" holds "$ORIGIN" /tmp/origin
	check "the device holds the writes" holds "$CACHED" "$WANTED"
	before=$(cached_blocks)
	check "the device is removed" remove_cached
	check "the origin is still as it was" holds "$ORIGIN" /tmp/origin
	# shellcheck disable=SC2086
	check "the device is created again" create_cached $ORIGIN $CACHE $LAZY
	check "as much is in the cache" equal "$(cached_blocks)" "$before"
	check "the device holds the writes" holds "$CACHED" "$WANTED"
}

# What a power cut would leave: the disks as they are while the device is in use.
copy_disks()
{
	/bin/dd if="$ORIGIN" of="$ORIGIN_COPY" bs=1M iflag=direct oflag=direct &&
		/bin/dd if="$CACHE" of="$CACHE_COPY" bs=1M iflag=direct oflag=direct
}

# All that was committed by a flush is to be found on the copy.
crash()
{
	check "more writes, which are flushed" write_both $((SEED + 1)) --bs="$BLOCK" \
		--io_size=$((BLOCK * 100))
	check "the disks are copied while they are in use" copy_disks
	check "the device is removed" remove_cached
	# shellcheck disable=SC2086
	check "a device is made of the copies" create_cached $ORIGIN_COPY $CACHE_COPY $LAZY
	check "it holds all that was written" holds "$CACHED" "$WANTED"
	check "it is told to write all back" dmsetup message cached 0 flush
	check "the copy of the origin holds all" holds "$ORIGIN_COPY" "$WANTED"
	check "the device of the copies is removed" remove_cached
}

# More than the cache has room for, so that it writes back all the time.
write_through_watermarks()
{
	check "a cache that writes back early" create_cached "$ORIGIN" "$CACHE" \
		high_watermark 30 low_watermark 20 writeback_jobs 64
	part=$((SECTORS / 32))
	check "writes of 4 parts at once" write_both $((SEED + 2)) --bsrange="$BLOCK"-64k \
		--numjobs=4 --io_size=$((BLOCKS * BLOCK / 2)) --size=$((part * 4096)) \
		--offset_increment=$((part * 4096))
	check "more than half of the cache is free" until_half_free
	check "the device holds the writes" holds "$CACHED" "$WANTED"
}

until_half_free()
{
	until_true half_free
}

half_free()
{
	[ "$(cached_blocks)" -lt $((BLOCKS / 2)) ]
}

flush()
{
	check "writes" write_both $((SEED + 3)) --bs="$BLOCK" --io_size=$((BLOCK * 200))
	check "are in the cache" [ "$(cached_blocks)" -gt 0 ]
	check "the cache is told to write all back" dmsetup message cached 0 flush
	check "nothing is left in the cache" equal "$(cached_blocks)" 0
	check "the origin holds all" holds "$ORIGIN" "$WANTED"
	check "the cache had no error" equal "$(status_field 1)" 0
}

# The cache goes away under the device, as its document says how.
take_cache_away()
{
	dmsetup message cached 0 flush_on_suspend &&
		dmsetup load cached --table "0 $SECTORS linear $ORIGIN 0" &&
		dmsetup suspend cached &&
		equal "$(status_field 1)" 0 &&
		dmsetup resume cached
}

leave()
{
	check "more writes" write_both $((SEED + 4)) --bs="$BLOCK" --io_size=$((BLOCK * 200))
	check "the cache is taken away" take_cache_away
	check "the device holds all without it" holds "$CACHED" "$WANTED"
	check "the devices are removed" remove_cached
	check "the origin holds all" holds "$ORIGIN" "$WANTED"
}
