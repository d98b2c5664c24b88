# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A disk that checks sums of what it is given.

integrity()
{
	check "integrity, a disk is plugged in" add_scsi_disk dif=1 dix=1 lbpu=1
	scsi=/dev/$(scsi_name)
	check "integrity, the disk has sums" grep -q DIF "/sys/block/${scsi#/dev/}/integrity/format"
	check "integrity, it writes no zeroes" no_write_same
	begin integrity "$scsi"
	phase
	end
	check "integrity, the SCSI disk is taken away" remove_scsi_disks
}

# scsi_debug leaves the sums of what it zeroes by WRITE SAME as they were.
no_write_same()
{
	for limit in /sys/block/"${scsi#/dev/}"/device/scsi_disk/*/max_write_same_blocks; do
		echo 0 >"$limit" || return 1
	done
	equal "$(cat "/sys/block/${scsi#/dev/}/queue/write_zeroes_max_bytes")" 0
}
