# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2086 # a word for each of a log's
# Mirrors whose new table would copy what is in sync, or take for sound what is not.

REGION_BYTES=$((512 * 512))

# mirror_again LOG
mirror_again()
{
	deactivate mirror && dmsetup create mirror --table "$(mirror_of $1)" && until_true in_sync
}

# spoil REGION: of the second leg, behind the mirror's back: it is like the first one again when
# it has been copied.
spoil()
{
	dd if=/dev/vdd of=/dev/mapper/leg_b bs=$REGION_BYTES seek="$1" count=1 conv=notrunc,fsync 2>/dev/null
}

legs_are_the_same()
{
	same /dev/mapper/leg_a /dev/mapper/leg_b $((4 << 20))
}

log_on_disk()
{
	check "log on a disk, a mirror" mirror_again "$DISK_LOG"
	spoil 3
	check "log on a disk, is adopted" ends 0 adopt mirror
	check "log on a disk, is in sync" in_sync
	check "log on a disk, nothing was copied" fails legs_are_the_same
}

log_in_memory()
{
	check "log in memory, a mirror" mirror_again "core 1 512"
	spoil 3
	check "log in memory, is not adopted" ends 3 adopt mirror
	check "log in memory, says why" said \
		"mirror: it is left alone: its log is in memory, so all of it would be copied again: see --force"
	check "log in memory, has the clients that it had" equal "$(row mirror)" "mirror - dm-io,kcopyd"
	check "log in memory, is adopted by force" ends 0 adopt --force mirror
	check "log in memory, has other clients" equal "$(row mirror)" "mirror dm-io,kcopyd -"
	until_true in_sync
	check "log in memory, all was copied" legs_are_the_same
}

told_to_be_in_sync()
{
	check "nosync, a mirror" mirror_again "core 2 512 nosync"
	spoil 3
	check "nosync, is adopted" ends 0 adopt mirror
	check "nosync, nothing was copied" fails legs_are_the_same
}

fail_leg()
{
	dmsetup load leg_b --table "0 8192 error" && dmsetup resume leg_b &&
		dd if=/dev/vdd of=/dev/mapper/mirror bs=64k count=1 oflag=direct conv=notrunc 2>/dev/null &&
		dmsetup status mirror | grep -q ' 1 AD '
}

failed_leg()
{
	expect_message 'device-mapper: raid1: |I/O error, dev '
	check "a leg fails, a mirror" mirror_again "$DISK_LOG"
	check "a leg fails" fail_leg
	check "a leg fails, is not adopted even by force" ends 3 adopt --force mirror
	check "a leg fails, says why" said "mirror: it is left alone: one of its legs or its log has failed"
	check "a leg fails, has the clients that it had" equal "$(row mirror)" "mirror - dm-io,kcopyd"
	deactivate mirror
	dmsetup remove leg_b
	part leg_b 4 4
	# Its log knows nothing of what was changed behind its back.
	dd if=/dev/zero of=/dev/mapper/log bs=64k count=1 conv=fsync 2>/dev/null
	check "a leg fails, the mirror is made again" make_mirror
	check "a leg fails, all was copied" legs_are_the_same
}

mirrors()
{
	echo 0 >"$ACTIVE"
	log_on_disk
	log_in_memory
	told_to_be_in_sync
	failed_leg
}
