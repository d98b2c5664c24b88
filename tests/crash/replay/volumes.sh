# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# An origin with its store, and a mirror with its log, each on one disk.

logged_snapshot()
{
	check "the snapshot's disk is logged" logged volumes /dev/vdd /dev/vde
	piece origin_disk /dev/mapper/volumes 0 "$ORIGIN_SECTORS"
	piece store_disk /dev/mapper/volumes "$ORIGIN_SECTORS" "$STORE_SECTORS"
	check "a snapshot is made" snapshot /dev/mapper/origin_disk /dev/mapper/store_disk
	check "the log begins" begin_log volumes
	check "the origin is written to" write_all origin origin "log volumes"
	keep_status volumes
	dmsetup remove origin
	dmsetup remove snap
	dmsetup remove origin_disk
	dmsetup remove store_disk
	end_log volumes
}

logged_mirror()
{
	check "the mirror's disk is logged" logged legs /dev/vdf /dev/vdg
	piece leg_a /dev/mapper/legs 0 "$LEG_SECTORS"
	piece leg_b /dev/mapper/legs "$LEG_SECTORS" "$LEG_SECTORS"
	piece dirty_log /dev/mapper/legs $((2 * LEG_SECTORS)) "$LOG_SECTORS"
	check "a mirror is made" mirror /dev/mapper/leg_a /dev/mapper/leg_b /dev/mapper/dirty_log
	check "the log begins" begin_log legs
	check "the mirror is written to" write_all mirror mirror "log legs"
	keep_status legs
	dmsetup remove mirror
	dmsetup remove leg_a
	dmsetup remove leg_b
	dmsetup remove dirty_log
	end_log legs
}
