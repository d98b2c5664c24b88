# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the other pieces use these
# VDO on a part of a big device that is only in memory, and a file that holds what it
# must hold.

CONFIG=/sys/kernel/config/nullb/big
# Random bytes.
SOURCE=/dev/vda
BELOW=/dev/mapper/below
DEVICE=/dev/mapper/vdo
WANTED=/tmp/wanted
# The smallest index takes most of it. VDO grows by its journal at least.
PHYSICAL_MIB=2900
GROWN_MIB=3060
OPTIONS=

make_big()
{
	modprobe null_blk nr_devices=0
	modprobe dm-flakey
	mount -t configfs configfs /sys/kernel/config
	mkdir $CONFIG
	while read -r name value; do
		echo "$value" >$CONFIG/"$name"
	done <<-END
		size $GROWN_MIB
		blocksize 4096
		memory_backed 1
		discard 1
		power 1
	END
}

# set_below TARGET OPTION...: what the storage is, from now on.
set_below()
{
	target=$1
	shift
	dmsetup load below --table "0 $((PHYSICAL_MIB * 2048)) $target /dev/big 0 $*" &&
		dmsetup suspend below && dmsetup resume below
}

table()
{
	echo "0 $((LOGICAL_MIB * 2048)) vdo V4 $BELOW $((PHYSICAL_MIB * 256)) 4096 32768 16380 $OPTIONS"
}

start()
{
	dmsetup create vdo --table "$(table)"
}

stop()
{
	dmsetup remove vdo
}

# mode: normal, recovering or read-only.
mode()
{
	dmsetup status vdo | awk '{ print $5 }'
}

recovered()
{
	[ "$(mode)" != recovering ]
}

holds()
{
	same $DEVICE $WANTED $((LOGICAL_MIB << 20))
}

# random_writes FILE SEED OPTION...: a seed always gives the same writes.
random_writes()
{
	file=$1
	seed=$2
	shift 2
	fio --name=writes --filename="$file" --randseed="$seed" --rw=randwrite --refill_buffers \
		--ioengine=psync --blockalign=4k --size="${LOGICAL_MIB}"m --output=/dev/null "$@"
}

# write_both SEED OPTION...: to the device, and to the file.
write_both()
{
	random_writes $DEVICE "$@" --direct=1 --end_fsync=1 && random_writes $WANTED "$@"
}

# The first block of the journal, and how many there are.
journal_blocks()
{
	vdolistmetadata $BELOW | awk -F '( \\.\\. |: )' '
		$3 == "recovery journal" { print $1, $2 - $1 + 1 }'
}

read_journal()
{
	journal_blocks | {
		read -r first count
		/bin/dd if=$BELOW bs=1M skip=$((first * 4096)) count=$((count * 4096)) \
			iflag=direct,skip_bytes,count_bytes 2>/dev/null
	}
}
