# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2153 # the pieces share these
# The device, a file that holds what it must hold, and one that says which block was
# last written in which era.

METADATA=/dev/vda
ORIGIN=/dev/vdb
# Random bytes to write.
SOURCE=/dev/vdc
# Where a copy of the metadata goes, as it is at one moment.
COPY=/dev/vdd
DEVICE=/dev/mapper/era
WANTED=/tmp/wanted
# Lines of a block and its era.
WRITTEN=/tmp/written
SECTORS=$(sectors $ORIGIN)

create_era()
{
	dmsetup create era --table "0 $SECTORS era $METADATA $ORIGIN $BLOCK"
}

# The current era.
era()
{
	dmsetup status era | awk '{ print $6 }'
}

begin()
{
	dd if=/dev/zero of=$METADATA bs=4096 count=1 conv=fsync 2>/dev/null
	dd if=$ORIGIN of=$WANTED bs=1M 2>/dev/null
	: >$WRITTEN
	check "the device is created" create_era
	check "it reads as the origin" holds $DEVICE
}

# over ERA
over()
{
	[ "$(era)" -gt "$1" ]
}

# end_era ERA
end_era()
{
	dmsetup message era 0 checkpoint && until_true over "$1"
}

# choose_blocks SEED
choose_blocks()
{
	awk -v seed="$1" -v blocks="$BLOCKS" 'BEGIN {
		srand(seed)
		for (i = 0; i < 12; i++)
			print int(rand() * blocks)
	}' | sort -nu >/tmp/chosen
}

# write_blocks: of each chosen block one sector, which makes it a written one.
write_blocks()
{
	current=$(era)
	[ -s /tmp/chosen ] || return 1
	while read -r block; do
		at=$((block * BLOCK + block % BLOCK))
		for file in $DEVICE $WANTED; do
			dd if=$SOURCE of="$file" bs=512 skip=$(((at + current * 7) % SECTORS)) \
				seek=$at count=1 conv=notrunc,fsync 2>/dev/null || return 1
		done
		echo "$block $current" >>$WRITTEN
	done </tmp/chosen
}

# holds DEVICE
holds()
{
	same "$1" $WANTED $((SECTORS * 512))
}
