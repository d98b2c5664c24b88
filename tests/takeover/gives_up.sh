# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What if ftrace gives up on itself: the functions stay redirected, and cannot be
# restored. Nothing that needs ftrace can come after this.

ftrace_gives_up()
{
	check "the module loads again" insmod /modules/dm_io_rust.ko
	check "it is taken over once more" take_over
	origin /dev/vda 16384
	copy_of /dev/vda 16384 /tmp/origin
	check "a snapshot is made" add old 3
	check "ftrace gives up" insmod /modules/takeover_kill.ko
	check "the origin is written to" write_to origin 8
	all_hold origin old
	check "the snapshot goes" dmsetup remove old
	# shellcheck disable=SC2034 # said() reads it
	length=$(log_length)
	# It does not come back.
	rmmod "$WAY" &
	until_true said "dm_io_client_create cannot be restored"
	check "a snapshot is made after the removal has begun" add new 2
	check "its clients are the kernel's own" equal "$(cat "$CLIENTS")" ""
	check "the origin is written to" write_to origin 9
	all_hold origin new
	check "all devices go" remove_devices
}
