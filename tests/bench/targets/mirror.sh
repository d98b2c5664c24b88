# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A mirror of two legs, with regions of 512 KiB as lvm2 has them.

# resync SPEED COUNT: of so many regions.
resync()
{
	dmsetup create mirror --notable
	dmsetup load mirror --table "0 $(($2 * 1024)) mirror core 1 1024 2 /dev/${1}0 0 /dev/${1}1 0 1 handle_errors"
	dmsetup resume mirror
	# shellcheck disable=SC2046 # a word for each argument
	copies $(beside "$1" /dev/mapper/mirror 0 4096 $(($2 * 128))) until mirror 4 "$2" 1
	ended=$?
	dmsetup remove mirror
	return $ended
}
