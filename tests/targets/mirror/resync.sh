# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# All legs become what the first one is.

# resync LEGS
resync()
{
	report say "-- resync of legs $1"
	begin
	check "a leg is not like the first before" fails leg_holds b "$MODEL"
	echo "$SLOW" >"$THROTTLE"
	check "a mirror of legs $1" create "core 1 $REGION" "$1"
	wait_for_sync
	echo 100 >"$THROTTLE"
	check "all legs are alive" equal "$(letters)" "$(echo "$1" | sed 's/[a-d] */A/g')"
	check "the mirror holds what the first leg held" mirror_holds
	legs_hold "$1"
	end
}

# The writes that a leg has seen: one for each part of a copy.
writes()
{
	awk '{ print $5 }' "/sys/block/dm-$(dmsetup info -c --noheadings -o minor "leg_$1")/stat"
}

# in_parts KIB: the size that the parameter gives to parts holds for new mirrors.
in_parts()
{
	report say "-- copies in parts of $1 KiB"
	begin
	echo "$1" >"$SUBJOB_SIZE"
	check "a mirror of legs a b" create "core 1 $REGION" "a b"
	echo 512 >"$SUBJOB_SIZE"
	wait_for_sync
	check "leg b was written in parts of $1 KiB" equal "$(writes b)" $((BYTES / 1024 / $1))
	legs_hold "a b"
	end
}

# No copy ends while leg b is suspended: the first load starts before the resync
# has got anywhere. The second one runs against a resync that is slowed down.
write_during_resync()
{
	report say "-- writes during the resync"
	begin
	dmsetup suspend leg_b
	create "core 1 $REGION" "a b c d"
	check "nothing is in sync yet" equal "$(synced)" "0/$REGIONS"
	echo "$SLOW" >"$THROTTLE"
	load_device /dev/mapper/mirror 1 "$WRITES" &
	dmsetup resume leg_b
	wait $!
	check "the first writes are done" equal $? 0
	report say "in sync after the first writes: $(synced)"
	check "more writes" load_device /dev/mapper/mirror 2 "$WRITES"
	report say "in sync after the second writes: $(synced)"
	echo 100 >"$THROTTLE"
	load_model 1 "$WRITES"
	load_model 2 "$WRITES"
	wait_for_sync
	check "writes after the resync" load_both /dev/mapper/mirror 3 "$WRITES"
	check "the mirror holds all that was written" mirror_holds
	legs_hold "a b c d"
	end
}
