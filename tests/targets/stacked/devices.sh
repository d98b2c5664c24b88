# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The stack, from the bottom:
#
#	under			a mirror on two disks
#	pool			a thin pool whose data is there
#	base_a store_a ...	its volumes; shared_b has its blocks in common with base_b
#	leg_a			a snapshot of base_a; nobody writes to that
#	leg_b before_b		base_b as an origin, and a snapshot of it
#	top			a mirror of leg_a and leg_b
#
# What is written to top, or copied to leg_b for it to be in sync, makes leg_a copy from its
# origin, leg_b to its snapshot's store, and the pool zero new blocks and copy shared ones.

MIB=2
[ "$SCOPE" = full ] || MIB=1
SECTORS=$((MIB * 2048))
BYTES=$((MIB << 20))
REGION=512
CHUNK=32
SUB_JOB_SIZE=/sys/module/$MODULE/parameters/kcopyd_subjob_size_kb

mirror()
{
	echo "0 $1 mirror core 1 $REGION 2 $2 0 $3 0"
}

# volume ID NAME: a new one.
volume()
{
	dmsetup message pool 0 "create_thin $1" && open_volume "$@"
}

open_volume()
{
	dmsetup create "$2" --table "0 $((SECTORS * 2)) thin /dev/mapper/pool $1"
}

# fill_base NAME PART: with a part of the last disk.
fill_base()
{
	dd if=/dev/vdd of="/tmp/$1" bs=1M skip=$(($2 * MIB)) count=$MIB 2>/dev/null &&
		dd if="/tmp/$1" of="/dev/mapper/$1" bs=1M oflag=direct 2>/dev/null
}

make_pool()
{
	dd if=/dev/zero of=/dev/vda bs=4096 count=1 oflag=direct 2>/dev/null &&
		dmsetup create under --table "$(mirror "$(sectors /dev/vdb)" /dev/vdb /dev/vdc)" &&
		dmsetup create pool --table \
			"0 $(sectors /dev/vdb) thin-pool /dev/vda /dev/mapper/under 128 0"
}

make_volumes()
{
	volume 0 base_a && volume 1 store_a && volume 2 base_b && volume 3 store_b &&
		fill_base base_a 0 && fill_base base_b 1 &&
		dmsetup suspend base_b && dmsetup message pool 0 "create_snap 4 2" &&
		dmsetup resume base_b && open_volume 4 shared_b
}

# snapshot NAME LETTER
snapshot()
{
	dmsetup create "$1" --table \
		"0 $SECTORS snapshot /dev/mapper/base_$2 /dev/mapper/store_$2 P $CHUNK"
}

# A chunk is copied by four sub-jobs: two chunks at a time take all that a client has set aside.
make_snapshots()
{
	echo 4 >"$SUB_JOB_SIZE"
	snapshot leg_a a && snapshot before_b b
	made=$?
	echo 512 >"$SUB_JOB_SIZE"
	return $made
}

# The uppermost device has its table, and with that its clients, but does nothing yet.
make_stack()
{
	make_pool && make_volumes && make_snapshots &&
		dmsetup create leg_b --table "0 $SECTORS snapshot-origin /dev/mapper/base_b" &&
		dmsetup create top --notable &&
		dmsetup load top --table "$(mirror $SECTORS /dev/mapper/leg_a /dev/mapper/leg_b)"
}

# synced NAME: whether all regions of the mirror are in sync, and both legs alive.
synced()
{
	dmsetup status "$1" | awk '{ split($7, regions, "/") }
		END { exit !($9 == "AA" && regions[1] == regions[2]) }'
}

# Of a snapshot that has lost an exception, or a pool that has lost a block.
unsound()
{
	dmsetup status | grep -E 'Invalid|Overflow|Fail|Error|needs_check| ro '
}

# holds NAME FILE
holds()
{
	same "/dev/mapper/$1" "/tmp/$2" $BYTES
}

remove_stack()
{
	dmsetup remove top leg_a leg_b before_b base_a store_a base_b store_b shared_b pool under
}
