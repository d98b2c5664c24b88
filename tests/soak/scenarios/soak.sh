# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For as long as MINUTES says: the load on plain disks, on one with bad sectors, on one whose
# I/O fails now and then, and on a snapshot's origin, a mirror and a thin volume, which are on
# this engine, too. In each round the snapshot is taken anew, the mirror is copied again, blocks
# of the thin volume are shared and unshared, and memory is filled.

SECTORS=$((MIB * 2048))
# Of the memory that is there, so much is left in MiB.
LEFT=64
CLIENTS="3 dm-io 3 kcopyd "

make_targets()
{
	memory_disk under-origin discard=1 && memory_disk store size=$((MIB * 2)) &&
		memory_disk leg0 discard=1 && memory_disk leg1 irqmode=2 completion_nsec=100000 discard=1 &&
		memory_disk metadata size=4 && memory_disk data size=$((MIB * 3)) discard=1 &&
		dmsetup create origin --table "0 $SECTORS snapshot-origin /dev/under-origin" &&
		dmsetup create mirrored --table "$(mirror_table)" &&
		dmsetup create pool --table \
			"0 $((SECTORS * 3)) thin-pool /dev/metadata /dev/data 128 0" &&
		dmsetup message pool 0 create_thin 0 &&
		dmsetup create thin --table "0 $SECTORS thin /dev/mapper/pool 0"
}

mirror_table()
{
	echo "0 $SECTORS mirror core 1 512 2 /dev/leg0 0 /dev/leg1 0"
}

# Its log is in memory, and so all of the mirror is copied.
copy_mirror()
{
	dmsetup suspend mirrored && dmsetup load mirrored --table "$(mirror_table)" &&
		dmsetup resume mirrored
}

# What is under the origin while nothing goes on there is what the snapshot is from then on.
take_snapshot()
{
	dd if=/dev/zero of=/dev/store bs=4096 count=1 oflag=direct 2>/dev/null &&
		dmsetup suspend origin &&
		dd if=/dev/under-origin of=/tmp/origin bs=1M iflag=direct 2>/dev/null &&
		dmsetup create snap --table "0 $SECTORS snapshot /dev/under-origin /dev/store P 16" &&
		dmsetup resume origin
}

share_blocks()
{
	dmsetup suspend thin && dmsetup message pool 0 create_snap 1 0 && dmsetup resume thin
}

# By way of the page cache, and together more than is left.
want_memory()
{
	for disk in vda leg0 leg1 store data under-origin; do
		cat "/dev/$disk" || return 1
	done >/dev/null
}

# The load goes on meanwhile. What is cached from the last time would be wanted no more.
fill_memory()
{
	echo 3 >/proc/sys/vm/drop_caches
	fill=$(awk -v left=$LEFT '$1 == "MemAvailable:" { print int($2 / 1024) - left }' /proc/meminfo)
	mkdir -p /filled && mount -t tmpfs -o size=100% filled /filled &&
		dd if=/dev/zero of=/filled/all bs=1M count="$fill" 2>/dev/null &&
		want_memory && more 200 && want_memory && umount /filled
}

# reclaimed: how many pages the kernel has taken from one user for another.
reclaimed()
{
	awk '/^pgsteal_(kswapd|direct) / { sum += $2 } END { print sum }' /proc/vmstat
}

# reclaimed_in_each_round FROM: 16 MiB on average, or memory was not short.
reclaimed_in_each_round()
{
	echo "$(($(reclaimed) - $1)) pages in $number rounds"
	[ $(($(reclaimed) - $1)) -gt $((number * 4096)) ]
}

# The first leg is read, and the other has what this engine copied and wrote.
legs_are_the_same()
{
	same /dev/leg0 /dev/leg1 $((MIB << 20))
}

in_sync()
{
	equal "$(dmsetup status mirrored | awk '{ print $7, $9 }')" "$((SECTORS / 512))/$((SECTORS / 512)) AA"
}

# What the targets have of this engine: two services for the snapshot, two for the mirror,
# and two for the pool. Rebuilt ones have no others to call.
served()
{
	[ "$WAY" = rebuilt ] ||
		equal "$(cut -d ' ' -f 2 "/proc/$WAY" | sort | uniq -c | awk '{ printf "%s %s ", $1, $2 }')" "$CLIENTS"
}

# flaky TARGET...: the table that the disk has from now on.
flaky()
{
	dmsetup suspend flaky && dmsetup load flaky --table "0 $SECTORS $*" && dmsetup resume flaky
}

fail_for_a_time()
{
	may_fail 1 /dev/mapper/flaky && flaky flakey /dev/under 0 0 1 1 "$1" && more 200 &&
		flaky linear /dev/under 0 && may_fail 0 /dev/mapper/flaky
}

# A round says only what fails.
round()
{
	take_snapshot && served && fail_for_a_time error_writes && share_blocks && copy_mirror && fill_memory &&
		fail_for_a_time error_reads && more 500 &&
		same /tmp/origin /dev/mapper/snap $((MIB << 20)) &&
		dmsetup remove snap && dmsetup message pool 0 delete 1
}

rounds()
{
	end=$(($(cut -d . -f 1 /proc/uptime) + MINUTES * 60))
	number=0
	while [ "$(cut -d . -f 1 /proc/uptime)" -lt $end ] && [ "$(counted wrong)" = 0 ]; do
		round || return 1
		number=$((number + 1))
		report say "$number rounds: $(sum)"
	done
}

sum()
{
	echo "$(requests) requests, $(counted regions) I/Os, $(($(counted sectors) / 2048)) MiB," \
		"$(counted failed) failed, $(counted checked) sectors checked, $(reclaimed) pages" \
		"reclaimed, $(counted wrong) wrong"
}

soak()
{
	# shellcheck disable=SC2034 # it is in the names of checks
	SCENARIO=soak
	modprobe dm_flakey
	memory_disk rotten discard=1
	memory_disk under discard=1
	dmsetup create flaky --table "0 $SECTORS linear /dev/under 0"
	check "soak, the modules load" load_all
	check "soak, the targets are made" make_targets
	check "soak, the disks are filled" add_disks /dev/steady0 /dev/steady1 /dev/rotten \
		/dev/mapper/flaky /dev/mapper/origin /dev/mapper/mirrored /dev/mapper/thin
	check "soak, sectors go bad" spoil rotten
	check "the load is on" control start
	begun_with=$(reclaimed)
	check "soak, $MINUTES minutes" rounds
	report say "$(sum)"
	check "soak, memory was short" reclaimed_in_each_round "$begun_with"
	check "soak, the load ends" control stop
	check "soak, no sector is bad" mend rotten
	check "soak, all disks hold what they must" control verify
	until_true in_sync
	check "soak, the legs of the mirror are the same" legs_are_the_same
	check "soak, nothing was wrong" first_wrong
	check_apis
	check_log
	check "soak, one I/O in 100 has failed" \
		[ "$(counted failed)" -gt $(($(counted regions) / 100)) ]
	rmmod dm_io_rust_soak
	check "soak, the devices go" remove_devices
	check "soak, the modules unload" unload_modules
}
