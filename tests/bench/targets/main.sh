# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Measures each line of /data/commands, "FUNCTION ARGUMENT...", with the kernel's own engine
# and with this one in turn, ROUNDS times, and prints all figures of each.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=/dev/null
. /data/settings
. ./disks.sh
. ./snapshot.sh
. ./thin.sh
. ./mirror.sh
. ./clone.sh
. ./cache.sh

SETTLE_SECONDS=4
TAKEOVER=dm_io_rust_takeover
# There is no udev here: dmsetup makes the device nodes itself.
export DM_DISABLE_UDEV=1

load()
{
	modprobe -a dm_mod configfs
	mount -t configfs configfs /sys/kernel/config
	modprobe null_blk nr_devices=0
	# See measure/main.sh.
	echo NO_PLACE_LAG >/sys/kernel/debug/sched/features
	disks now 0
	disks late 100000
	insmod /modules/dm_io_rust.ko
	insmod /modules/$TAKEOVER.ko
	# shellcheck disable=SC2046 # one word for each module
	modprobe -a $(cat /data/targets)
}

# switch_to ENGINE: for clients that are made from now on.
switch_to()
{
	case $1 in
	mainline) echo 0 ;;
	*) echo 1 ;;
	esac >/sys/module/$TAKEOVER/parameters/active
}

# belongs_to ENGINE: what clients there are.
belongs_to()
{
	read -r client <"/proc/$TAKEOVER"
	case $1 in
	mainline) [ -z "$client" ] ;;
	*) [ -n "$client" ] ;;
	esac
}

# copies ARGUMENT...: the program's figures are those of the round.
copies()
{
	belongs_to "$engine" || return 1
	/bin/copies "$@" >/tmp/round
}

# round ENGINE LINE: one more word for each of the files of the engine's figures.
round()
{
	engine=$1
	switch_to "$engine"
	: >/tmp/round
	# shellcheck disable=SC2086 # a function and its arguments
	$2 || return 1
	read -r cost p50 p95 p99 </tmp/round || return 1
	echo "$cost" >>"/tmp/$engine.cost"
	[ -n "$p50" ] || return 0
	echo "$p50" >>"/tmp/$engine.p50"
	echo "$p95" >>"/tmp/$engine.p95"
	echo "$p99" >>"/tmp/$engine.p99"
}

# measure LINE
measure()
{
	rm -f /tmp/*.cost /tmp/*.p??
	number=0
	while [ $number -lt "$ROUNDS" ]; do
		round mainline "$1" && round request "$1" || return 1
		number=$((number + 1))
	done
	for file in /tmp/*.cost /tmp/*.p??; do
		[ -e "$file" ] || continue
		figure=${file##*/}
		echo "figures: ${figure%.*} ${figure#*.} $1: $(tr '\n' ' ' <"$file")"
	done
}

unload()
{
	rmmod "$TAKEOVER" && rmmod dm_io_rust
}

check "the modules load" load
sleep $SETTLE_SECONDS
while read -r line; do
	report say "measuring $line ($(cut -d ' ' -f 1 /proc/uptime) s)"
	measure "$line" || report fail "it measures: $line"
done </data/commands
check "the modules unload" unload
