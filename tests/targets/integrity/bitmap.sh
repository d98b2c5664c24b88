# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# With a bitmap, and checksums made for what is there.

# The disk keeps what it has: the checksums of that are made.
recalculate()
{
	check "integritysetup formats the disk, and leaves its data" format --no-wipe
	check "the device is opened without checksums" open_disk "$DISK" --integrity-recovery-mode
	dd if="$CHECKED" of="$WANTED" bs=64k 2>/dev/null
	check "the device is closed" close_disk
	check "the device is opened, to make the checksums" \
		open_disk "$DISK" --integrity-recalculate --integrity-bitmap-mode
	check "writes while it does" write_both $((SEED + 3)) --bsrange="$BLOCK"-16k --io_size=1m
	until_true recalculated
	check "all are made, and the device holds what was there and the writes" holds
	check "no checksum was wrong" equal "$(status_field 1)" 0
	check "the device is closed" close_disk
	check "the device is opened with a journal" open_disk "$DISK"
	check "it holds the same" holds
	check "the device is closed" close_disk
}

# Where the bitmap says that there were writes, the checksums are made again.
track_writes()
{
	check "the device is opened with a bitmap" open_disk "$DISK" --integrity-bitmap-mode \
		--bitmap-flush-time=600000 --bitmap-sectors-per-bit=64
	check "random writes" write_both $((SEED + 4)) --bs="$BLOCK" --io_size=$((BLOCK * 50))
	check "the device holds them" holds
	check "the disk is copied while it is in use" copy_disk
	check "the device is closed" close_disk
	check "the copy is opened with a bitmap" open_disk "$COPY" --integrity-bitmap-mode \
		--bitmap-sectors-per-bit=64
	until_true recalculated
	check "it holds all" holds
	check "no checksum was wrong" equal "$(status_field 1)" 0
	check "it is closed" close_disk
	check "the disk is opened with a journal" open_disk "$DISK"
	check "it holds all" holds
	check "it is closed" close_disk
}
