# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the other pieces use these
# The cached device, and a file that holds what it must hold.

ORIGIN=/dev/vda
CACHE=/dev/vdb
# Where a copy of both goes, as they are at one moment.
ORIGIN_COPY=/dev/vdc
CACHE_COPY=/dev/vdd
CACHED=/dev/mapper/cached
WANTED=/tmp/wanted

# table ORIGIN OPTION...: the first sector of the cache is the part's.
table()
{
	origin=$1
	shift
	echo "0 $SECTORS writecache s $origin /dev/mapper/part $BLOCK $# $*"
}

# create_part CACHE
create_part()
{
	dmsetup create part --table "0 $CACHE_SECTORS linear $1 0"
}

# status_field NUMBER: as the kernel's document of the target counts them.
status_field()
{
	dmsetup status cached | awk -v field="$1" '{ print $(field + 3) }'
}

# How many blocks the cache holds.
cached_blocks()
{
	echo $(($(status_field 2) - $(status_field 3)))
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
		--ioengine=psync --blockalign="$BLOCK" --size=$((SECTORS * 512)) \
		--output=/dev/null "$@"
}

# write_both SEED OPTION...: to the device, and to the file.
write_both()
{
	random_writes $CACHED "$@" --direct=1 --end_fsync=1 && random_writes $WANTED "$@"
}
