# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Known writes to the services, to the origin of a snapshot and to a mirror, each on one
# disk whose writes dm-log-writes logs. What the logs say is up to the host.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../../targets/lib.sh
. /lib/targets.sh
# shellcheck source=../../guest/demo/client.sh
. /lib/client.sh
# shellcheck source=../devices.sh
. /lib/devices.sh
. ./services.sh
. ./volumes.sh

check "the disks have one queue" equal "$(ls -d /sys/block/vda/mq/*)" /sys/block/vda/mq/0
load_targets
check "the client loads" insmod /modules/dm_io_rust_client.ko buffer_mib="$BUFFER_MIB"
start_proof
report say "== The services"
logged_services
report say "== A snapshot's origin"
logged_snapshot
report say "== A mirror"
logged_mirror
check_proof io_requests io_sectors_written copy_jobs copy_sectors
check "the client unloads" rmmod dm_io_rust_client
unload_targets
