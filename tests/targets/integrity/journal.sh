# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# With a journal: what is written is there, whatever happens in between.

# Nothing leaves the journal before it has to.
LATE='--journal-commit-time=600000 --journal-watermark=90'

fill()
{
	check "integritysetup formats the disk" format --journal-size=1048576
	check "the device is opened" open_disk "$DISK"
	rm -f "$WANTED"
	truncate -s "$(size)" "$WANTED"
	check "it reads as zeroes" holds
	check "all of it is written" write_both "$SEED" --rw=write --bs=64k
	check "and again by random writes" write_both $((SEED + 1)) --bsrange="$BLOCK"-32k \
		--io_size=4m
	check "the device holds the writes" holds
	check "the device is closed" close_disk
	check "the device is opened" open_disk "$DISK"
	check "it still holds the writes" holds
	check "the device is closed" close_disk
}

replay()
{
	# shellcheck disable=SC2086 # a word for each option
	check "the device is opened" open_disk $DISK $LATE
	check "some writes, which are flushed" write_both $((SEED + 2)) --bs="$BLOCK" \
		--io_size=$((BLOCK * 50))
	check "the disk is copied while it is in use" copy_disk
	check "the device is closed" close_disk
	check "the copy is opened without its journal" open_disk "$COPY" --integrity-recovery-mode
	check "it does not hold the writes" fails holds
	check "it is closed" close_disk
	check "the copy is opened, and its journal replayed" open_disk "$COPY"
	check "it holds all writes" holds
	check "no checksum was wrong" equal "$(status_field 1)" 0
	check "it is closed" close_disk
}

# A block in the middle that can be told on the disk.
MARK=this-block-can-be-told-from-any-other-block

mark()
{
	yes $MARK | head -c "$BLOCK" >/tmp/block
	/bin/dd if=/tmp/block of="$CHECKED" bs="$BLOCK" seek="$MARKED" oflag=direct 2>/dev/null &&
		dd if=/tmp/block of="$WANTED" bs="$BLOCK" seek="$MARKED" conv=notrunc 2>/dev/null
}

# The journal has had it too, before the data.
spoil_marked()
{
	offset=$(strings -n 40 -t d "$DISK" | grep $MARK | awk 'NR == 1 || $1 > most { most = $1 }
		END { print most }')
	printf X | dd of="$DISK" bs=1 seek="$offset" conv=notrunc,fsync 2>/dev/null
}

# read_block NUMBER
read_block()
{
	/bin/dd if="$CHECKED" of=/tmp/read bs="$BLOCK" skip="$1" count=1 iflag=direct
}

# All but the marked block.
others_hold()
{
	before=$((MARKED * BLOCK))
	after=$((before + BLOCK))
	/bin/dd if="$CHECKED" bs=64k count=$before iflag=count_bytes,direct 2>/dev/null |
		/bin/cmp -n $before - "$WANTED" &&
		/bin/dd if="$CHECKED" bs=64k skip=$after iflag=skip_bytes,direct 2>/dev/null |
		/bin/cmp -n $(($(size) - after)) - "$WANTED" 0 $after
}

notice_corruption()
{
	expect_message 'Checksum failed at sector'
	check "the device is opened" open_disk "$DISK"
	MARKED=$(($(size) / BLOCK / 2 + 8))
	check "block $MARKED is written" mark
	check "the device is closed" close_disk
	check "a byte of that block changes on the disk" spoil_marked
	check "the device is opened" open_disk "$DISK"
	check "block $MARKED cannot be read" fails read_block $MARKED
	check "the error was counted" [ "$(status_field 1)" -gt 0 ]
	check "the one before it can" read_block $((MARKED - 1))
	check "the one after it can" read_block $((MARKED + 1))
	check "all others hold what they held" others_hold
	check "block $MARKED is written again" mark
	check "the device holds all" holds
	check "the device is closed" close_disk
}
