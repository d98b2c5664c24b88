# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks that complete at once, or each bio after a time. Only those for metadata keep what
# is written: to copy data is then what the engine and the target have to do for it.

NULLB=/sys/kernel/config/nullb

# disk NAME NANOSECONDS MEMORY_BACKED SIZE_MIB
disk()
{
	mkdir "$NULLB/$1"
	if [ "$2" = 0 ]; then
		echo 0 >"$NULLB/$1/irqmode"
	else
		echo 2 >"$NULLB/$1/irqmode"
		echo "$2" >"$NULLB/$1/completion_nsec"
	fi
	echo 1024 >"$NULLB/$1/hw_queue_depth"
	echo "$3" >"$NULLB/$1/memory_backed"
	echo "$4" >"$NULLB/$1/size"
	echo 1 >"$NULLB/$1/power"
}

# disks NAME NANOSECONDS: two for data, and one for metadata.
disks()
{
	disk "${1}0" "$2" 0 65536
	disk "${1}1" "$2" 0 65536
	disk "${1}m" "$2" 1 64
}

# new_metadata SPEED: a target that reads its metadata finds that there is none.
new_metadata()
{
	dd if=/dev/zero of="/dev/${1}m" bs=4096 count=1 conv=fsync 2>/dev/null
}

# threads SPEED: how many writes are in flight that make a target copy.
threads()
{
	case $1 in
	now) echo 1 ;;
	late) echo 4 ;;
	esac
}

# beside SPEED DEVICE FIRST STRIDE COUNT: what makes the program write there meanwhile.
beside()
{
	[ "$1" = now ] || echo "foreground $2 $3 $4 $5"
}
