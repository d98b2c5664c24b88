# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The demo's scenario, as it runs in the guest.

# shellcheck source=../report.sh
. /lib/report.sh
# shellcheck source=/dev/null
. /data/settings
# There is no udev here: dmsetup makes the device nodes itself.
export DM_DISABLE_UDEV=1

. ./log.sh
. ./client.sh
. ./services.sh
. ./mirror.sh
. ./outside.sh
. ./example.sh
. ./loads.sh

load()
{
	modprobe -a ext4 dm_mod null_blk
	check "insmod dm_io_rust.ko" insmod /modules/dm_io_rust.ko
	check "insmod dm_io_rust_client.ko" insmod /modules/dm_io_rust_client.ko buffer_mib="$MIB"
	check "disk C gets bad sectors" dmsetup create bad /data/bad.table
}

unload()
{
	check "rmmod dm_io_rust is refused while the client is loaded" fails rmmod dm_io_rust
	exec 4<"$CLIENT/command"
	check "rmmod dm_io_rust_client is refused while it is open" fails rmmod dm_io_rust_client
	exec 4<&-
	check "disk C loses its bad sectors" dmsetup remove bad
	check "rmmod dm_io_rust_client" rmmod dm_io_rust_client
	check "rmmod dm_io_rust" rmmod dm_io_rust
}

report say "== Loading, on Linux $(uname -r)"
load
report say "== A $MIB MiB ext4 image to disk A, a part through each service, and back"
fill_buffer "$SOURCE"
write_parts
read_back
report say "== The whole image through each service, to a place of its own on disk S"
write_wholes
write_to_many
report say "== Flush, zeroes, discard, errors"
write_nothing
report_errors
report say "== Mirroring with kcopyd: disk A to B and C, which has bad sectors"
mirror
mirror_from_bad
report say "== Seen without the module"
check_disk A "$A"
check_disk B "$B"
check_checks
report say "== The example target: a device that keeps two others the same"
run_example
report say "== Unloading, and loading over and over"
unload
check_loads
check "the kernel logged no warning" equal "$(unexpected_messages)" ""
