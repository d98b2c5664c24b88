# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Legs that fail.

HALF=$((SECTORS / 2))

# The second half of leg d cannot be written, nor read.
fail_half()
{
	replace leg_d "$(linear d | sed "s/$SECTORS/$HALF/")
$HALF $HALF error"
}

# Without handle_errors the resync goes on, and leaves out what cannot be done.
fail_in_resync_ignored()
{
	report say "-- a leg fails in the resync, errors ignored"
	begin
	dd if=/dev/mapper/leg_d of=/tmp/old bs=1M 2>/dev/null
	fail_half
	create "core 1 $REGION" "a b c d"
	wait_for_sync
	restore_leg d
	legs_hold "a b c"
	check "the half of leg d that works is like the others" \
		same "$MODEL" /dev/mapper/leg_d $((BYTES / 2))
	check "the half of leg d that failed is as it was" \
		same /tmp/old /dev/mapper/leg_d $((BYTES / 2)) $((BYTES / 2)) $((BYTES / 2))
	end
}

# What is left of the resync cannot be done; or it was, which is wrong.
resync_ended()
{
	case "$(synced) $(letters)" in
	"$((REGIONS / 2))/$REGIONS AAAS" | "$REGIONS/$REGIONS "*) true ;;
	*) false ;;
	esac
}

# With it, a failed region stays out of sync, and user space replaces the table.
fail_in_resync()
{
	report say "-- a leg fails in the resync, errors handled"
	begin
	fail_half
	create "core 1 $REGION" "a b c d" handle_errors
	until_true resync_ended
	check "leg d is marked, half of the regions are in sync" \
		equal "$(synced) $(letters)" "$((REGIONS / 2))/$REGIONS AAAS"
	check "the mirror holds what the first leg held" mirror_holds
	check "leg d is taken out" replace mirror \
		"$(mirror_table "core 1 $REGION" "a b c" handle_errors)"
	wait_for_sync
	legs_hold "a b c"
	end
}

load_and_tell()
{
	load_device "$@"
	ended=$?
	: >/tmp/load.ended
	return $ended
}

# The write that failed waits; or it does not, which is wrong.
write_waits()
{
	letters_are AD || [ -e /tmp/load.ended ]
}

# The write that failed is held until user space has replaced the table.
fail_in_writes()
{
	report say "-- a leg fails in writes, which wait for its replacement"
	begin
	create "core 1 $REGION" "a b" handle_errors
	wait_for_sync
	cp "$MODEL" /tmp/old
	fail_leg b
	load_and_tell /dev/mapper/mirror 4 "$WRITES" &
	until_true write_waits
	check "leg b is marked" equal "$(letters)" AD
	check "leg c takes the place of leg b" replace mirror \
		"$(mirror_table "core 1 $REGION" "a c" handle_errors)"
	wait $!
	check "all writes are done" equal $? 0
	load_model 4 "$WRITES"
	wait_for_sync
	check "both legs are alive" equal "$(letters)" AA
	legs_hold "a c"
	restore_leg b
	check "leg b is what it was when it failed" leg_holds b /tmp/old
	end
}

# With keep_log writes go on, on the legs that are left.
fail_and_go_on()
{
	report say "-- a leg fails in writes, which go on"
	begin
	create "core 1 $REGION" "a b c d" handle_errors keep_log
	wait_for_sync
	cp "$MODEL" /tmp/old
	fail_leg c
	check "writes go on" load_both /dev/mapper/mirror 5 "$WRITES"
	check "leg c is marked" equal "$(letters)" AADA
	check "the mirror holds what was written" mirror_holds
	restore_leg c
	check "leg c is what it was when it failed" leg_holds c /tmp/old
	check "leg c returns" replace mirror \
		"$(mirror_table "core 1 $REGION" "a b c d" handle_errors keep_log)"
	wait_for_sync
	legs_hold "a b c d"
	end
}

fail_first_leg()
{
	report say "-- the first leg fails"
	begin
	create "core 1 $REGION" "a b" handle_errors keep_log
	wait_for_sync
	fail_leg a
	check "what the first leg cannot read is read from the other" mirror_holds
	check "the first leg is marked for reads" equal "$(letters)" RA
	check "writes go on" load_both /dev/mapper/mirror 6 "$WRITES"
	check "the first leg is marked for writes" equal "$(letters)" DA
	check "the mirror holds what was written" mirror_holds
	legs_hold b
	end
}
