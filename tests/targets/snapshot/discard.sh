# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A discard that zeroes what the store holds. Its chunks are of 256 KiB: with smaller
# ones the kernel divides by zero when such a table is loaded (seen on 7.2.12), for
# dm-snapshot gives the block layer their sectors for bytes.

# zero FROM COUNT FILE DEVICE: the file in zeroes, the device by a discard, in sectors.
zero()
{
	dd if=/dev/zero of="$3" bs=512 seek="$1" count="$2" conv=notrunc 2>/dev/null
	blkdiscard -o $(($1 * 512)) -l $(($2 * 512)) "$4"
}

# discard CHUNK
discard()
{
	what="discard, chunks of $1"
	size=8192
	features="$1 1 discard_zeroes_cow"
	origin /dev/vda $size
	store 0 "$SLOT"
	copy_of /dev/vda $size /tmp/origin
	cp /tmp/origin /tmp/snap
	dmsetup suspend origin
	snapshot snap /dev/vda store0 P "$features"
	dmsetup resume origin

	scatter 51 4 "$1" /tmp/snap /dev/mapper/snap
	for target in /tmp/snap /dev/mapper/snap; do
		dd if="$SOURCE" of=$target bs=512 skip=77 seek=$((4 * $1)) count=$((9 * $1)) \
			conv=notrunc 2>/dev/null
	done
	sync
	check "$what, the snapshot holds what was written to it" holds /dev/mapper/snap /tmp/snap
	check "$what, five of nine chunks are discarded" \
		zero $((6 * $1)) $((5 * $1)) /tmp/snap /dev/mapper/snap
	check "$what, they are zeroes now, and nothing else is" holds /dev/mapper/snap /tmp/snap
	check "$what, the snapshot is read from its store again" \
		again snap /dev/vda store0 "$features"
	check "$what, and is still the same" holds /dev/mapper/snap /tmp/snap
	check "$what, the origin is what it was" holds /dev/mapper/origin /tmp/origin
	dmsetup remove snap
	dmsetup remove store0
	dmsetup remove origin
}
