# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The takeover of the kernel's dm-io and kcopyd: beside clients of the kernel's own,
# under load, and what keeps it from coming or going.

# shellcheck source=../guest/report.sh
. /lib/report.sh
# shellcheck source=../targets/lib.sh
. /lib/targets.sh
# shellcheck source=../targets/snapshot/devices.sh
. /lib/devices.sh
# shellcheck source=../targets/snapshot/writes.sh
. /lib/writes.sh
. ./module.sh
. ./beside.sh
. ./refused.sh
. ./load.sh
. ./gives_up.sh

modprobe -a dm_mod dm_snapshot
mount -t tracefs tracefs $TRACING 2>/dev/null

report say "== A snapshot from before, and one from after"
beside
report say "== What is refused"
refused
report say "== Clients are created and destroyed"
switches
comes_and_goes
report say "== ftrace gives up"
expect_message "$WAY: [a-z_]* cannot be restored"
ftrace_gives_up
check "the kernel logged nothing unexpected" equal "$(unexpected_messages)" ""
check_checkers
