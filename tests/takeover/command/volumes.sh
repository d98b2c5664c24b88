# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What lvm2 makes of a volume and its snapshot, when their clients have changed.

export LVM_SYSTEM_DIR=/lib/lvm

# vg COMMAND...: its complaints matter only if it fails.
vg()
{
	lvm "$@" </dev/null 2>&1
}

make_volumes()
{
	vg pvcreate -ff -y /dev/vdc && vg vgcreate -s 512k vg /dev/vdc &&
		vg lvcreate -y -Wn -Zn -l 16 -n data vg && vg lvcreate -y -s -l 24 -n snap vg/data
}

volumes()
{
	echo 0 >"$ACTIVE"
	check "lvm2, a volume and a snapshot" make_volumes
	start_load vg-data
	check "lvm2, the volume is adopted" reloads 3 adopt /dev/vg/data
	check "lvm2, which is its snapshot" equal "$(row vg-snap)" "snapshot kcopyd dm-io"
	check "lvm2, reads the volumes' tables again" vg lvchange --refresh vg/data
	check "lvm2, has changed no client by that" equal "$(row vg-snap)" "snapshot kcopyd dm-io"
	end_load "lvm2"
	check "lvm2, the snapshot is what the volume was" holds /dev/mapper/vg-snap /tmp/whole.vg-data
	check "lvm2, makes the snapshot longer" vg lvextend -l +4 vg/snap
	check "lvm2, merges it" vg lvconvert -i 1 --merge vg/snap
	check "lvm2, the volume is what it was at first" holds /dev/mapper/vg-data /tmp/whole.vg-data
	check "lvm2, removes the group" vg vgremove -y -f vg
}
