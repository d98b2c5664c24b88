# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A pool on disks full of random bytes, its volumes, and a model of each.

MIB=4
[ "$SCOPE" = short ] || MIB=16
SECTORS=$((MIB * 2048))
BYTES=$((MIB << 20))
BLOCK=128
BLOCK_BYTES=$((BLOCK * 512))
# shellcheck disable=SC2034 # volumes.sh and random.sh use it
BLOCKS=$((SECTORS / BLOCK))

create_pool()
{
	dmsetup create pool \
		--table "0 $(sectors /dev/vdb) thin-pool /dev/vda /dev/vdb $BLOCK 0"
}

message()
{
	dmsetup message pool 0 "$*"
}

# open_volume ID [ORIGIN]
open_volume()
{
	dmsetup create "thin$1" --table "0 $SECTORS thin /dev/mapper/pool $*"
}

# new_volume ID [ORIGIN]
new_volume()
{
	message create_thin "$1" && open_volume "$@" && truncate -s $BYTES "/tmp/model$1"
}

# snapshot NEW OLD
snapshot()
{
	dmsetup suspend "thin$2" && message "create_snap $1 $2" && dmsetup resume "thin$2" &&
		open_volume "$1" && cp "/tmp/model$2" "/tmp/model$1"
}

delete_volume()
{
	dmsetup remove "thin$1" && message "delete $1" && rm "/tmp/model$1"
}

holds()
{
	same "/tmp/model$1" "/dev/mapper/thin$1" $BYTES
}

# check_volumes ID...
check_volumes()
{
	for id in "$@"; do
		check "volume $id is byte for byte what it must be" holds "$id"
	done
}

# mapped ID: the sectors that the volume has of the pool.
mapped()
{
	dmsetup status "thin$1" | awk '{ print $4 }'
}

# discard ID BLOCK COUNT
discard()
{
	blkdiscard -o $(($2 * BLOCK_BYTES)) -l $(($3 * BLOCK_BYTES)) "/dev/mapper/thin$1" &&
		dd if=/dev/zero of="/tmp/model$1" bs=$BLOCK_BYTES seek="$2" count="$3" \
			conv=notrunc 2>/dev/null
}
