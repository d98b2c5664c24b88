# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Each of the scenarios, with the modules loaded anew.

# shellcheck source=../guest/report.sh
. /lib/report.sh
# shellcheck source=../differential/devices.sh
. /lib/devices.sh
# shellcheck source=../targets/lib.sh
. /lib/targets.sh
# shellcheck disable=SC2153 # the settings have it
MIB=$DISK_MIB
. ./lib.sh
. ./sectors.sh

check "$PROCESSORS processors are online" equal "$(grep -c ^processor /proc/cpuinfo)" "$PROCESSORS"
modprobe -a dm_mod
modprobe null_blk nr_devices=0
mount -t configfs none /sys/kernel/config
check "the steady disks are there" steady_disks
for scenario in $SCENARIOS; do
	# shellcheck source=/dev/null
	. "./scenarios/$scenario.sh"
	$scenario
done
check_checkers
