# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks with large blocks, or that take little at a time: 8 sectors, or two segments, as the
# virtio disk that run.py makes.

blocks()
{
	check "blocks, a disk is plugged in" add_scsi_disk sector_size=4096 lbpu=1 lbpws=1
	scsi=/dev/$(scsi_name)
	memory_disk large blocksize=4096 discard=1
	memory_disk small max_sectors=8 discard=1
	until_true [ -b /dev/vda ]
	begin blocks "$scsi" /dev/large /dev/small /dev/vda
	phase
	end
	rmmod scsi_debug
	switch_off large small
}
