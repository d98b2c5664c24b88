# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# After a cut of the power: what the kernel makes of a snapshot and a mirror, and writes to
# both until the next one. After the last cut there are no writes.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../../targets/lib.sh
. /lib/targets.sh
# shellcheck source=../devices.sh
. /lib/devices.sh

ORIGIN=/dev/vda
STORE=/dev/vdb
CREATED=/dev/vdc
LEG_A=/dev/vdd
LEG_B=/dev/vde
DIRTY_LOG=/dev/vdf
ORIGIN_JOURNAL=/dev/vdg
MIRROR_JOURNAL=/dev/vdh

in_sync()
{
	dmsetup status mirror | grep -q " $((LEG_SECTORS / REGION))/$((LEG_SECTORS / REGION)) "
}

# The clients of the snapshot's kcopyd and store, and of the mirror's two services.
clients()
{
	cut -d ' ' -f 2 "/proc/$WAY" | sort | uniq -c | awk '{ printf "%s %s ", $1, $2 }'
}

write_until_cut()
{
	{
		write_all origin origin "journal $ORIGIN_JOURNAL" >/dev/ttyS1
		report fail "the origin's writers go on"
	} &
	write_all mirror mirror "journal $MIRROR_JOURNAL" >/dev/ttyS1
	report fail "the mirror's writers go on"
}

check "the module and the targets load" load_modules
check "the snapshot is read from its store" snapshot $ORIGIN $STORE
check "the mirror is made" mirror $LEG_A $LEG_B $DIRTY_LOG
check "all clients are this module's" equal "$(clients)" "$CLIENTS"
check "the snapshot is what the origin was" /bin/cmp /dev/mapper/snap $CREATED
until_true in_sync
check "the mirror's legs are the same" /bin/cmp $LEG_A $LEG_B
if ! grep -qw crash.last /proc/cmdline; then
	write_until_cut
else
	unload_targets
fi
