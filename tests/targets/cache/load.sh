# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Reads that make a part of the device hot, and random writes.

# read_part MIB COUNT: past the page cache, and each block 64 times before the next. A read
# raises a block by one of smq's 64 levels or more. Blocks that are read in turn instead can
# take each other's places there for ever, below the level that would promote them.
read_part()
{
	# The shell's own goes to the page cache when it reads as little as that.
	/bin/dd if=/dev/mapper/cache of=/dev/null bs=1k skip=$(($1 * 1024)) count=$(($2 * 1024)) \
		iflag=direct 2>/dev/null
}

# write_both SEED MIB COUNT: the same bytes to the same places of the device and its
# model.
write_both()
{
	# fio multiplies a job's seed by the job's number.
	fio --rw=randwrite --offset="${2}m" --size="${3}m" --bsrange=512-24k --ioengine=psync \
		--norandommap --allrandrepeat=1 --refill_buffers --fsync=20 --thread --number_ios="$WRITES" \
		--name=model --filename="$MODEL" --randseed=$((2 * (SEED + $1))) \
		--name=device --filename=/dev/mapper/cache --direct=1 --randseed=$((SEED + $1))
}
