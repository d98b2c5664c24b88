# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The devices: a pair of each kind, whose names end in 0 for mainline's and in 1
# for ours.

MODULE=/sys/kernel/debug/dm_io_rust_differential
MIB=8
# Not the shell's own, which cannot do other blocks than 512 bytes.
LOSETUP=/bin/losetup

# memory_disk NAME [ATTRIBUTE=VALUE...]: a null_blk device that keeps its data.
memory_disk()
{
	name=$1
	shift
	mkdir "/sys/kernel/config/nullb/$name" || return 1
	for setting in size=$MIB memory_backed=1 "$@" power=1; do
		echo "${setting#*=}" >"/sys/kernel/config/nullb/$name/${setting%%=*}" || return 1
	done
	# What is merged with an I/O that fails would fail, too.
	echo 2 >"/sys/block/$name/queue/nomerges"
}

# loop_disk NAME BLOCK: a loop device on a file in memory.
loop_disk()
{
	truncate -s ${MIB}M "/tmp/$1" &&
		ln -s "$($LOSETUP -f)" "/dev/$1" &&
		$LOSETUP -b "$2" "/dev/$1" "/tmp/$1"
}

# Both SCSI disks. They take memory that starts at any multiple of 4.
scsi_disks()
{
	modprobe scsi_debug dev_size_mb=$MIB add_host=2 per_host_store=1 lbpu=1 lbpws=1 \
		ndelay=50000 || return 1
	until [ -b /dev/sda ] && [ -b /dev/sdb ]; do
		usleep 10000
	done
	ln -s sda /dev/scsi0
	ln -s sdb /dev/scsi1
}

# The driver removes the files of a disk's target asynchronously, and oopses when its own end was
# earlier.
remove_scsi_disks()
{
	for target in /sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*; do
		echo 1 | tee "$target"/*/delete >/dev/null || return 1
		while [ -e "/sys/kernel/debug/scsi_debug/${target##*/}" ]; do
			usleep 10000
		done
	done
	rmmod scsi_debug
}

# Stretches that fail: where they start, and their lengths.
STRETCHES='500,1 1500,24 2900,8 4095,2 5000,300 7000,7 8191,1 9000,100 11000,3 12345,700 15000,64'

# error_table DISK: a device-mapper table with these stretches.
error_table()
{
	at=0
	for stretch in $STRETCHES; do
		start=${stretch%,*} length=${stretch#*,}
		echo "$at $((start - at)) linear $1 $at"
		echo "$start $length error"
		at=$((start + length))
	done
	echo "$at $((MIB * 2048 - at)) linear $1 $at"
}

# bad_disk NAME: on which commands fail that meet a stretch.
bad_disk()
{
	memory_disk "$1" || return 1
	for stretch in $STRETCHES; do
		start=${stretch%,*} length=${stretch#*,}
		echo "+$start-$((start + length - 1))" >"/sys/kernel/config/nullb/$1/badblocks" ||
			return 1
	done
}

# register NAME DEVICE RAW [WORD...]: the paths without their last digit.
register()
{
	name=$1 device=$2 raw=$3
	shift 3
	echo "$name ${device}0 ${device}1 ${raw}0 ${raw}1 $*" >$MODULE/disk
}

# mapped NAME TABLE: on a device-mapper table with the lower device's name in it.
mapped()
{
	for side in 0 1; do
		$2 "/dev/under-$1$side" | dmsetup create "$1$side" || return 1
	done
}

flakey_table()
{
	echo "0 $((MIB * 2048)) flakey $1 0 0 1 1 error_writes"
}

delay_table()
{
	echo "0 $((MIB * 2048)) delay $1 0 2 $1 0 3"
}

make_side()
{
	memory_disk "plain$1" discard=1 &&
		memory_disk "late$1" discard=1 irqmode=2 completion_nsec=300000 &&
		memory_disk "zoned$1" size=16 zoned=1 zone_size=2 &&
		bad_disk "bad$1" &&
		memory_disk "under-errors$1" discard=1 &&
		memory_disk "under-flakey$1" discard=1 &&
		memory_disk "under-delay$1" discard=1 &&
		loop_disk "file$1" 512 &&
		loop_disk "four-k$1" 4096
}

make_devices()
{
	ln -s vda /dev/host0
	ln -s vdb /dev/host1
	scsi_disks && make_side 0 && make_side 1 &&
		mapped errors error_table &&
		mapped flakey flakey_table &&
		mapped delay delay_table
}

register_devices()
{
	register plain /dev/plain /dev/plain &&
		register host /dev/host /dev/host &&
		register scsi /dev/scsi /dev/scsi &&
		register file /dev/file /dev/file &&
		register four-k /dev/four-k /dev/four-k &&
		register late /dev/late /dev/late &&
		register zoned /dev/zoned /dev/zoned &&
		register bad /dev/bad /dev/bad fails whole &&
		register errors /dev/mapper/errors /dev/under-errors fails &&
		register flakey /dev/mapper/flakey /dev/under-flakey fails unwritable &&
		register delay /dev/mapper/delay /dev/under-delay slow
}

remove_devices()
{
	dmsetup remove errors0 errors1 flakey0 flakey1 delay0 delay1 &&
		$LOSETUP -d /dev/file0 /dev/file1 /dev/four-k0 /dev/four-k1 &&
		remove_scsi_disks &&
		rmdir /sys/kernel/config/nullb/*[01]
}
