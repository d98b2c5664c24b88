# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Devices of each kind change their clients while they are in use.

if [ "$SCOPE" = short ]; then TIMES=1; else TIMES=20; fi
MOVES="dm_io_rust's now"
STAYS="the kernel's own until the device is deactivated"

# reloads STATUS ARGUMENT...: ends as it should. The kernel resumes a snapshot's origin before the
# snapshot is active: what is written in that moment the snapshot shows, with mainline alone, too.
# shellcheck disable=SC2154 # start_load() sets it
reloads()
{
	! is_origin || dmsetup suspend "$loaded"
	ends "$@"
	as_wanted=$?
	! is_origin || dmsetup resume "$loaded"
	return $as_wanted
}

# Whether the device that is in use is one.
is_origin()
{
	dmsetup table "$loaded" | grep -q snapshot-origin
}

# changes DEVICE: adopted and released, again and again.
changes()
{
	number=0
	while [ $number -lt "$TIMES" ]; do
		reloads "$code" adopt "$1" && ours_are "$moves" "$1" && in_use "$1" &&
			reloads 0 release "$1" && ours_are - "$1" && in_use "$1" || return 1
		number=$((number + 1))
	done
}

# to_say DEVICE SERVICES WHAT: a line for each of the services.
to_say()
{
	for service in $(echo "$2" | tr , ' '); do
		[ "$service" = - ] || echo "$1: $service: $3"
	done
}

read_ahead()
{
	echo "/sys/dev/block/$(numbers_of "$1")/bdi/read_ahead_kb"
}

# kind TARGET DEVICE CLIENTS MOVES STAYS [USED [HOW]]: of its clients some are made anew by adopt,
# and some stay. The device that is used is another for some, and so is how.
kind()
{
	what="$1, $2" code=3 moves=$4
	say "$what"
	[ "$5" != - ] || code=0
	echo 0 >"$ACTIVE"
	check "$what, is made" "make_$2"
	check "$what, its clients are the kernel's own" equal "$(row "$2")" "$1 - $3"
	start_load "${6:-$2}" "$7"
	before=$(dmsetup table --showkeys "$2")
	echo 512 >"$(read_ahead "$2")"
	check "$what, is adopted" reloads $code adopt "$2"
	check "$what, says so" said "$(to_say "$2" "$5" "$STAYS"; to_say "$2" "$4" "$MOVES")"
	check "$what, has other clients" equal "$(row "$2")" "$1 $4 $5"
	check "$what, is in use" in_use "$2"
	check "$what, new clients are whose they were" new_clients_are N
	check "$what, has the same table" equal "$(dmsetup table --showkeys "$2")" "$before"
	check "$what, reads ahead as before" equal "$(cat "$(read_ahead "$2")")" 512
	check "$what, is released" reloads 0 release "$2"
	check "$what, its clients are the kernel's own again" equal "$(row "$2")" "$1 - $3"
	check "$what, goes there and back $TIMES times" changes "$2"
	check "$what, is adopted again" reloads $code adopt "$2"
	end_load "$what"
}

# returns TARGET DEVICE CLIENTS: made anew, it has no clients but this module's.
returns()
{
	echo 1 >"$ACTIVE"
	check "$1, $2, is deactivated" deactivate "$2"
	check "$1, $2, is activated" "make_$2"
	check "$1, $2, all of its clients are dm_io_rust's" equal "$(row "$2")" "$1 $3 -"
}

snapshots()
{
	kind snapshot old dm-io,kcopyd kcopyd dm-io origin
	check "snapshot, old, is what the origin was" holds /dev/mapper/old /tmp/whole.origin
	returns snapshot old dm-io,kcopyd
	check "snapshot, old, still is" holds /dev/mapper/old /tmp/whole.origin
	kind snapshot passing kcopyd kcopyd - origin
	check "snapshot, passing, is what the origin was" holds /dev/mapper/passing /tmp/whole.origin
}

mirror()
{
	kind mirror mirror dm-io,kcopyd dm-io,kcopyd -
	check "mirror, its legs are the same" same /dev/mapper/leg_a /dev/mapper/leg_b $((4 << 20))
}

kinds()
{
	kind verity verified dm-io dm-io - verified read_all
	check "verity, verified, can only be read" fails dd if=/dev/vdd of=/dev/mapper/verified count=1
	kind integrity checked dm-io dm-io -
	kind integrity marked dm-io dm-io -
	kind clone clone dm-io,kcopyd - dm-io,kcopyd
	returns clone clone dm-io,kcopyd
	kind thin-pool pool dm-io,kcopyd - dm-io,kcopyd thin
	returns thin-pool pool dm-io,kcopyd
	kind writecache cached dm-io,kcopyd dm-io,kcopyd -
	kind cache cache dm-io,kcopyd kcopyd dm-io
	returns cache cache dm-io,kcopyd
	mirror
	snapshots
}
