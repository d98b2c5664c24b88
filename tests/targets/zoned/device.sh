# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A zoned null_blk, dm-zoned on it, and a file that holds what that must hold.

CONFIG=/sys/kernel/config/nullb/zoned
ZONED=/dev/zoned
NAME=whole
DEVICE=/dev/mapper/$NAME
WANTED=/tmp/wanted
# Two of them are for metadata.
CONVENTIONAL=6

# make_zoned MIB ZONE_MIB
make_zoned()
{
	ZONE_MIB=$2
	modprobe null_blk nr_devices=0
	mount -t configfs configfs /sys/kernel/config
	mkdir $CONFIG
	while read -r name value; do
		echo "$value" >$CONFIG/"$name"
	done <<-END
		size $1
		blocksize 4096
		memory_backed 1
		discard 1
		zoned 1
		zone_size $ZONE_MIB
		zone_nr_conv $CONVENTIONAL
		power 1
	END
}

format()
{
	# dmzadm asks libkmod for the module, which is there already.
	mkdir -p /etc/modprobe.d
	echo "alias dm-zoned dm-zoned" >/etc/modprobe.d/dm-zoned.conf
	check "dmzadm formats the device" dmzadm --format $ZONED --seq=2 --label=$NAME
	check "dmzadm starts it" dmzadm --start $ZONED
	SECTORS=$(sectors $DEVICE)
	CHUNKS=$((SECTORS / 2048 / ZONE_MIB))
	report say "$CHUNKS chunks of $ZONE_MIB MiB, $(dmsetup status $NAME)"
	truncate -s $((SECTORS * 512)) $WANTED
}

# unmapped KIND: how many zones that are random or sequential are free, and exist.
unmapped()
{
	dmsetup status $NAME | sed -n "s,.* \([0-9]*\)/\([0-9]*\) $1.*,\1 \2,p"
}

sequential_in_use()
{
	unmapped sequential | awk '$1 < $2 { used = 1 } END { exit !used }'
}

random_zone_free()
{
	[ "$(unmapped random | cut -d ' ' -f 1)" -gt 0 ]
}

holds()
{
	same $DEVICE $WANTED $((SECTORS * 512))
}

# random_writes FILE SEED OPTION...: a seed always gives the same writes.
random_writes()
{
	file=$1
	seed=$2
	shift 2
	fio --name=writes --filename="$file" --randseed="$seed" --rw=randwrite --refill_buffers \
		--ioengine=psync --blockalign=4k --output=/dev/null --size=$((SECTORS * 512)) "$@"
}

# write_both SEED OPTION...: to the device, and to the file.
write_both()
{
	random_writes $DEVICE "$@" --direct=1 && random_writes $WANTED "$@"
}
