# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-mod as dkms has built and installed it.

. ./machine.sh

check_boot dm-mod
check_loaded dm-mod dm_mod "$MODULES/updates/dkms/dm-mod.ko.xz" OE
check "dm-mod, the target is the kernel's own" equal "$(cat /sys/module/dm_snapshot/taint)" ""
check_copies dm-mod dm_mod
check_snapshot dm-mod
