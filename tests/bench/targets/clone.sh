# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A clone with regions of 64 KiB.

# hydrate SPEED COUNT: so many regions.
hydrate()
{
	new_metadata "$1"
	dmsetup create clone --table "0 $(($2 * 128)) clone /dev/${1}m /dev/${1}1 /dev/${1}0 128 2 no_hydration no_discard_passdown"
	dmsetup message clone 0 enable_hydration
	# shellcheck disable=SC2046 # a word for each argument
	copies $(beside "$1" /dev/mapper/clone 0 4096 $(($2 * 16))) until clone 4 "$2" 1
	ended=$?
	dmsetup remove clone
	return $ended
}
