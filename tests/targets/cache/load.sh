# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Reads that make a part of the device hot, and random writes.

# read_part MIB COUNT: past the page cache.
read_part()
{
	dd if=/dev/mapper/cache of=/dev/null bs=64k skip=$(($1 * 16)) count=$(($2 * 16)) \
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
