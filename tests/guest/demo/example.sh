# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The target of Documentation/example, with a file system on it.

# part NAME SLOT: a device of its own for a slot of disk S.
part()
{
	dmsetup create "$1" --table "0 $SECTORS linear $S $(($2 * SECTORS))"
}

write_files()
{
	mount -t ext4 /dev/mapper/twin /mnt &&
		cp -r /mnt/folder-1 /mnt/copied &&
		sync &&
		umount /mnt
}

same_parts()
{
	forget_cached
	equal "$(sha256sum </dev/mapper/origin)" "$(sha256sum </dev/mapper/copy)"
}

run_example()
{
	check "insmod dm-twin.ko" insmod /modules/dm-twin.ko
	check "a part of disk S to be the origin" part origin 0
	check "a part of disk S to be its twin" part copy 1
	check "zeroes on the twin" client error=0x0 zero dm_io_sync 0 "$(slot 1)"
	check "a device that keeps the two the same" dmsetup create twin \
		--table "0 $SECTORS twin /dev/mapper/origin /dev/mapper/copy"
	check "the file system on it is written to" write_files
	check "both parts are the same" same_parts
	check "e2fsck finds no fault with the twin" fsck /dev/mapper/copy
	check "the devices go" dmsetup remove twin origin copy
	check "rmmod dm-twin" rmmod dm-twin
}
