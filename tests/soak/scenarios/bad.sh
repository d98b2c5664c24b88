# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks with bad sectors, where it is known of each region whether it must fail.

# In device-mapper (see error_table), in null_blk, where each command fails that has one, and
# in dm-dust, if there is that, where the first sector of each cannot be read until it is
# written.
bad()
{
	STRETCHES=$(stretches)
	memory_disk rotten discard=1
	memory_disk under discard=1
	good_table /dev/under | dmsetup create holes
	BAD='/dev/rotten /dev/mapper/holes'
	add_dust
	# shellcheck disable=SC2086 # a word for each
	begin bad $BAD

	check "bad, the load ends" control stop
	check "bad, sectors go bad" make_bad
	check "bad, the load is on" control start
	phase
	for disk in $BAD; do
		check "bad, sectors of $disk that are bad are noticed" [ "$(failed_on "$disk")" -gt 0 ]
	done
	check "bad, the load ends" control stop
	check "bad, no sector is bad" make_good
	check "bad, all disks hold what they must" control verify
	check "bad, the load is on" control start
	end
	dmsetup remove holes
	[ ! -e /dev/mapper/dust ] || dmsetup remove dust
	switch_off rotten under
	[ ! -e /dev/dusty ] || switch_off dusty
}

# Not every kernel has it.
add_dust()
{
	if ! modprobe dm_dust; then
		report skip "bad, sectors that cannot be read until they are written: no dm_dust"
		return
	fi
	BAD="$BAD /dev/mapper/dust"
	check "bad, there is a disk of dm-dust" make_dust
}

make_dust()
{
	memory_disk dusty && dmsetup create dust --table "0 $((MIB * 2048)) dust /dev/dusty 0 512" &&
		dmsetup message dust 0 quiet
}

make_bad()
{
	spoil rotten || return 1
	for stretch in $STRETCHES; do
		start=${stretch%,*} length=${stretch#*,}
		control bad /dev/mapper/holes "$start" "$length" rw || return 1
		[ -e /dev/mapper/dust ] || continue
		dmsetup message dust 0 addbadblock "$start" &&
			control bad /dev/mapper/dust "$start" 1 heals || return 1
	done
	reload_holes error_table && message_dust enable
}

message_dust()
{
	[ ! -e /dev/mapper/dust ] || dmsetup message dust 0 "$1"
}

# reload_holes COMMAND: what it prints of a disk is the table from now on.
reload_holes()
{
	dmsetup suspend holes && $1 /dev/under | dmsetup load holes && dmsetup resume holes
}

good_table()
{
	echo "0 $((MIB * 2048)) linear $1 0"
}

make_good()
{
	mend rotten && message_dust disable && reload_holes good_table || return 1
	for disk in $BAD; do
		control bad "$disk" 0 $((MIB * 2048)) none || return 1
	done
}
