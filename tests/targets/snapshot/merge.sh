# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A snapshot that is written to and merged back into its origin.

merged()
{
	[ "$(sectors_used origin)" = 0 ]
}

# start_merging DISK SIZE CHUNK: the origin's name now means the merge.
start_merging()
{
	dmsetup suspend origin
	dmsetup remove snap
	dmsetup load origin --table "0 $2 snapshot-merge $1 /dev/mapper/store0 P $3"
	dmsetup resume origin
}

# merge CHUNK
merge()
{
	what="merge, chunks of $1"
	size=16384
	count=10
	[ "$SCOPE" = short ] || count=80
	origin /dev/vdb $size
	store 0 "$SLOT"
	copy_of /dev/vdb $size /tmp/origin
	cp /tmp/origin /tmp/snap
	dmsetup suspend origin
	snapshot snap /dev/vdb store0 P "$1"
	dmsetup resume origin

	check "$what, writes to the snapshot" scatter 21 $count "$1" /tmp/snap /dev/mapper/snap
	check "$what, writes to the origin" scatter 22 $count "$1" /tmp/origin /dev/mapper/origin
	check "$what, writes to the snapshot" scatter 23 $count "$1" /tmp/snap /dev/mapper/snap
	check "$what, the origin holds its writes" holds /dev/mapper/origin /tmp/origin
	check "$what, the snapshot holds its own" holds /dev/mapper/snap /tmp/snap
	check "$what, which are others" fails cmp -s /tmp/origin /tmp/snap

	check "$what, the merge starts" start_merging /dev/vdb $size "$1"
	check "$what, the device is the snapshot at once" holds /dev/mapper/origin /tmp/snap
	check "$what, writes while it is merged" scatter 24 $count "$1" /tmp/snap /dev/mapper/origin
	until_true merged
	check "$what, the device is the snapshot and these writes" holds /dev/mapper/origin /tmp/snap
	dmsetup remove origin
	check "$what, the disk is, byte for byte" same /dev/vdb /tmp/snap $((size * 512))
	dmsetup remove store0
}
