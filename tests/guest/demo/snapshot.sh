# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The story's first half: lvm2 and dm-snapshot keep a file system as it was at one moment.

export LVM_SYSTEM_DIR=/lib/lvm
DISK=/tmp/disk
SNAPSHOT=/dev/mapper/vg-moment

# lvm COMMAND...: its own complaints matter only if it fails.
lvm()
{
	/bin/lvm "$@" </dev/null 2>&1
}

# Two volumes, each on a disk of its own.
make_volumes()
{
	lvm vgcreate -y -s 1m vg "$DATA_DISK" "$STORE_DISK" "$SECOND_DISK" &&
		lvm lvcreate -y -Wn -Zn -l "$MIB" -n data vg "$DATA_DISK" &&
		lvm lvcreate -y -Wn -Zn -l "$MIB" -n second vg "$SECOND_DISK"
}

mount_data()
{
	mkdir -p $DISK
	dd if="$SOURCE" of="$DATA" bs=1M oflag=direct 2>/dev/null &&
		mount -t ext4 "$DATA" $DISK
}

# The file system is frozen meanwhile, so that what is on the disk then is whole.
take_snapshot()
{
	fsfreeze --freeze $DISK || return 1
	cat "$DATA" >/tmp/moment
	lvm lvcreate -y -s -c 8k -l "$MIB" -n moment vg/data "$STORE_DISK"
	taken=$?
	fsfreeze --unfreeze $DISK && return $taken
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
	dmsetup status vg-moment | awk -F '[ /]' '{ print $4 - $6 }'
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
	check "lvcreate makes two volumes" make_volumes
	check "an ext4 file system with $FILES known files is mounted from one" mount_data
	check "all are there" files_in $DISK /data/checksums
	report say "-- A snapshot is taken while it is in use. It is empty at first: before anything"
	report say "   is written over, dm-snapshot has this module's kcopyd copy it to a store."
	check "lvcreate -s takes the snapshot" take_snapshot
	check "this module has its clients" [ "$(wc -l </proc/dm_io_rust_takeover)" -ge 2 ]
	check "files are written over, removed, and made, on the mounted disk" change_files
	check_snapshot
	check "the disk is unmounted" umount $DISK
	report say "$(($(sectors_kept) / 2)) KiB of the disk's $MIB MiB had to be kept"
	check "this module copied exactly these" equal "$(sectors_copied before)" "$(sectors_kept)"
	check "e2fsck finds no fault with the snapshot" fsck $SNAPSHOT
	check "lvremove, the snapshot goes" lvm lvremove -y vg/moment
	check "e2fsck finds no fault with the disk" fsck "$DATA"
	keep_statistics snapshot
}
