# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The clone, and a file that holds what it must hold.

SOURCE=/dev/vda
DEST=/dev/vdb
METADATA=/dev/vdc
CLONE=/dev/mapper/clone
WANTED=/tmp/wanted

table()
{
	echo "0 $SECTORS clone $METADATA $DEST $SOURCE $REGION 2 no_hydration no_discard_passdown"
}

# status_field NUMBER
status_field()
{
	dmsetup status clone | awk -v field="$1" '{ print $field }'
}

# How many regions have been copied, or need no copy.
hydrated()
{
	status_field 7 | cut -d / -f 1
}

all_hydrated()
{
	equal "$(status_field 7) $(status_field 8)" "$REGIONS/$REGIONS 0"
}

# All regions are hydrated, or never will be.
hydration_over()
{
	all_hydrated || [ "$(dmsetup status clone | awk '{ print $NF }')" != rw ]
}

# holds DEVICE FILE
holds()
{
	same "$1" "$2" $((SECTORS * 512))
}

# random_writes FILE SEED OPTION...: a seed always gives the same writes.
random_writes()
{
	file=$1
	seed=$2
	shift 2
	fio --name=writes --filename="$file" --randseed="$seed" --rw=randwrite --refill_buffers \
		--ioengine=psync --blockalign=512 --size=$((SECTORS * 512)) --output=/dev/null "$@"
}

# write_both SEED OPTION...: to the clone, and to the file.
write_both()
{
	random_writes $CLONE "$@" --direct=1 && random_writes $WANTED "$@"
}
