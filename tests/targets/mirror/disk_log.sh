# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A log on a disk: what is in sync is known after the mirror was gone.

LOG="disk 2 /dev/vde $REGION"
REGION_BYTES=$((REGION * 512))

# scratch LEG REGION: other bytes than the mirror's, behind its back.
scratch()
{
	dd if=/dev/vde of="/dev/mapper/leg_$1" bs=$REGION_BYTES skip=8 seek="$2" count=1 \
		oflag=direct conv=notrunc 2>/dev/null
}

# region_is_scratched LEG REGION
region_is_scratched()
{
	same /dev/vde "/dev/mapper/leg_$1" $REGION_BYTES $((8 * REGION_BYTES)) \
		$(($2 * REGION_BYTES))
}

keep_log_in()
{
	dd if=/dev/vde of="$1" bs=64k count=1 iflag=direct 2>/dev/null
}

# restart: as after a boot.
restart()
{
	dmsetup remove mirror && create "$LOG" "a b"
}

# With leg b suspended a write to region 5 cannot end, and its mark is in the log.
dirty_log()
{
	dmsetup suspend leg_b
	dd if=/dev/vde of=/dev/mapper/mirror bs=$REGION_BYTES skip=9 seek=5 count=1 \
		oflag=direct conv=notrunc 2>/dev/null &
	until_true log_changed
	dmsetup resume leg_b
	wait $!
	dd if=/dev/vde of="$MODEL" bs=$REGION_BYTES skip=9 seek=5 count=1 conv=notrunc 2>/dev/null
}

log_changed()
{
	keep_log_in /tmp/log.dirty
	! /bin/cmp -s /tmp/log.clean /tmp/log.dirty
}

stop_uncleanly()
{
	keep_log_in /tmp/log.clean
	dirty_log
	check "a write to the mirror" mirror_holds
	dmsetup remove mirror
	dd if=/tmp/log.dirty of=/dev/vde bs=64k oflag=direct conv=notrunc 2>/dev/null
	scratch b 5
	scratch b 6
	create "$LOG" "a b"
	wait_for_sync
	check "a region that was written to when it stopped is resynced" \
		fails region_is_scratched b 5
	check "a region that was not is left alone" region_is_scratched b 6
	dd if="$MODEL" of=/dev/mapper/leg_b bs=$REGION_BYTES skip=6 seek=6 count=1 oflag=direct \
		conv=notrunc 2>/dev/null
	legs_hold "a b"
}

disk_log()
{
	report say "-- a log on a disk"
	begin
	dd if=/dev/zero of=/dev/vde bs=64k count=1 oflag=direct 2>/dev/null
	create "$LOG" "a b"
	wait_for_sync
	legs_hold "a b"
	dmsetup remove mirror
	scratch b 3
	create "$LOG" "a b"
	check "all is in sync at once when the mirror returns" \
		equal "$(synced) $(letters)" "$REGIONS/$REGIONS AA"
	check "and nothing was copied" region_is_scratched b 3
	dd if="$MODEL" of=/dev/mapper/leg_b bs=$REGION_BYTES skip=3 seek=3 count=1 oflag=direct \
		conv=notrunc 2>/dev/null
	restart
	legs_hold "a b"
	stop_uncleanly
	end
}
