# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the scenarios have in common, beside the common parts of tests/targets.
#
#	begin NAME DISK...	loads the modules, and puts load on the disks, and on two where
#				nothing may fail
#	more COUNT		waits until so many more requests have ended
#	end			stops the load, and checks all that there is to check

SOAK=/sys/kernel/debug/dm_io_rust_soak

# control COMMAND...: see module/main.c.
control()
{
	echo "$*" >$SOAK/control
}

# counted NAME...: the sum of these counts.
counted()
{
	awk -v names="$*" '
		BEGIN { split(names, list); for (i in list) wanted[list[i]] = 1 }
		$1 in wanted { sum += $2 }
		END { print sum + 0 }
	' $SOAK/counts
}

# failed_on DISK: how many regions there have failed.
failed_on()
{
	awk -v disk="$1" '$1 == disk { print $2 }' $SOAK/failed
}

requests()
{
	counted reads writes discards zeroes flushes copies zeroings
}

has_come_to()
{
	[ "$(requests)" -ge "$1" ] || [ "$(counted wrong)" != 0 ]
}

more()
{
	until_true has_come_to $(($(requests) + $1))
	# The load may never end now.
	[ "$(counted wrong)" = 0 ] || check "$SCENARIO, nothing was wrong" first_wrong
}

# As long as a phase of a scenario is to be.
phase()
{
	if [ "$SCOPE" = short ]; then more 300; else more 2000; fi
}

# noticed DISK WHAT: a phase in which that makes requests to the disk fail.
noticed()
{
	before=$(failed_on "$1")
	phase
	check "$SCENARIO, $2 is noticed" [ "$(failed_on "$1")" -gt "$before" ]
}

# may_fail 0|1 DISK...: what goes on with the disks meanwhile is no fault of the engine.
may_fail()
{
	value=$1
	shift
	for disk in "$@"; do
		control may_fail "$disk" "$value" || return 1
	done
}

steady_disks()
{
	memory_disk steady0 discard=1 && memory_disk steady1 irqmode=2 completion_nsec=300000
}

# add_scsi_disk OPTION...: a disk of scsi_debug, whose name scsi_name prints then.
add_scsi_disk()
{
	modprobe sd_mod && modprobe scsi_debug dev_size_mb="$MIB" ndelay=50000 "$@" &&
		until_true scsi_disk_is_there
}

# scsi_name [ADAPTER]: of scsi_debug's disk, or of the one that another driver's adapter has.
scsi_name()
{
	for queue in "/sys/bus/${1:-pseudo/drivers/scsi_debug/adapter}"*/host*/target*/*/block/*/queue; do
		[ ! -d "$queue" ] || basename "${queue%/queue}"
	done
}

scsi_disk_is_there()
{
	[ -n "$(scsi_name "$@")" ] && can_be_opened "/dev/$(scsi_name "$@")"
}

# can_be_opened DISK: for a moment it has a node in /dev and cannot.
can_be_opened()
{
	[ -b "$1" ] && sectors "$1" >/dev/null
}

# has_limit DISK LIMIT VALUE: as sysfs has it.
has_limit()
{
	disk=$(readlink -f "/dev/$1")
	check "$SCENARIO, $1 has $2 $3" equal "$(cat "/sys/block/${disk#/dev/}/queue/$2")" "$3"
}

# switch_off NAME...: disks of null_blk go.
switch_off()
{
	for name in "$@"; do
		rmdir "/sys/kernel/config/nullb/$name"
	done
}

load_all()
{
	load_modules && insmod /modules/dm_io_rust_soak.ko seed="$SEED" limit_seconds="$LIMIT"
}

add_disks()
{
	for disk in "$@"; do
		control disk "$disk" || return 1
	done
}

begin()
{
	SCENARIO=$1
	shift
	report say "== $SCENARIO ($(cut -d ' ' -f 1 /proc/uptime) s)"
	check "$SCENARIO, the modules load" load_all
	[ -d $SOAK ] || exit 1
	check "$SCENARIO, the disks are filled" add_disks /dev/steady0 /dev/steady1 "$@"
	check "the load is on" control start
	phase
	check "$SCENARIO, clients keep the module" [ "$(references)" -gt 1 ]
}

# The references to the module: one is of the load, which uses its symbols.
references()
{
	cat "/sys/module/$MODULE/refcnt"
}

unload_all()
{
	rmmod dm_io_rust_soak && unload_modules
}

# What is said of each thing that was wrong, of which more is in the log.
first_wrong()
{
	dmesg | grep "soak: .*; worker\|soak: /dev" | head -n 1
	[ "$(counted wrong)" = 0 ]
}

check_apis()
{
	check "$SCENARIO, some requests are classic" [ "$(counted classic)" -gt 0 ]
	check "$SCENARIO, not all requests are" [ "$(counted classic)" -lt "$(requests)" ]
}

# It has a line for each call that it refuses: the load makes none of these.
check_log()
{
	check "$SCENARIO, the engine has logged nothing unexpected" \
		equal "$(unexpected_messages | grep -F ' dm_io_rust: ')" ""
}

end()
{
	check "$SCENARIO, the module stays while its symbols are in use" fails rmmod dm_io_rust
	check "$SCENARIO, the load ends" control stop
	check "$SCENARIO, clients keep the module no more" equal "$(references)" 1
	check "$SCENARIO, all disks hold what they must" control verify
	check "$SCENARIO, nothing was wrong" first_wrong
	check_apis
	check_log
	report say "$(tr '\n' ';' <$SOAK/counts)"
	check "$SCENARIO, the modules unload" unload_all
}
