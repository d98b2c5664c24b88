# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A device of each kind that has clients, made as often as it is asked for of the same parts.

# part NAME START MIB: a piece of the second disk.
part()
{
	dmsetup create "$1" --table "0 $(($3 * 2048)) linear /dev/vdb $(($2 * 2048))"
}

# metadata NAME START MIB: one that holds none yet.
metadata()
{
	part "$@" && dd if=/dev/zero of="/dev/mapper/$1" bs=64k count=1 conv=fsync 2>/dev/null
}

make_parts()
{
	store 0 "$SLOT" && store 1 "$SLOT" && store 2 "$SLOT" &&
		part leg_a 0 4 && part leg_b 4 4 && metadata log 8 1 &&
		part pool_data 12 16 && metadata pool_meta 10 2 &&
		part cache_fast 30 4 && part cache_slow 34 8 && metadata cache_meta 28 2 &&
		part clone_to 44 4 && part clone_from 48 4 && metadata clone_meta 42 2 &&
		part cached_slow 52 4 && metadata cached_fast 56 4 &&
		metadata checked_disk 60 8 && part verified_data 68 4 && part verified_hash 72 2 &&
		metadata marked_disk 74 6
}

# snapshot_of_origin NAME STORE TYPE CHUNK: the origin splits writes at chunks from then on.
snapshot_of_origin()
{
	dmsetup suspend origin && snapshot "$1" /dev/vda "$2" "$3" "$4" && dmsetup resume origin
}

make_old()
{
	snapshot_of_origin old store0 P 8
}

make_passing()
{
	snapshot_of_origin passing store1 N 16
}

# mirror_of LOG...
mirror_of()
{
	echo "0 8192 mirror $* 2 /dev/mapper/leg_a 0 /dev/mapper/leg_b 0 2 handle_errors keep_log"
}

DISK_LOG="disk 2 /dev/mapper/log 512"

make_mirror()
{
	# shellcheck disable=SC2086 # a word for each
	dmsetup create mirror --table "$(mirror_of $DISK_LOG)" && until_true in_sync
}

in_sync()
{
	equal "$(dmsetup status mirror | awk '{ print $7 }')" 16/16
}

make_pool()
{
	dmsetup create pool --table \
		"0 32768 thin-pool /dev/mapper/pool_meta /dev/mapper/pool_data 128 0" || return 1
	[ -e /tmp/thin ] || dmsetup message pool 0 create_thin 0 || return 1
	: >/tmp/thin
	dmsetup create thin --table "0 8192 thin /dev/mapper/pool 0"
}

make_cache()
{
	dmsetup create cache --table "0 16384 cache /dev/mapper/cache_meta /dev/mapper/cache_fast \
		/dev/mapper/cache_slow 128 1 writeback smq 0"
}

make_clone()
{
	dmsetup create clone --table "0 8192 clone /dev/mapper/clone_meta /dev/mapper/clone_to \
		/dev/mapper/clone_from 64 1 no_hydration"
}

make_cached()
{
	dmsetup create cached --table \
		"0 8192 writecache s /dev/mapper/cached_slow /dev/mapper/cached_fast 4096 0"
}

# Its table has the key in it, which is shown only to who asks for it. There are no checksums
# of what was never written.
make_checked()
{
	key=$(head -c 32 /dev/vdd | hexdump -ve '1/1 "%02x"')
	dmsetup create checked --table "0 8192 integrity /dev/mapper/checked_disk 0 32 J 2 \
		journal_sectors:1024 internal_hash:hmac(sha256):$key" &&
		/bin/dd if=/dev/vdb of=/dev/mapper/checked bs=64k count=64 oflag=direct 2>/dev/null
}

# The same with a bitmap, in which it marks what it writes to.
make_marked()
{
	dmsetup create marked --table \
		"0 8192 integrity /dev/mapper/marked_disk 0 32 B 1 internal_hash:sha256" &&
		/bin/dd if=/dev/vdb of=/dev/mapper/marked bs=64k count=64 oflag=direct 2>/dev/null
}

# It can only be read.
make_verified()
{
	veritysetup format /dev/mapper/verified_data /dev/mapper/verified_hash >/tmp/format &&
		veritysetup open /dev/mapper/verified_data verified /dev/mapper/verified_hash \
			"$(sed -n 's/^Root hash:[[:space:]]*//p' /tmp/format)"
}

# deactivate DEVICE
deactivate()
{
	[ "$1" != pool ] || dmsetup remove thin || return 1
	dmsetup remove "$1"
}
