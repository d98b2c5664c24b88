# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the other pieces use these
# dm-vdo: blocks that are the same are stored once, and none is ever another.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh
. ./device.sh
. ./stages.sh

LOGICAL_MIB=32
[ "$SCOPE" = short ] || LOGICAL_MIB=64

load_targets
start_proof
make_big
begin
fill
stop_uncleanly
grow
rebuild
if [ "$SCOPE" = full ]; then
	OPTIONS="compression on"
	check "VDO is started, to compress" start
	fill
	stop_uncleanly
	rebuild
fi
check "VDO's storage is taken away" dmsetup remove below
check_proof io_requests copy_jobs copy_sectors zero_jobs zero_sectors
unload_targets
rmdir "$CONFIG"
