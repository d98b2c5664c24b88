# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A thin volume that shares all of its blocks of 64 KiB with a snapshot.

# break_sharing SPEED COUNT: a write to each block, and others to as many behind them.
break_sharing()
{
	new_metadata "$1"
	sectors=$(($2 * 256))
	dmsetup create pool --table "0 $((sectors * 4)) thin-pool /dev/${1}m /dev/${1}1 128 0 1 skip_block_zeroing"
	dmsetup message pool 0 "create_thin 0"
	dmsetup create volume --table "0 $sectors thin /dev/mapper/pool 0"
	/bin/copies write /dev/mapper/volume 0 65536 $(($2 * 2)) 1 >/dev/null
	dmsetup suspend volume
	dmsetup message pool 0 "create_snap 1 0"
	dmsetup resume volume
	# shellcheck disable=SC2046 # a word for each argument
	copies $(beside "$1" /dev/mapper/volume $(($2 * 65536)) 65536 "$2") \
		write /dev/mapper/volume 0 65536 "$2" "$(threads "$1")"
	ended=$?
	dmsetup remove volume
	dmsetup remove pool
	return $ended
}
