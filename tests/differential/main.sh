# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The differential tests' scenario, as it runs in the guest.

# shellcheck source=../guest/report.sh
. /lib/report.sh
# shellcheck source=/dev/null
. /data/settings
# There is no udev here: dmsetup makes the device nodes itself.
export DM_DISABLE_UDEV=1

. ./devices.sh

load()
{
	modprobe -a dm_mod dm_flakey dm_delay loop sd_mod
	modprobe null_blk nr_devices=0
	mount -t configfs none /sys/kernel/config
	check "insmod dm_io_rust.ko" insmod /modules/dm_io_rust.ko
	check "insmod dm_io_rust_differential.ko" insmod /modules/dm_io_rust_differential.ko
	check "a pair of devices of each kind" make_devices
	check "both of a pair are alike" register_devices
}

# compare PART SEED REQUESTS: the same to both, and what it found.
compare()
{
	report say "== $*"
	check "the run $* is made" sh -c "echo $* >$MODULE/run"
	while read -r line; do
		report "$line"
	done <"$MODULE/report"
}

unload()
{
	check "rmmod dm_io_rust_differential" rmmod dm_io_rust_differential
	check "rmmod dm_io_rust" rmmod dm_io_rust
	check "the devices go" remove_devices
}

load
[ -d "$MODULE" ] || exit 1
for seed in $SEEDS; do
	compare io "$seed" "$IO_REQUESTS"
	compare copy "$seed" "$COPY_REQUESTS"
	compare callback "$seed" "$CALLBACKS"
done
compare bad 0 1
unload
check_checkers
