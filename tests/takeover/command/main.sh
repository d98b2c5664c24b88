# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# dm-io-rust: the clients of devices change sides while the devices are in use.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../../targets/lib.sh
. /lib/targets.sh
# shellcheck source=../../targets/snapshot/devices.sh
. /lib/devices.sh
# shellcheck source=../../targets/snapshot/writes.sh
. /lib/writes.sh
# shellcheck source=../module.sh
. /lib/module.sh
. ./run.sh
. ./devices.sh
. ./load.sh
. ./kinds.sh
. ./all.sh
. ./mirrors.sh
. ./failures.sh
. ./volumes.sh

# say TEXT: with the time since the start.
say()
{
	report say "== $1 ($(cut -d ' ' -f 1 /proc/uptime) s)"
}

not_loaded()
{
	check "not loaded, it is said" equal "$($TOOL status | head -n 1)" \
		"dm_io_rust_takeover is not loaded: all clients are the kernel's own"
	check "not loaded, all clients are the kernel's own" equal "$(row passing)" "snapshot - kcopyd"
	check "not loaded, nothing can be adopted" ends 1 adopt passing
	check "not loaded, it is said" said "dm_io_rust_takeover is not loaded: all clients are the kernel's own"
	check "not loaded, everything is released" ends 0 release --all
}

goes()
{
	check "there are no clients" equal "$($TOOL status | tail -n +3)" ""
	check "it is removed" rmmod "$WAY"
}

mkdir -p /run/cryptsetup
modprobe -a dm_mod dm_delay
# shellcheck disable=SC2046 # a word for each
modprobe -a $(cat /data/targets)
# So little that metadata goes through dm-io.
echo 1 >/sys/module/dm_bufio/parameters/max_cache_size_bytes
insmod /modules/dm_io_rust.ko
check "the devices below" make_parts
origin /dev/vda 16384
check "the kernel's own snapshot is made" make_passing
check "the kernel's own mirror is made" make_mirror
not_loaded
check "it is taken over" take_over
say "What fails"
failures
say "Mirrors that would be copied"
mirrors
check "they go" dmsetup remove passing mirror
say "Each kind of device, in use"
kinds
say "All of them"
all_at_once
check "all devices go" remove_devices
say "Volumes of lvm2"
volumes
goes
check "the kernel logged nothing unexpected" equal "$(unexpected_messages)" ""
check_checkers
