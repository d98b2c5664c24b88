# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# lvm2's mirrors: made, made of a linear volume and back, and pvmove's.

export LVM_SYSTEM_DIR=/scenario/lvm
VOLUME=/dev/mapper/vg-data

# lvm's own complaints matter only if it fails.
vg()
{
	lvm "$@" </dev/null 2>&1
}

# volume_in_sync LV: lvm2 says so.
volume_in_sync()
{
	[ "$(lvm lvs --noheadings -o copy_percent "vg/$1" 2>/dev/null | tr -d ' ')" = 100.00 ]
}

# volume_disks: where the volume is.
volume_disks()
{
	lvm lvs --noheadings -o devices vg/data 2>/dev/null | grep -o '/dev/vd.'
}

volume_holds()
{
	same "$MODEL" $VOLUME "$BYTES"
}

make_group()
{
	vg pvcreate -ff -y /dev/vda /dev/vdb /dev/vdc /dev/vdd &&
		vg vgcreate -s 512k vg /dev/vda /dev/vdb /dev/vdc /dev/vdd
}

# Its two legs are where nothing has been written yet, each disk with its own bytes.
make_mirror()
{
	report say "-- lvm2: a mirror"
	check "lvcreate --type mirror" vg lvcreate -y -Wn -Zn --type mirror -m 1 \
		--mirrorlog core -l 8 -n new vg /dev/vda:96-120 /dev/vdb:96-120
	until_true volume_in_sync new
	check "its two legs are byte for byte the same" \
		same /dev/mapper/vg-new_mimage_0 /dev/mapper/vg-new_mimage_1 $((8 << 19))
	check "lvremove" vg lvremove -y vg/new
}

make_volume()
{
	check "lvcreate --type linear" vg lvcreate -y -Wn -Zn -l $((2 * MIB)) -n data vg /dev/vda
	dd if=/dev/vde of="$MODEL" bs=1M skip=8 count="$MIB" 2>/dev/null
	check "the volume is filled" dd if="$MODEL" of=$VOLUME bs=1M oflag=direct
}

# Each time the legs that stay are those that were copied to.
convert()
{
	report say "-- lvm2: linear to mirror to linear, written to all the while"
	check "lvconvert to a mirror with its log in core" under_load 7 \
		vg lvconvert -y --type mirror -m 1 --mirrorlog core -i 1 vg/data /dev/vdb
	until_true volume_in_sync data
	check "the volume holds what was written" volume_holds
	check "lvconvert back, without the first leg" vg lvconvert -y -m 0 vg/data /dev/vda
	check "the volume is on the new leg" equal "$(volume_disks)" /dev/vdb
	check "the volume holds what was written" volume_holds
}

convert_more()
{
	check "lvconvert to three legs with a log on a disk" under_load 8 \
		vg lvconvert -y --type mirror -m 2 --mirrorlog disk -i 1 vg/data \
		/dev/vda /dev/vdc /dev/vdd
	until_true volume_in_sync data
	check "lvconvert, the log to core" vg lvconvert -y --mirrorlog core vg/data
	until_true volume_in_sync data
	check "lvconvert back, without the first leg" vg lvconvert -y -m 0 vg/data \
		/dev/vdb /dev/vda
	check "the volume holds what was written" volume_holds
	check "pvmove to where it was before" vg pvmove -i 1 -n data "$(volume_disks)" /dev/vdb
}

# under_load SEED COMMAND...: writes from before it starts until after it has ended.
under_load()
{
	base=$(($1 * 1000))
	shift
	rm -f /tmp/loads /tmp/enough
	echo "$SLOW" >"$THROTTLE"
	write_on $base &
	until_true test -e /tmp/loads
	"$@"
	ended=$?
	: >/tmp/enough
	wait $! || ended=1
	echo 100 >"$THROTTLE"
	report say "$(cat /tmp/loads) loads while '$2 $3 $4 $5' ran"
	i=0
	while [ $i -lt "$(cat /tmp/loads)" ]; do
		load_model $((base + i)) "$WRITES" || return 1
		i=$((i + 1))
	done
	return $ended
}

# write_on BASE: one load after the other, and how many there were.
write_on()
{
	loads=0
	until [ -e /tmp/enough ]; do
		load_device $VOLUME $(($1 + loads)) "$WRITES" || break
		loads=$((loads + 1))
		echo $loads >/tmp/loads
	done
	[ -e /tmp/enough ] || echo 0 >/tmp/loads
	[ -e /tmp/enough ]
}

move()
{
	report say "-- lvm2: pvmove, written to all the while"
	check "pvmove" under_load 9 vg pvmove -i 1 /dev/vdb /dev/vdd
	check "the volume is where it was moved to" equal "$(volume_disks)" /dev/vdd
	check "the volume holds what was written" volume_holds
}

manage_volumes()
{
	check "a volume group" make_group
	[ "$SCOPE" = short ] || make_mirror
	make_volume
	convert
	[ "$SCOPE" = short ] || convert_more
	move
	check "vgremove" vg vgremove -y -f vg
}
