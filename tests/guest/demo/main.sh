# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The demo's scenario, as it runs in the guest.

# shellcheck source=../report.sh
. /lib/report.sh
# shellcheck source=../../targets/lib.sh
. /lib/targets.sh

. ./table.sh
. ./snapshot.sh
. ./mirror.sh
. ./client.sh
. ./services.sh
. ./copies.sh
. ./outside.sh
. ./example.sh
. ./loads.sh

# What the kernel says of a disk that fails.
expect_message 'device-mapper: raid1: |I/O error, dev |[a-z_]*: [0-9]* callbacks suppressed'

unload_each()
{
	for module in "$@"; do
		rmmod "$module" || return 1
	done
}

tell_story()
{
	report say "== Linux $(uname -r), its dm-snapshot and dm-mirror and lvm2, all as Debian has"
	report say "   them: insmod dm_io_rust.ko, insmod dm_io_rust_takeover.ko, and their I/O and"
	report say "   copies are this module's"
	load_targets
	start_proof
	tell_snapshot
	tell_mirror
	check "the volumes go" lvm vgremove -y -f vg
	check "none of this module's clients are left" equal "$(cat /proc/dm_io_rust_takeover)" ""
	# shellcheck disable=SC2046 # one word for each module
	check "dm-snapshot, dm-mirror and the takeover unload" \
		unload_each $(tac /data/targets) dm_io_rust_takeover
}

load()
{
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

tell_story
report say "== The services one by one, called by a test client"
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
check_table
report say "== Unloading, and loading over and over"
unload
check_loads
check "the kernel logged no warning" equal "$(unexpected_messages)" ""
