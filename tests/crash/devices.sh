# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A snapshot and a mirror, and those who write to them. The sizes, all in sectors, are the
# settings' (see run.py).

# piece NAME DISK START SECTORS
piece()
{
	dmsetup create "$1" --table "0 $4 linear $2 $3"
}

# snapshot ORIGIN STORE: /dev/mapper/snap, and /dev/mapper/origin, which is written to.
snapshot()
{
	dmsetup create snap --table "0 $ORIGIN_SECTORS snapshot $1 $2 P $CHUNK" &&
		dmsetup create origin --table "0 $ORIGIN_SECTORS snapshot-origin $1"
}

# mirror LEG LEG LOG
mirror()
{
	dmsetup create mirror --table \
		"0 $LEG_SECTORS mirror disk 2 $3 $REGION 2 $1 0 $2 0"
}

# write_all PLAN DEVICE SINK: all writers, at the same time; see writer/main.c.
write_all()
{
	writers=''
	writer=0
	# shellcheck disable=SC2153 # the settings have it
	for every in $EVERY; do
		# shellcheck disable=SC2086 # the sink is two words
		writer "/dev/mapper/$2" "/data/$1.$writer" $writer "$every" $3 &
		writers="$writers $!"
		writer=$((writer + 1))
	done
	for process in $writers; do
		wait "$process" || return 1
	done
}
