# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Two tasks create clients, use and destroy them by the kernel's names, beside a
# snapshot that is written to, while the takeover is switched, and comes and goes.

# A load takes some seconds, a hundred switches as many.
if [ "$SCOPE" = short ]; then SWITCHES=100 TIMES=2; else SWITCHES=1000 TIMES=30; fi

# stress NAME: what the tasks have counted.
stress()
{
	cat "/sys/module/takeover_stress/parameters/$1"
}

start_load()
{
	origin /dev/vda 16384
	copy_of /dev/vda 16384 /tmp/origin
	check "$what, a snapshot is made" add loaded 3
	check "$what, clients are used" insmod /modules/takeover_stress.ko disk=/dev/vdb
	fio --name=load --filename=/dev/mapper/origin --rw=randwrite --bs=4k --direct=1 \
		--time_based --runtime=1000 --ioengine=psync --randseed="$SEED" \
		--rate_iops=50 >/tmp/fio.log 2>&1 &
	fio=$!
	# What happens then happens while it is written to.
	until_true fails holds /dev/mapper/origin /tmp/origin >/dev/null
}

# The tasks go on for a while after the last change.
end_load()
{
	ours=$(stress ours)
	theirs=$(stress theirs)
	report say "$what: $ours clients of this module, $theirs of the kernel's own"
	check "$what, nothing went wrong" equal "$(stress errors)" 0
	check "$what, this module had clients" [ "$ours" -ge 10 ]
	check "$what, so had the kernel's own" [ "$theirs" -ge 10 ]
	rmmod takeover_stress
	# With a failure it ends by itself.
	check "$what, fio writes to the end" kill "$fio"
	wait "$fio"
	check "$what, the origin was written to" fails holds /dev/mapper/origin /tmp/origin
	check "$what, the snapshot is what the origin was" holds /dev/mapper/loaded /tmp/loaded
	dmsetup remove loaded
	dmsetup remove store3
	dmsetup remove origin
}

# With a probe where it begins, too, ftrace calls this module for a function in another way.
probe_entries()
{
	for function in $STOCK; do
		echo "p:entry/$function dm_mod:$function" >>"$TRACING/kprobe_events" || return 1
	done
}

unseen_entries()
{
	awk '!($2 + $3) { print $1 }' "$TRACING/kprobe_profile"
}

# What else changes now and then.
change_rest()
{
	echo $(($1 % 2)) >"$TRACING/events/entry/enable" &&
		echo $(($1 / 2 % 2)) >/sys/devices/system/cpu/cpu1/online
}

switch_often()
{
	number=0
	while [ $number -lt $SWITCHES ]; do
		echo $((number % 2)) >"$ACTIVE" || return 1
		[ $((number % 10)) != 0 ] || cat "$CLIENTS" || return 1
		[ $((number % 50)) != 0 ] || change_rest $((number / 50)) || return 1
		# Either is to last for a while now and then.
		[ $((number % 5)) != 0 ] || usleep 3000
		number=$((number + 1))
	done
}

switches()
{
	what="$SWITCHES switches"
	check "$what, it is taken over" take_over
	start_load
	check "$what, probes are set" probe_entries
	check "$what, they are made" switch_often
	echo 0 >"$TRACING/events/entry/enable"
	echo 1 >/sys/devices/system/cpu/cpu1/online
	check "$what, the probes have seen calls of every function" equal "$(unseen_entries)" ""
	echo >"$TRACING/kprobe_events"
	end_load
	check "$what, it has no clients" equal "$(cat "$CLIENTS")" ""
	check "$what, it is removed" rmmod "$WAY"
}

# has_clients NUMBER: so many have been this module's.
has_clients()
{
	[ "$(stress ours)" -ge "$1" ]
}

# come_and_go: a snapshot that is this module's would keep it.
come_and_go()
{
	number=0
	while [ $number -lt $TIMES ]; do
		take_over || return 1
		until_true has_clients $(($(stress ours) + 8))
		echo 0 >"$ACTIVE"
		leave
		number=$((number + 1))
	done
}

comes_and_goes()
{
	what="loaded and unloaded $TIMES times"
	start_load
	enabled >/tmp/enabled.before
	check "$what, it comes and goes" come_and_go
	enabled >/tmp/enabled.after
	check "$what, ftrace is what it was" cmp /tmp/enabled.before /tmp/enabled.after
	end_load
	check "$what, the module unloads" rmmod dm_io_rust
}
