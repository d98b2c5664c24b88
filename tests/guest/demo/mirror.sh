# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The story's second half: dm-mirror keeps the file system on two disks, and one fails.

REGION=128
REGIONS=$((SECTORS / REGION))
THROTTLE=/sys/module/dm_mirror/parameters/raid1_resync_throttle

# No copy ends before the second leg is resumed.
start_mirror()
{
	dmsetup create first --table "0 $SECTORS linear $DATA 0" &&
		dmsetup create second --table "0 $SECTORS linear $SECOND 0" &&
		dmsetup suspend second &&
		dmsetup create mirror --table "0 $SECTORS mirror core 1 $REGION \
			2 /dev/mapper/first 0 /dev/mapper/second 0 2 handle_errors keep_log"
}

# synced: as in "12/512" regions.
synced()
{
	dmsetup status mirror | awk '{ print $(5 + $4) }'
}

# letters: one for each leg's health.
letters()
{
	dmsetup status mirror | awk '{ print $(7 + $4) }'
}

# progress REGIONS/REGIONS
progress()
{
	echo "$1" | awk -F / -v mib="$MIB" '{
		printf "   resync [%-20s] %3d %%, %2d of %d MiB\n",
			substr("####################", 1, 20 * $1 / $2), 100 * $1 / $2,
			mib * $1 / $2, mib
	}'
}

# watch_resync FILE...: shows it, by tenths; at each, another file is copied.
watch_resync()
{
	shown=-1
	while [ "$shown" != 10 ] || [ $# != 0 ]; do
		now=$(synced)
		tenth=$((10 * ${now%/*} / REGIONS))
		[ $tenth = "$shown" ] || report say "$(progress "$now")"
		if [ $# != 0 ] && { [ $tenth != "$shown" ] || [ $tenth = 10 ]; }; then
			cp "$1" "$DISK/meanwhile" && sync || return 1
			shift
		fi
		shown=$tenth
		usleep 20000
	done
}

resync()
{
	dmsetup resume second &&
		mount -t ext4 /dev/mapper/mirror "$DISK" &&
		mkdir "$DISK/meanwhile" &&
		watch_resync "$DISK"/folder-0/*
}

# The files of a leg that is in use can be seen through a device of its own.
files_of_leg()
{
	dmsetup create look --table "0 $SECTORS linear /dev/mapper/$1 0"
	files_of /dev/mapper/look /tmp/checksums.mirror
	result=$?
	dmsetup remove look
	return $result
}

same_legs()
{
	same /dev/mapper/first /dev/mapper/second $((SECTORS * 512))
}

check_legs()
{
	check "the file system is frozen" fsfreeze --freeze "$DISK"
	check "both disks are byte for byte the same" same_legs
	check "the first holds all files" files_of_leg first
	check "so does the second" files_of_leg second
	check "the file system goes on" fsfreeze --unfreeze "$DISK"
}

fail_first()
{
	dmsetup load first --table "0 $SECTORS error" && dmsetup suspend --noflush first &&
		dmsetup resume first
}

write_afterwards()
{
	cp -r "$DISK/folder-new" "$DISK/afterwards" && sync
}

# know_copy FROM TO: the copies of a folder's files have the same checksums.
know_copy()
{
	sed -n "s,  $1/,  $2/,p" /data/checksums.changed >>/tmp/checksums.mirror
}

lose_first()
{
	check "the first disk fails, every access to it is an error now" fail_first
	check "files are written all the same" write_afterwards
	know_copy folder-new afterwards
	check "the mirror knows that the first disk is dead" equal "$(letters)" DA
	check "all $(wc -l </tmp/checksums.mirror) files are there" files_in "$DISK" /tmp/checksums.mirror
	check "the disk is unmounted" umount "$DISK"
	check "the mirror goes" dmsetup remove mirror first second
	check "e2fsck finds no fault with the second disk" fsck "$SECOND"
	check "the second disk, by itself, holds all files" files_of "$SECOND" /tmp/checksums.mirror
	check "the first does not, so the check can fail" fails files_of "$DATA" /tmp/checksums.mirror
}

tell_mirror()
{
	report say "== A mirror: a second disk becomes the same as the first, which then fails"
	check "a mirror is made of that disk and another" start_mirror
	check "none of it is in sync" equal "$(synced)" "0/$REGIONS"
	check "the disks are not the same, so the comparison can fail" fails same "$DATA" "$SECOND" 4096
	report say "-- dm-mirror has this module's kcopyd copy the first disk to the second, slowly"
	report say "   enough to be seen. The file system is mounted meanwhile, and with each line"
	report say "   below another file is written to it."
	cp /data/checksums.changed /tmp/checksums.mirror
	know_copy folder-0 meanwhile
	echo 10 >$THROTTLE
	check "the resync ends, and so do the writes" resync
	echo 100 >$THROTTLE
	check "this module copied $MIB MiB, no sector more or less" \
		equal "$(sectors_copied snapshot)" "$SECTORS"
	check_legs
	lose_first
	keep_statistics mirror
}
