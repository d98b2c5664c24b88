# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Bad sectors of null_blk, where each command fails that has one.

# In order, some of a length, and so many single sectors that many a copy meets one.
stretches()
{
	{
		printf '%s\n' 1500,24 2900,8 4095,2 5000,30 9000,60 11000,3 17345,50 25000,1 31000,64
		seq 700 509 32000 | sed 's/$/,1/'
	} | sort -n
}

# spoil NAME: these go bad, while there is no load.
spoil()
{
	for stretch in $(stretches); do
		start=${stretch%,*} length=${stretch#*,}
		echo "+$start-$((start + length - 1))" >"/sys/kernel/config/nullb/$1/badblocks" &&
			control bad "/dev/$1" "$start" "$length" rw || return 1
	done
}

# mend NAME: none is bad any more.
mend()
{
	for stretch in $(stretches); do
		start=${stretch%,*} length=${stretch#*,}
		echo "-$start-$((start + length - 1))" >"/sys/kernel/config/nullb/$1/badblocks" ||
			return 1
	done
	control bad "/dev/$1" 0 $((MIB * 2048)) none
}
