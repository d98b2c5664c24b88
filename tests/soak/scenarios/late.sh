# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks that end late, and in any order: after 50 ms, half a second, or some.

# delays READS WRITES: in milliseconds.
delays()
{
	echo "0 $((MIB * 2048)) delay /dev/under 0 $1 /dev/under 0 $2"
}

change_delays()
{
	dmsetup suspend slower && dmsetup load slower --table "$(delays "$@")" &&
		dmsetup resume slower
}

late()
{
	modprobe dm_delay
	memory_disk slow irqmode=2 completion_nsec=50000000
	memory_disk under discard=1
	dmsetup create slower --table "$(delays 0 0)"
	begin late /dev/slow /dev/mapper/slower
	check "late, reads take half a second" change_delays 500 300
	phase
	check "late, reads take 2.5 s" change_delays 2500 300
	more 200
	check "late, the load ends" control stop
	check "late, some took as long" [ "$(counted longest_read_ms)" -ge 2500 ]
	# Or it would take long to verify what is there.
	check "late, nothing takes long" change_delays 0 0
	check "late, the load is on" control start
	end
	dmsetup remove slower
	switch_off slow under
}
