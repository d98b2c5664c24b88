# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Three snapshots of one origin: made before the takeover, after it, and when it is
# inactive.

# add NAME STORE: a snapshot, and a file that is what it must be.
add()
{
	store "$2" "$SLOT"
	dmsetup suspend origin
	cp /tmp/origin "/tmp/$1"
	snapshot "$1" /dev/vda "store$2" P 8 || return 1
	dmsetup resume origin
}

# write_to NAME STREAM: where no other stream does.
write_to()
{
	scatter "$2" 10 8 "/tmp/$1" "/dev/mapper/$1"
}

all_hold()
{
	for name in "$@"; do
		check "$name holds what it must" holds "/dev/mapper/$name" "/tmp/$name"
	done
}

beside()
{
	origin /dev/vda 16384
	copy_of /dev/vda 16384 /tmp/origin
	check "the kernel's own snapshot is made" add before 0
	enabled >/tmp/enabled.before
	check "the module loads" insmod /modules/dm_io_rust.ko
	check "it is taken over" take_over
	check "all ten functions are redirected" equal "$(redirected)" 10
	check "it has no clients" equal "$(cat "$CLIENTS")" ""
	start_proof

	check "a snapshot is made" add after 1
	check "its clients are listed" equal "$(clients_of after)" "dm-io kcopyd "
	check "the other's are not" equal "$(clients_of before)" ""
	check "the list has no others" equal "$(wc -l <"$CLIENTS")" 2
	check "creating them is nothing that the kernel's own did" equal "$(calls dm_io_client_create) $(calls dm_kcopyd_client_create)" "0 0"
	both_work
	only_new_works
	goes_inactive
	removal_is_refused
	goes_away
}

both_work()
{
	copies=$(statistic copy_jobs)
	check "the origin is written to" write_to origin 1
	check "so is the snapshot from before" write_to before 2
	check "and the one from after" write_to after 3
	all_hold origin before after
	check "the kernel's own copied" [ "$(calls dm_kcopyd_copy)" -gt 0 ]
	check "the kernel's own did I/O" [ "$(calls dm_io)" -gt 0 ]
	check "this module copied" [ "$(statistic copy_jobs)" -gt "$copies" ]
}

only_new_works()
{
	check "the snapshot from before goes" dmsetup remove before
	check "its clients were destroyed where they belong" \
		equal "$(calls dm_io_client_destroy) $(calls dm_kcopyd_client_destroy)" "2 1"
	stock=$(all_calls)
	copies=$(statistic copy_jobs)
	check "the origin is written to" write_to origin 4
	all_hold origin after
	check "this module copied" [ "$(statistic copy_jobs)" -gt "$copies" ]
	check "the kernel's own did nothing" equal "$(all_calls)" "$stock"
}

goes_inactive()
{
	check "it is made inactive" sh -c "echo 0 >$ACTIVE"
	check "a snapshot is made then" add inactive 2
	check "its clients are the kernel's own" equal "$(clients_of inactive)" ""
	check "those from before are not" equal "$(clients_of after)" "dm-io kcopyd "
	check "the origin is written to" write_to origin 5
	all_hold origin after inactive
	check "it is made active again" sh -c "echo 1 >$ACTIVE"
}

removal_is_refused()
{
	check "it has a user for each client" equal "$(users "$WAY")" 2
	check "it is not removed while it has clients" fails rmmod "$WAY"
	check "nor is the module that it uses" fails rmmod dm_io_rust
	check "the origin is written to" write_to origin 6
	all_hold origin after inactive
}

goes_away()
{
	check "the snapshot from after goes" dmsetup remove after
	check "it has no clients" equal "$(cat "$CLIENTS")" ""
	check "it has no users" equal "$(users "$WAY")" 0
	echo 0 >"$TRACING/events/stock/enable"
	echo >"$TRACING/kprobe_events"
	check "it is removed" rmmod "$WAY"
	check "its list is gone" fails ls "$CLIENTS"
	enabled >/tmp/enabled.after
	check "ftrace is what it was" cmp /tmp/enabled.before /tmp/enabled.after
	check "the origin is written to" write_to origin 7
	all_hold origin inactive
	check "all devices go" remove_devices
}
