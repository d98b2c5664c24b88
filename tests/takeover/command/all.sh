# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# All devices at once, and among them a stack: an origin on the mirror, and its snapshot.

# After kinds.sh, some clients of these are dm_io_rust's until they are deactivated.
RELEASED='cache cache dm-io kcopyd
cached writecache - dm-io,kcopyd
checked integrity - dm-io
clone clone dm-io,kcopyd -
marked integrity - dm-io
mirror mirror - dm-io,kcopyd
old snapshot dm-io kcopyd
passing snapshot - kcopyd
pool thin-pool dm-io,kcopyd -
snap snapshot - dm-io,kcopyd
verified verity - dm-io'

ADOPTED='cache cache dm-io,kcopyd -
cached writecache dm-io,kcopyd -
checked integrity dm-io -
clone clone dm-io,kcopyd -
marked integrity dm-io -
mirror mirror dm-io,kcopyd -
old snapshot dm-io,kcopyd -
passing snapshot kcopyd -
pool thin-pool dm-io,kcopyd -
snap snapshot kcopyd dm-io
verified verity dm-io -'

rows()
{
	$TOOL status | tail -n +3 | awk '{ $1 = $1; print }'
}

all_change()
{
	number=0
	while [ $number -lt "$TIMES" ]; do
		reloads 3 release --all && equal "$(rows)" "$RELEASED" &&
			reloads 3 adopt --all && equal "$(rows)" "$ADOPTED" || return 1
		number=$((number + 1))
	done
}

make_stack()
{
	dmsetup create snap --table "0 8192 snapshot /dev/mapper/mirror /dev/mapper/store2 P 8" &&
		dmsetup create top --table "0 8192 snapshot-origin /dev/mapper/mirror"
}

all_at_once()
{
	echo 0 >"$ACTIVE"
	dmsetup suspend origin
	check "all, an origin on a mirror, and its snapshot" make_stack
	start_load top
	check "all, are released" reloads 3 release --all
	check "all, have the kernel's own clients" equal "$(rows)" "$RELEASED"
	check "all, the origin is adopted by its path" reloads 3 adopt /dev/mapper/top
	check "all, its snapshot is, too" equal "$(row snap)" "snapshot kcopyd dm-io"
	check "all, what is below it is not" equal "$(row mirror)" "mirror - dm-io,kcopyd"
	check "all, are adopted" reloads 3 adopt --all
	check "all, have other clients" equal "$(rows)" "$ADOPTED"
	check "all, new clients are dm_io_rust's" new_clients_are Y
	check "all, go there and back $TIMES times" all_change
	check "all, are released again" reloads 3 release --all
	check "all, new clients are the kernel's own" new_clients_are N
	end_load "all"
	check "all, the snapshot is what the origin was" holds /dev/mapper/snap /tmp/whole.top
	check "all, the mirror's legs are the same" same /dev/mapper/leg_a /dev/mapper/leg_b $((4 << 20))
	check "all, the origin goes" dmsetup remove snap top
	dmsetup resume origin
}
