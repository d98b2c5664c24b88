# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Measures each line of /data/commands, and prints it with its figures.

# shellcheck source=../../guest/report.sh
. /lib/report.sh

BENCH=/sys/kernel/debug/dm_io_rust_bench
NULLB=/sys/kernel/config/nullb
SETTLE_SECONDS=4

# delayed_disks NAME NANOSECONDS: nine disks that complete each bio after that time.
delayed_disks()
{
	for i in 0 1 2 3 4 5 6 7 8; do
		disk=$NULLB/$1$i
		mkdir "$disk"
		echo 2 >"$disk/irqmode"
		echo "$2" >"$disk/completion_nsec"
		echo 1024 >"$disk/hw_queue_depth"
		echo 1 >"$disk/power"
	done
}

load()
{
	modprobe configfs
	mount -t configfs configfs /sys/kernel/config
	modprobe null_blk nr_devices=9 queue_mode=2 irqmode=0
	modprobe dm_mod
	# With this feature the cost of two tasks that wake each other depends on
	# which of them has run for longer, and that lasts for many passes.
	echo NO_PLACE_LAG >/sys/kernel/debug/sched/features
	delayed_disks late 100000
	delayed_disks slow 100000000
	insmod /modules/dm_io_rust.ko
	# shellcheck disable=SC2046 # a word for each parameter
	insmod /modules/dm_io_rust_bench.ko $(cat /data/parameters)
}

unload()
{
	rmmod dm_io_rust_bench
	[ ! -d /sys/module/dm_io_rust_takeover ] || rmmod dm_io_rust_takeover || return
	rmmod dm_io_rust
}

# measure LINE: quick, with no process of its own.
measure()
{
	echo "$1" >$BENCH || return
	read -r figures <$BENCH
	echo "figures: $1: $figures"
}

# measure_takeover LINE: with the kernel's names redirected from then on.
measure_takeover()
{
	[ -d /sys/module/dm_io_rust_takeover ] || insmod /modules/dm_io_rust_takeover.ko || return
	echo "$1" >$BENCH || return
	read -r figures <$BENCH
	echo "figures: takeover $1: $figures"
}

check "the modules load" load
sleep $SETTLE_SECONDS
while read -r line; do
	case $line in
	"#"*)
		report say "measuring ${line#\# }"
		;;
	"takeover "*)
		measure_takeover "${line#takeover }" || report fail "it measures: $line"
		;;
	*)
		measure "$line" || report fail "it measures: $line"
		;;
	esac
done </data/commands
check "the modules unload" unload
