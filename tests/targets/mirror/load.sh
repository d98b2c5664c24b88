# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Random writes that can be repeated: the same seed writes the same bytes to the
# same places of whatever file it is given.

FIO="fio --rw=randwrite --size=$BYTES --bsrange=512-48k --ioengine=psync --norandommap
	--allrandrepeat=1 --refill_buffers --fsync=20 --thread"

# fio multiplies a job's seed by the job's number: the first job of a run is to be
# given twice the seed of the second.

# load_model SEED WRITES: what a device's load must have made of the model.
load_model()
{
	$FIO --number_ios="$2" --name=model --filename="$MODEL" --randseed=$((2 * (SEED + $1)))
}

# load_device DEVICE SEED WRITES
load_device()
{
	$FIO --number_ios="$3" --direct=1 --name=device --filename="$1" \
		--randseed=$((2 * (SEED + $2)))
}

# load_both DEVICE SEED WRITES
load_both()
{
	$FIO --number_ios="$3" \
		--name=model --filename="$MODEL" --randseed=$((2 * (SEED + $2))) \
		--name=device --filename="$1" --direct=1 --randseed=$((SEED + $2))
}
