# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A store that fills up: the snapshot is lost, the origin is not.

unreadable()
{
	forget_cached
	! dd if="$1" of=/dev/null bs=4096 count=1 2>/dev/null
}

# overflow TYPE CHUNK
overflow()
{
	what="overflow, store $1, chunks of $2"
	size=16384
	origin /dev/vda $size
	store 0 $(($2 * 24))
	copy_of /dev/vda $size /tmp/before
	cp /tmp/before /tmp/origin
	dmsetup suspend origin
	snapshot snap /dev/vda store0 "$1" "$2"
	dmsetup resume origin

	check "$what, a few writes to the origin" scatter 11 4 "$2" /tmp/origin /dev/mapper/origin
	check "$what, the snapshot is what the origin was" holds /dev/mapper/snap /tmp/before
	check "$what, many writes to the origin" scatter 12 24 "$2" /tmp/origin /dev/mapper/origin
	check "$what, the snapshot says that it is lost" equal "$(status snap)" Invalid
	check "$what, and cannot be read" unreadable /dev/mapper/snap
	check "$what, the origin holds all that was written" holds /dev/mapper/origin /tmp/origin
	check "$what, so does its disk" same /dev/vda /tmp/origin $((size * 512))
	if [ "$1" = P ]; then
		again snap /dev/vda store0 "$2"
		check "$what, its store says so as well" equal "$(status snap)" Invalid
	fi
	dmsetup remove snap
	dmsetup remove store0
	dmsetup remove origin
}
expect_message 'snapshots: Invalidating snapshot|Buffer I/O error on dev dm-|snapshots: Snapshot is marked invalid'
