# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks with large blocks; disks that take little at a time: 8 sectors, or two segments, or one,
# as those that run.py makes; and disks that take data at any even address, or any multiple
# of 4.

# Disks of this virtio driver.
VIRTIO_SCSI=virtio/drivers/virtio_scsi/virtio

blocks()
{
	# shellcheck disable=SC2034 # it is in the names of checks
	SCENARIO=blocks
	check "blocks, disks are plugged in" plug_in_disks
	four=/dev/$(scsi_name)
	single=/dev/$(scsi_name "$VIRTIO_SCSI")
	large=
	if [ -d /sys/kernel/mm/transparent_hugepage ]; then
		large_disks
	else
		report skip "blocks, more than 4 KiB: this kernel has no transparent huge pages"
	fi
	memory_disk small max_sectors=8 discard=1
	memory_disk even virt_boundary=1
	check_limits
	# shellcheck disable=SC2086 # none, or several
	begin blocks "$four" "$single" /dev/vda $large /dev/small /dev/even
	for disk in "$four" ${large:+/dev/sixteen /dev/sixty-four} /dev/even; do
		check "blocks, data for $disk is anywhere" control any_memory "$disk"
	done
	phase
	check "blocks, data begins within sectors" [ "$(counted odd)" -gt 0 ]
	end
	check "blocks, the SCSI disk is taken away" remove_scsi_disks
	[ -z "$large" ] || remove_large_disks
	switch_off small even
}

large_disks()
{
	memory_disk eight blocksize=8192 discard=1
	loop_disk sixteen 16384
	memory_disk thirty-two blocksize=32768 discard=1
	loop_disk sixty-four 65536
	has_limit eight logical_block_size 8192
	has_limit sixteen logical_block_size 16384
	has_limit thirty-two logical_block_size 32768
	has_limit sixty-four logical_block_size 65536
	large="/dev/eight /dev/sixteen /dev/thirty-two /dev/sixty-four"
}

remove_large_disks()
{
	for disk in sixteen sixty-four; do
		"$LOSETUP" -d "/dev/$disk"
		rm "/tmp/$disk" "/dev/$disk"
	done
	switch_off eight thirty-two
}

plug_in_disks()
{
	modprobe -a loop virtio_scsi && add_scsi_disk sector_size=4096 lbpu=1 lbpws=1 || return 1
	until_true scsi_disk_is_there "$VIRTIO_SCSI"
	until_true can_be_opened /dev/vda
}

# What the disks are here for.
check_limits()
{
	has_limit vda max_segments 2
	has_limit "${single#/dev/}" max_segments 1
	has_limit small max_hw_sectors_kb 4
	has_limit even dma_alignment 1
	has_limit even virt_boundary_mask 4095
	has_limit "${four#/dev/}" dma_alignment 3
	has_limit "${four#/dev/}" logical_block_size 4096
}
