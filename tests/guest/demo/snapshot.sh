# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The story's first half: dm-snapshot keeps a file system as it was at one moment.

DISK=/tmp/disk
SNAPSHOT=/dev/mapper/moment

start_origin()
{
	mkdir -p $DISK
	dmsetup create data --table "0 $SECTORS snapshot-origin $DATA" &&
		mount -t ext4 /dev/mapper/data $DISK
}

# The file system is frozen while its device is suspended, so that what is on the
# disk then is whole.
take_snapshot()
{
	dd if=/dev/zero of="$STORE" bs=4096 count=1 conv=fsync 2>/dev/null
	dmsetup suspend data
	blockdev --flushbufs "$DATA"
	cat "$DATA" >/tmp/moment
	dmsetup create moment --table "0 $SECTORS snapshot $DATA $STORE P 16"
	dmsetup resume data
}

# In place, so that the blocks of the old files get the new bytes.
overwrite_files()
{
	(cd /data/changes/folder-1 && echo file-*) | tr ' ' '\n' | while read -r file; do
		dd if="/data/changes/folder-1/$file" of="$DISK/folder-1/$file" bs=64k \
			conv=notrunc 2>/dev/null || return 1
	done
}

change_files()
{
	overwrite_files && rm -r $DISK/folder-2 && cp -r /data/changes/folder-new $DISK && sync
}

is_moment()
{
	same "$1" /tmp/moment $((SECTORS * 512))
}

# sectors_kept: of the store, those that hold what was on the origin.
sectors_kept()
{
	dmsetup status moment | awk -F '[ /]' '{ print $4 - $6 }'
}

end_snapshot()
{
	dmsetup remove moment data
}

check_snapshot()
{
	check "the snapshot is, byte for byte, what the disk was at that moment" is_moment $SNAPSHOT
	check "the disk itself is not, so the comparison can fail" fails is_moment "$DATA"
	check "the snapshot mounts beside it, with all $FILES files as they were" files_of $SNAPSHOT
	check "the mounted disk has the changes" files_in $DISK /data/checksums.changed
	check "and not the files of before" fails files_in $DISK /data/checksums
}

tell_snapshot()
{
	report say "== A snapshot: files change, and can still be read as they were"
	check "an ext4 file system with $FILES known files is mounted" start_origin
	check "all are there" files_in $DISK /data/checksums
	report say "-- A snapshot is taken while it is in use. It is empty at first: before anything"
	report say "   is written over, dm-snapshot has this module's kcopyd copy it to a store."
	check "the snapshot is taken" take_snapshot
	check "files are written over, removed, and made, on the mounted disk" change_files
	check_snapshot
	check "the disk is unmounted" umount $DISK
	report say "$(($(sectors_kept) / 2)) KiB of the disk's $MIB MiB had to be kept"
	check "this module copied exactly these" equal "$(sectors_copied before)" "$(sectors_kept)"
	check "e2fsck finds no fault with the snapshot" fsck $SNAPSHOT
	check "the snapshot goes" end_snapshot
	check "e2fsck finds no fault with the disk" fsck "$DATA"
	keep_statistics snapshot
}
