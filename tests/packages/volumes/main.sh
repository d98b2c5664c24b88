# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Make of a disk, with a file system at 1 MiB, a volume group whose volume `root` that is.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=/dev/null
. /data/settings
export LVM_SYSTEM_DIR=/lib/lvm DM_DISABLE_UDEV=1

# head_of DEVICE: what it begins with.
head_of()
{
	dd if="$1" bs=1M count=16 2>/dev/null | sha256sum
}

modprobe -a dm_mod dm_snapshot
check "volumes, the disk is a volume group" lvm vgcreate -y machine /dev/vda
check "volumes, it begins at 1 MiB" \
	equal "$(lvm pvs --noheadings --units b -o pe_start | tr -d ' ')" 1048576B
check "volumes, its first volume is the root" \
	lvm lvcreate -y -Wn -Zn -L "${ROOT_MIB}m" -n root machine
check "volumes, which has the file system" equal "$(head_of /dev/machine/root)" "$(head_of /dev/vdb)"
# dm-snapshot reads a chunk at a time, and all of it will be read.
check "volumes, there is a snapshot of it" \
	lvm lvcreate -y -s -c 64k -L 1536m -n before machine/root
check "volumes, and a volume for data" lvm lvcreate -y -Wn -Zn -L 64m -n data machine
