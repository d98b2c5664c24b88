# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A device with checksums, and a file that holds what it must hold.

DISK=/dev/vda
# Where a copy of the disk goes, as it is at one moment.
COPY=/dev/vdb
CHECKED=/dev/mapper/checked
WANTED=/tmp/wanted

format()
{
	integritysetup format $DISK --batch-mode --integrity "$HASH" --sector-size "$BLOCK" "$@"
}

# open_disk DISK OPTION...
open_disk()
{
	disk=$1
	shift
	integritysetup open "$disk" checked --integrity "$HASH" "$@"
}

close_disk()
{
	integritysetup close checked
}

# What a power cut would leave: the disk as it is while it is in use.
copy_disk()
{
	/bin/dd if=$DISK of=$COPY bs=1M iflag=direct oflag=direct
}

# status_field NUMBER: as the kernel's document of the target counts them.
status_field()
{
	dmsetup status checked | awk -v field="$1" '{ print $(field + 3) }'
}

# All checksums are there.
recalculated()
{
	case $(status_field 3) in
	- | "$(status_field 2)") ;;
	*) return 1 ;;
	esac
}

# How many bytes the device has.
size()
{
	blockdev --getsize64 $CHECKED
}

holds()
{
	same $CHECKED $WANTED "$(size)"
}

# random_writes FILE SEED OPTION...: a seed always gives the same writes.
random_writes()
{
	file=$1
	seed=$2
	shift 2
	fio --name=writes --filename="$file" --randseed="$seed" --rw=randwrite --refill_buffers \
		--ioengine=psync --blockalign="$BLOCK" --size="$(stat -c %s $WANTED)" \
		--output=/dev/null "$@"
}

# write_both SEED OPTION...: to the device, and to the file.
write_both()
{
	random_writes $CHECKED "$@" --direct=1 --end_fsync=1 && random_writes $WANTED "$@"
}
