# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the boots have in common; sourced by their scripts.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
MODULES=/lib/modules/$(uname -r)
STOCK=$MODULES/kernel/drivers/md/dm-mod.ko.xz
TEMPORARY=/dev/shm
export DEBIAN_FRONTEND=noninteractive

# fails COMMAND...
fails()
{
	! "$@"
}

# check_boot: systemd is at its default target, on the origin of a snapshot.
check_boot()
{
	check "$1, systemd reaches its default target" \
		equal "$(systemctl is-system-running --wait)" running
	check "$1, no unit has failed" equal "$(systemctl list-units --failed --plain --no-legend)" ""
	check "$1, / is on the origin of a snapshot" \
		equal "$(findmnt -n -o SOURCE /) $(dmsetup table machine-root | cut -d ' ' -f 3)" \
		"/dev/mapper/machine-root snapshot-origin"
}

# build_id FILE: the one that the linker made, as the kernel shows it of a module.
build_id()
{
	xz -dc "$1" >$TEMPORARY/module.ko &&
		objcopy -O binary --only-section=.note.gnu.build-id $TEMPORARY/module.ko $TEMPORARY/build-id &&
		sha256sum <$TEMPORARY/build-id
}

# check_loaded NAME MODULE FILE TAINT: the module that is loaded is the one of the file.
check_loaded()
{
	check "$1, modprobe takes $2 from ${3#"$MODULES"/}" equal "$(modinfo -n "$2")" "$3"
	check "$1, that $2 is loaded" \
		equal "$(sha256sum </sys/module/"$2"/notes/.note.gnu.build-id)" "$(build_id "$3")"
	check "$1, $2 taints the kernel as it must" equal "$(cat /sys/module/"$2"/taint)" "$4"
}

# check_stock NAME: the kernel's own dm_mod, and nothing that is not the kernel's own.
check_stock()
{
	check_loaded "$1" dm_mod "$STOCK" ""
	check "$1, nothing taints the kernel" equal "$(cat /proc/sys/kernel/tainted)" 0
	check "$1, there is no module of this project" fails grep '^dm_io_rust' /proc/modules
}

# sectors_copied: how many sectors of the root's snapshot are in use.
sectors_copied()
{
	dmsetup status machine-before | sed 's,.* snapshot \([0-9]*\)/.*,\1,'
}

# copies_of MODULE: how many jobs its kcopyd has had.
copies_of()
{
	sed -n 's/^copy_jobs //p' /sys/kernel/debug/"$1"/statistics
}

# check_copies NAME [MODULE]: what is written to / is copied to the snapshot first, by MODULE.
check_copies()
{
	sectors=$(sectors_copied)
	jobs=$([ -z "$2" ] || copies_of "$2")
	check "$1, a file is written to /" \
		dd if=/dev/urandom of="/var/tmp/$1" bs=1M count=16 conv=fsync
	check "$1, which is copied on write" [ "$(sectors_copied)" -gt "$sectors" ]
	[ -z "$2" ] || check "$1, by $2" [ "$(copies_of "$2")" -gt "$jobs" ]
}

# check_snapshot NAME: it is, byte for byte, what the root was before the first boot.
check_snapshot()
{
	check "$1, the snapshot is as / was at first" python3 same.py /dev/machine/before /dev/vdb
}
