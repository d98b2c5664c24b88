# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A snapshot with a persistent store, as lvm2 makes it, of an origin of 1 GiB.

ORIGIN_SECTORS=2097152
# What is written in the foreground is in the second half.
HALF=$((ORIGIN_SECTORS * 256))

# store SPEED CHUNK: with chunks of 4 KiB there are many areas of exceptions, which a merge
# reads again. Else there is one, which is written only: as a whole, with each exception.
store()
{
	if [ "$2" -gt 8 ]; then
		echo "0 33554432 linear /dev/${1}1 0"
	else
		awk -v speed="$1" 'BEGIN {
			print 0, 8, "linear /dev/" speed "m 0"
			for (at = 8; area < 32; at += 2056) {
				print at, 8, "linear /dev/" speed "m", 8 * ++area
				print at + 8, 2048, "linear /dev/" speed "1", at + 8
			}
		}'
	fi | dmsetup create store
}

# start_snapshot SPEED CHUNK
start_snapshot()
{
	new_metadata "$1"
	store "$1" "$2"
	dmsetup create origin --table "0 $ORIGIN_SECTORS snapshot-origin /dev/${1}0"
	dmsetup suspend origin
	dmsetup create snap --table "0 $ORIGIN_SECTORS snapshot /dev/${1}0 /dev/mapper/store P $2"
	dmsetup resume origin
}

# copy_on_write SPEED CHUNK COUNT: a write to each of so many chunks of the origin.
copy_on_write()
{
	start_snapshot "$1" "$2"
	# shellcheck disable=SC2046 # a word for each argument
	copies $(beside "$1" /dev/mapper/origin $HALF $(($2 * 512)) $((HALF / 512 / $2))) \
		write /dev/mapper/origin 0 $(($2 * 512)) "$3" "$(threads "$1")"
	ended=$?
	dmsetup remove snap
	dmsetup remove origin
	dmsetup remove store
	return $ended
}

# merge SPEED CHUNK COUNT: of chunks no two of which are neighbours. In the end the store has
# its header and an area. The snapshot hands it over.
merge()
{
	start_snapshot "$1" "$2"
	/bin/copies write /dev/mapper/snap 0 $(($2 * 1024)) "$3" 1 >/dev/null
	dmsetup suspend origin
	dmsetup suspend snap
	dmsetup load origin --table \
		"0 $ORIGIN_SECTORS snapshot-merge /dev/${1}0 /dev/mapper/store P $2"
	dmsetup resume origin
	# shellcheck disable=SC2046 # a word for each argument
	copies $(beside "$1" /dev/mapper/origin $HALF 4096 4096) \
		until origin 1 $(($2 * 2)) "$2"
	ended=$?
	dmsetup remove origin
	dmsetup remove snap
	dmsetup remove store
	return $ended
}
