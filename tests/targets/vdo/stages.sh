# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What happens to a VDO volume.

begin()
{
	check "VDO's storage is made" dmsetup create below \
		--table "0 $((PHYSICAL_MIB * 2048)) linear /dev/big 0"
	check "vdoformat formats it" vdoformat --slab-bits=13 --uds-memory-size=0.25 \
		--logical-size="${LOGICAL_MIB}"M "$BELOW"
	check "VDO is started" start
	truncate -s "${LOGICAL_MIB}"M "$WANTED"
	check "it reads as zeroes" holds
}

# write_twice: the same random bytes at two places.
write_twice()
{
	for file in $DEVICE $WANTED; do
		for place in 0 $((LOGICAL_MIB / 2)); do
			dd if="$SOURCE" of="$file" bs=1M count=8 seek=$place conv=notrunc,fsync || return 1
		done
	done
}

# discard_both START LENGTH: in 4096-byte blocks.
discard_both()
{
	dd if=/dev/zero of="$WANTED" bs=4096 seek="$1" count="$2" conv=notrunc 2>/dev/null &&
		blkdiscard -o $(($1 * 4096)) -l $(($2 * 4096)) "$DEVICE"
}

fill()
{
	check "the same is written to two places" write_twice
	check "random writes, half of them of what is there" write_both "$SEED" \
		--bsrange=4k-64k --io_size=$((LOGICAL_MIB / 4))m --dedupe_percentage=50 \
		--buffer_compress_percentage=50
	check "some blocks are discarded" discard_both 1000 500
	check "it holds the writes" holds
	report say "$(dmsetup status vdo)"
	check "VDO is stopped" stop
	check "VDO is started" start
	check "it still holds the writes" holds
}

# What VDO writes to say that it has ended well is lost.
stop_uncleanly()
{
	expect_message 'vdo: .*(dirty|[Rr]ebuild|[Rr]ecover|[Rr]eplay|[Ii]ndex)'
	check "writes, which are flushed" write_both $((SEED + 1)) --bsrange=4k-16k --io_size=2m
	check "the storage drops all writes from now on" set_below flakey 0 60000 1 drop_writes
	check "VDO is stopped" stop
	check "the storage takes writes again" set_below linear
	check "VDO is started" start
	check "it rebuilds" grep_log 'Device was dirty, rebuilding reference counts'
	until_true recovered
	check "it is back to normal" equal "$(mode)" normal
	check "it holds all that was flushed" holds
	check "and takes more" write_both $((SEED + 2)) --bs=4k --io_size=256k
	check "it holds that too" holds
}

# grep_log REGEX
grep_log()
{
	dmesg | grep "$1"
}

# What VDO moves when it grows is copied to where there are random bytes.
grow()
{
	check "VDO is stopped" stop
	read_journal >/tmp/journal
	at=$PHYSICAL_MIB
	while [ "$at" -lt "$GROWN_MIB" ]; do
		dd if="$SOURCE" of=/dev/big bs=1M seek="$at" count=16 conv=fsync 2>/dev/null
		at=$((at + 16))
	done
	check "VDO is started" start
	PHYSICAL_MIB=$GROWN_MIB
	check "its storage grows" set_below linear
	check "a larger table is loaded" dmsetup load vdo --table "$(table)"
	check "VDO grows" grow_now
	check "it holds what it held" holds
	check "VDO is stopped" stop
	forget_cached
	check "its journal is as it was, elsewhere" same_journal
	rm /tmp/journal
	check "VDO is started" start
	check "it takes more" write_both $((SEED + 3)) --bs=4k --io_size=1m
	check "it holds all" holds
}

same_journal()
{
	[ -s /tmp/journal ] && read_journal | /bin/cmp - /tmp/journal
}

grow_now()
{
	dmsetup suspend vdo && dmsetup resume vdo
}

# All references are counted again, and the journals of the slabs erased.
rebuild()
{
	check "VDO is stopped" stop
	expect_message 'vdo: .*[Rr]ead.only'
	check "vdoreadonly makes it read only" vdoreadonly "$BELOW"
	check "VDO is started" start
	check "it is read only" equal "$(mode)" read-only
	check "it holds what it held" holds
	check "VDO is stopped" stop
	check "vdoforcerebuild asks for a rebuild" vdoforcerebuild "$BELOW"
	check "VDO is started" start
	until_true recovered
	check "it is back to normal" equal "$(mode)" normal
	check "it holds what it held" holds
	check "it takes more" write_both $((SEED + 4)) --bs=4k --io_size=1m
	check "it holds all" holds
	check "VDO is stopped" stop
	check "vdoaudit finds no fault" vdoaudit "$BELOW"
}
