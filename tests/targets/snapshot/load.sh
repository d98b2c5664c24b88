# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A file system that is written to while a snapshot of it stays what it was.

make_ext4()
{
	# Not the shell's own.
	/bin/mke2fs -q -F -t ext4 -E nodiscard -U random /dev/mapper/origin
}

# It makes file systems this small for tests only.
make_xfs()
{
	TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1 mkfs.xfs -q -f -K /dev/mapper/origin
}

check_ext4()
{
	e2fsck -fn "$1"
}

check_xfs()
{
	# So small a one has a single allocation group.
	xfs_repair -n -P -m 64 -o force_geometry "$1"
}

# Files that are on the snapshot too: of random bytes, and fio's.
fill_files()
{
	for number in 1 2 3 4; do
		dd if="$SOURCE" of="/mnt/file$number" bs=64k skip=$((number * 30)) count=$((number * 8)) \
			2>/dev/null
	done
	fio_load 1 2m
	(cd /mnt && sha256sum file*) >/tmp/files.sum
}

# fio_load STREAM SIZE: writes, then reads them all back.
fio_load()
{
	fio --name=load --directory=/mnt --rw=randwrite --bsrange=4k-32k --direct=1 \
		--size="$2" --numjobs=2 --thread --group_reporting --ioengine=psync \
		--randseed=$((SEED + $1)) --allrandrepeat=1 --verify=crc32c --verify_fatal=1
}

# files_on DEVICE FS OPTIONS: the files of the snapshot, by their checksums.
files_on()
{
	mkdir -p /tmp/snapshot
	mount -t "$2" -o "$3" "$1" /tmp/snapshot || return 1
	(cd /tmp/snapshot && sha256sum -c /tmp/files.sum)
	result=$?
	umount /tmp/snapshot
	return $result
}

# overwrite_files: what the snapshot has is gone on the origin.
overwrite_files()
{
	for number in 4 2; do
		dd if="$SOURCE" of="/mnt/file$number" bs=64k skip=$number count=$((number * 8)) \
			conv=notrunc,fsync 2>/dev/null
	done
	rm /mnt/file1
}

read_only_options()
{
	case $1 in
	ext4) echo ro,noload ;;
	xfs) echo ro,norecovery,nouuid ;;
	esac
}

load_size()
{
	if [ "$SCOPE" = short ]; then echo 2m; else echo 6m; fi
}

# origin_size DISK: in sectors.
origin_size()
{
	if [ "$SCOPE" = short ]; then echo 49152; else sectors "$1"; fi
}

# start_of_load FS DISK TYPE CHUNK: a snapshot of a mounted file system.
start_of_load()
{
	size=$(origin_size "$2")
	origin "$2" "$size"
	check "$1, made on the origin" "make_$1"
	check "$1, mounts" mount -t "$1" /dev/mapper/origin /mnt
	check "$1, fio fills it" fill_files
	# Suspending freezes the file system, so that the snapshot is clean.
	dmsetup suspend origin
	copy_of "$2" "$size" /tmp/before
	snapshot snap "$2" big "$3" "$4"
	dmsetup resume origin
}

# under_load FS TYPE CHUNK
under_load()
{
	case $1 in
	ext4) disk=/dev/vda ;;
	xfs) disk=/dev/vdb ;;
	esac
	what="$1, store $2, chunks of $3"
	big_store
	start_of_load "$1" "$disk" "$2" "$3"

	fio_load 2 "$(load_size)" >/tmp/fio.log 2>&1 &
	check "$what, the snapshot is what the origin was, while fio writes" holds /dev/mapper/snap /tmp/before
	wait $!
	check "$what, fio finds what it wrote" [ $? = 0 ]
	check "$what, files are written over and removed" overwrite_files
	check "$what, the store has copies" [ "$(sectors_used snap)" -gt 1000 ]
	check "$what, the snapshot is byte for byte what the origin was" holds /dev/mapper/snap /tmp/before
	check "$what, the snapshot's files have their checksums" \
		files_on /dev/mapper/snap "$1" "$(read_only_options "$1")"
	umount /mnt
	check "$what, the origin is no longer what it was" fails holds /dev/mapper/origin /tmp/before
	check "$what, the origin's file system is sound" "check_$1" /dev/mapper/origin
	if [ "$2" = P ]; then
		check "$what, the snapshot is read from its store again" again snap "$disk" big "$3"
		check "$what, and is still what the origin was" holds /dev/mapper/snap /tmp/before
	fi
	dmsetup remove snap
	dmsetup remove origin
	dmsetup remove big
}

# Slots 0 to 4 as one store, without the guards between them.
big_store()
{
	for number in 0 1 2 3 4; do
		echo "$((number * SLOT)) $SLOT linear $STORES $((number * (SLOT + 1)))"
	done | dmsetup create big
	dd if=/dev/zero of=/dev/mapper/big bs=4096 count=1 conv=fsync 2>/dev/null
}
