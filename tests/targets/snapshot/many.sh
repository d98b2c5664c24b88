# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Eight snapshots of one origin, made at different times, of different kinds.

NUMBERS='1 2 3 4 5 6 7 8'

# type_of NUMBER, chunk_of NUMBER
type_of()
{
	if [ $(($1 % 2)) = 0 ]; then echo N; else echo P; fi
}

chunk_of()
{
	echo $((8 << ($1 % 4)))
}

add_snapshot()
{
	store "$1" "$SLOT"
	dmsetup suspend origin
	cp /tmp/origin "/tmp/snap$1"
	snapshot "snap$1" /dev/vda "store$1" "$(type_of "$1")" "$(chunk_of "$1")"
	dmsetup resume origin
}

check_all()
{
	for number in $NUMBERS; do
		check "many, snapshot $number $1" holds "/dev/mapper/snap$number" "/tmp/snap$number"
	done
	check "many, the origin $1" holds /dev/mapper/origin /tmp/origin
}

many()
{
	size=8192
	count=2
	[ "$SCOPE" = short ] || count=40
	origin /dev/vda $size
	copy_of /dev/vda $size /tmp/origin
	for number in $NUMBERS; do
		add_snapshot "$number"
		scatter $((30 + number)) $count 16 /tmp/origin /dev/mapper/origin
	done
	[ "$SCOPE" = short ] || check_all "is what the origin was then"
	for number in $NUMBERS; do
		scatter $((40 + number)) $count "$(chunk_of "$number")" "/tmp/snap$number" "/dev/mapper/snap$number"
	done
	scatter 39 $count 16 /tmp/origin /dev/mapper/origin
	[ "$SCOPE" = short ] || check_all "holds its own writes as well"
	for number in 1 3 5 7; do
		again "snap$number" /dev/vda "store$number" "$(chunk_of "$number")"
	done
	check_all "holds what it must, the persistent ones read again"
	for number in $NUMBERS; do
		dmsetup remove "snap$number"
		dmsetup remove "store$number"
	done
	dmsetup remove origin
	check "many, the disk holds the origin's writes" same /dev/vda /tmp/origin $((size * 512))
}
