# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Random writes, the same bytes to the same places of a volume and its model.

# write_both ID SEED
write_both()
{
	# fio multiplies a job's seed by the job's number.
	fio --rw=randwrite --size="$BYTES" --bsrange=512-24k --ioengine=psync --norandommap \
		--allrandrepeat=1 --refill_buffers --fsync=20 --thread --number_ios="$WRITES" \
		--name=model --filename="/tmp/model$1" --randseed=$((2 * (SEED + $2))) \
		--name=volume --filename="/dev/mapper/thin$1" --direct=1 --randseed=$((SEED + $2))
}
