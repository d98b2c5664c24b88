# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A cache of 4 GiB, in blocks of 64 KiB, over an origin of 16 GiB. Its policy counts the
# reads of every 16 blocks together: with one of them read often, all are to be promoted.

BLOCK_BYTES=65536
TOGETHER=16

promotions()
{
	dmsetup status cache | cut -d ' ' -f 13
}

# promote SPEED COUNT: the blocks that are together with so many that are read often.
promote()
{
	new_metadata "$1"
	dmsetup create fast --table "0 8388608 linear /dev/${1}1 0"
	dmsetup create cache --table "0 33554432 cache /dev/${1}m /dev/mapper/fast /dev/${1}0 128 1 writethrough smq 0"
	until [ "$(promotions)" = "$2" ]; do
		for time in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
			/bin/copies read /dev/mapper/cache 0 $((TOGETHER * BLOCK_BYTES)) "$2" 1 \
				>"/tmp/read.$time"
		done
	done
	# shellcheck disable=SC2046 # a word for each argument
	copies $(beside "$1" /dev/mapper/cache 0 4096 $((BLOCK_BYTES / 4096))) \
		read /dev/mapper/cache 0 $BLOCK_BYTES $(($2 * TOGETHER)) "$(threads "$1")" \
		until cache 10 $(($2 * TOGETHER)) 1
	ended=$?
	dmsetup remove cache
	dmsetup remove fast
	return $ended
}
