# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks that are taken away under load, and come back with what they held.

gone()
{
	modprobe loop
	check "gone, a disk is plugged in" add_scsi_disk lbpu=1 lbpws=1
	scsi=/dev/$(scsi_name)
	memory_disk switched discard=1
	loop_disk file 512
	begin gone /dev/switched "$scsi" /dev/file

	# A loop device goes when its last user has closed it: nothing may fail.
	check "gone, the file is detached" "$LOSETUP" -d /dev/file
	phase
	may_fail 1 /dev/switched
	check "gone, a disk is switched off" switch 0
	phase
	may_fail 1 "$scsi"
	check "gone, a disk is unplugged" unplug
	phase
	check "gone, both are noticed" [ "$(counted failed)" -gt 0 ]
	check "gone, the load ends" control stop
	check "gone, the disk is switched on" switch 1
	check "gone, it is found again" control reopen /dev/switched
	check "gone, the disk is plugged in" plug_in
	may_fail 0 /dev/switched "$scsi"
	check "gone, all disks hold what they must" control verify
	check "gone, the load is on" control start
	phase
	end
	rmmod scsi_debug
	rm /tmp/file /dev/file
	switch_off switched
}

switch()
{
	echo "$1" >/sys/kernel/config/nullb/switched/power
}

unplug()
{
	echo 1 >"/sys/block/${scsi#/dev/}/device/delete"
}

# Its name is free when nobody has it open.
plug_in()
{
	control close "$scsi" || return 1
	until_true [ ! -e "$scsi" ]
	echo '- - -' | tee /sys/class/scsi_host/host*/scan >/dev/null
	until_true scsi_disk_is_there
	control reopen "$scsi"
}
