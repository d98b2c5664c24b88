# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What happens to a clone from its creation to the end of its hydration.

begin()
{
	dd if=/dev/zero of="$METADATA" bs=4096 count=1 conv=fsync 2>/dev/null
	cp /tmp/source "$WANTED"
	check "a clone is created" dmsetup create clone --table "$(table)"
	check "the clone reads as the source" holds "$CLONE" "$WANTED"
	check "nothing is hydrated" equal "$(hydrated)" 0
}

# Regions that a discard covers are not copied: they are what the destination was.
discard_unhydrated()
{
	start=$((10 * REGION))
	length=$((15 * REGION))
	check "regions are discarded" blkdiscard -o $((start * 512)) -l $((length * 512)) "$CLONE"
	dd if="$DEST" of="$WANTED" bs=512 skip=$start seek=$start count=$length conv=notrunc 2>/dev/null
	check "they count as hydrated" equal "$(hydrated)" 15
	check "they are as the destination was, all else as the source" holds "$CLONE" "$WANTED"
}

# A write to a part of a region makes it hydrate; one to the whole of it does not.
write_unhydrated()
{
	check "small writes before the hydration" write_both "$SEED" --bsrange=512-3k --io_size=128k
	copied=$(hydrated)
	check "have made their regions hydrate" [ "$copied" -gt 15 ]
	check "writes of whole regions" write_both $((SEED + 1)) --bs=$((REGION * 512)) \
		--blockalign=$((REGION * 512)) --number_ios=10
	check "have made theirs" [ "$(hydrated)" -gt "$copied" ]
	check "the clone holds the source and the writes" holds "$CLONE" "$WANTED"
}

# The target is gone for a moment: what it knows is on the metadata device.
replace_target()
{
	dmsetup suspend clone &&
		dmsetup load clone --table "0 $SECTORS error" && dmsetup resume clone &&
		dmsetup suspend clone &&
		dmsetup load clone --table "$(table)" && dmsetup resume clone
}

make_again()
{
	dmsetup remove clone && dmsetup create clone --table "$(table)"
}

keep_across_reload()
{
	for way in replace_target make_again; do
		before=$(hydrated)
		check "$way, with $before of $REGIONS regions hydrated" $way
		check "as many are hydrated" equal "$(hydrated)" "$before"
		check "the clone still holds the source and the writes" holds "$CLONE" "$WANTED"
	done
	check "the hydration is half-way" [ "$before" -lt "$REGIONS" ]
}

hydrate_under_writes()
{
	random_writes "$CLONE" $((SEED + 2)) --direct=1 --bsrange=512-64k --io_size=2m &
	for message in "hydration_threshold 4" "hydration_batch_size 4" enable_hydration; do
		check "message $message" dmsetup message clone 0 "$message"
	done
	wait $!
	check "writes while it hydrates" equal $? 0
	random_writes "$WANTED" $((SEED + 2)) --bsrange=512-64k --io_size=2m
	until_true hydration_over >/dev/null
	check "all regions are hydrated" all_hydrated
	check "the clone holds the source and all writes" holds "$CLONE" "$WANTED"
}

# Then the destination is all that is needed.
end()
{
	check "the clone is removed" dmsetup remove clone
	check "the destination holds the source and all writes" holds "$DEST" "$WANTED"
	check "the source is as it was" holds "$SOURCE" /tmp/source
}
