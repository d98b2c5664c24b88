# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A snapshot that is removed while copies to its store are under way.

# Some of the first chunks of the origin, each by a writer of its own.
write_all_at_once()
{
	for number in 0 1 2 3 4 5 6 7 8 9; do
		dd if="$SOURCE" of=/dev/mapper/origin bs=512 skip=$((number * 777)) \
			seek=$((number * 1000)) count=300 conv=notrunc,fsync 2>/dev/null &
		dd if="$SOURCE" of=/tmp/origin bs=512 skip=$((number * 777)) \
			seek=$((number * 1000)) count=300 conv=notrunc 2>/dev/null
	done
}

copy_jobs()
{
	awk '$1 == "copy_jobs" { print $2 }' "$STATISTICS"
}

# have_begun COUNT: copies, since there were so many.
have_begun()
{
	[ "$(copy_jobs)" -gt "$1" ]
}

# remove_while_stuck: the snapshot's name goes, then its store goes on.
remove_while_stuck()
{
	dmsetup remove goes &
	until_true fails dmsetup info goes
	dmsetup resume store1
	wait $!
}

# remove_during_copies TYPE
remove_during_copies()
{
	what="removal, store $1"
	size=16384
	origin /dev/vda $size
	store 1 "$SLOT"
	store 0 "$SLOT"
	copy_of /dev/vda $size /tmp/before
	cp /tmp/before /tmp/origin
	dmsetup suspend origin
	snapshot stays /dev/vda store0 P 8
	snapshot goes /dev/vda store1 "$1" 16
	dmsetup resume origin

	# A store that takes nothing for now: copies to it begin, and do not end.
	dmsetup suspend store1
	before=$(copy_jobs)
	write_all_at_once
	until_true have_begun $((before + 8))
	check "$what, the snapshot goes" remove_while_stuck
	wait
	check "$what, the origin holds all that was written" holds /dev/mapper/origin /tmp/origin
	check "$what, another snapshot is what the origin was" holds /dev/mapper/stays /tmp/before
	for device in stays store1 store0 origin; do
		dmsetup remove $device
	done
	check "$what, so does its disk" same /dev/vda /tmp/origin $((size * 512))
}
