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
	until_true can_be_opened /dev/vda
	begin gone /dev/switched "$scsi" /dev/vda /dev/file

	check "gone, the file is detached" "$LOSETUP" -d /dev/file
	phase
	lose_file
	may_fail 1 /dev/switched
	check "gone, a disk is switched off" switch 0
	noticed /dev/switched "that it is off"
	may_fail 1 "$scsi"
	check "gone, a SCSI disk is unplugged" unplug_scsi
	noticed "$scsi" "that the SCSI disk is gone"
	may_fail 1 /dev/vda
	check "gone, a virtio disk is unplugged" unplug_virtio
	noticed /dev/vda "that the virtio disk is gone"
	check "gone, the load ends" control stop
	check "gone, the disk is switched on" switch 1
	check "gone, it is found again" control reopen /dev/switched
	check "gone, the SCSI disk is plugged in" plug_in "$scsi" '- - -' /sys/class/scsi_host/host*/scan
	check "gone, the virtio disk is plugged in" plug_in /dev/vda 1 /sys/bus/pci/rescan
	check "gone, the file is attached" attach_file
	may_fail 0 /dev/switched "$scsi" /dev/vda /dev/file
	check "gone, all disks hold what they must" control verify
	check "gone, the load is on" control start
	phase
	end
	check "gone, the SCSI disk is taken away" remove_scsi_disks
	"$LOSETUP" -d /dev/file
	rm /tmp/file /dev/file
	switch_off switched
}

# A loop device loses its file when its last user has closed it. Until then nothing fails; and
# from then on it has no sectors, so that all must fail but a flush, which may.
lose_file()
{
	check "gone, nothing has failed while it is in use" equal "$(failed_on /dev/file)" 0
	check "gone, the load ends" control stop
	check "gone, it is closed" control close /dev/file
	until_true has_no_sectors /dev/file
	check "gone, it is opened" control reopen /dev/file
	may_fail 1 /dev/file
	check "gone, the load is on" control start
	noticed /dev/file "that there is no file"
}

has_no_sectors()
{
	[ "$(sectors "$1")" = 0 ]
}

attach_file()
{
	control close /dev/file && "$LOSETUP" /dev/file /tmp/file && control reopen /dev/file
}

switch()
{
	echo "$1" >/sys/kernel/config/nullb/switched/power
}

unplug_scsi()
{
	echo 1 >"/sys/block/${scsi#/dev/}/device/delete"
}

# With the PCI device that it is on.
unplug_virtio()
{
	echo 1 >"$(readlink -f /sys/block/vda/device)/../remove"
}

# plug_in DISK TEXT FILE...: finds it when that is written to these files. Its name is free when
# nobody has it open.
plug_in()
{
	disk=$1 text=$2
	shift 2
	control close "$disk" || return 1
	until_true [ ! -e "$disk" ]
	echo "$text" | tee "$@" >/dev/null
	until_true can_be_opened "$disk"
	control reopen "$disk"
}
