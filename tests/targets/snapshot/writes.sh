# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Writes of known bytes to devices, and to files that say what they must hold then.

# Where random bytes come from.
SOURCE=/dev/vdd

# places STREAM COUNT SECTORS CHUNK: runs of sectors within so many, as lines
# "to from length": parts of a chunk, whole ones, and what crosses borders.
places()
{
	awk -v seed=$((SEED % 65536 * 1000 + $1)) -v count="$2" -v sectors="$3" -v chunk="$4" \
		-v source="$(sectors "$SOURCE")" 'BEGIN {
		srand(seed)
		for (i = 0; i < count; i++) {
			len = i % 3 ? 1 + int(rand() * chunk * 3) : chunk
			to = int(rand() * (sectors - len))
			if (i % 3 == 0)
				to -= to % chunk
			print to, int(rand() * (source - len)), len
		}
	}'
}

# scatter STREAM COUNT CHUNK FILE DEVICE: the same writes to both.
scatter()
{
	places "$1" "$2" "$(sectors "$5")" "$3" >"/tmp/places.$1"
	[ -s "/tmp/places.$1" ] || return 1
	while read -r to from length; do
		for target in "$4" "$5"; do
			dd if="$SOURCE" of="$target" bs=512 skip="$from" seek="$to" \
				count="$length" conv=notrunc 2>/dev/null || return 1
		done
	done <"/tmp/places.$1"
	sync
}

# copy_of DISK SECTORS FILE: what the raw disk holds. No sync: it would wait for a
# file system that is frozen.
copy_of()
{
	blockdev --flushbufs "$1"
	dd if="$1" of="$3" bs=64k count=$(($2 * 512)) iflag=count_bytes 2>/dev/null
}
