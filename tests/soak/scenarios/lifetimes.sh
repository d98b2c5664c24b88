# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The module, and clients, that come and go many times in one boot, and a callback that
# outlives its client. What loads.sh counts cannot be exact: other caches keep objects,
# too, some for each processor.

# shellcheck source=../../guest/demo/loads.sh
. /lib/loads.sh

lifetimes()
{
	report say "== lifetimes ($(cut -d ' ' -f 1 /proc/uptime) s)"
	LOADS=1000 clients=10000
	[ "$SCOPE" = full ] || LOADS=200 clients=500
	TOLERANCE=$((LOADS / 2 - 10))
	check_loads
	check "lifetimes, the modules load" load_all
	check_clients $clients
	check "lifetimes, the modules unload" unload_all
	check_late_callback
}

# The stacks of the rescuers are such areas.
purge()
{
	modprobe dm_delay && modprobe -r dm_delay
}

# check_clients NUMBER: of each of the two kinds. A page or an object that each one loses
# is far above what is tolerated.
check_clients()
{
	control clients 100
	count before
	check "lifetimes, $1 clients come and go" control clients "$1"
	count_again
	check "lifetimes, at most $TOLERANCE free pages are missing ($lost)" [ "$lost" -le $TOLERANCE ]
	check "lifetimes, no slab cache has grown" equal "$growth" ""
}

# The module's end waits for a callback that is in progress.
check_late_callback()
{
	check "lifetimes, the module loads" insmod /modules/dm_io_rust.ko
	check "lifetimes, a callback begins" \
		insmod /modules/dm_io_rust_late_callback.ko disk=/dev/steady0
	check "lifetimes, its client keeps the module" fails rmmod dm_io_rust
	echo 1 >/sys/module/dm_io_rust_late_callback/parameters/destroy
	rmmod dm_io_rust &
	end=$!
	until_true has_begun_to_go
	# The end of each module waits for a grace period, as that of dm_io_rust does before the callback.
	for _ in 1 2 3 4 5; do
		purge
	done
	check "lifetimes, the callback keeps it, too" is_going
	echo 1 >/sys/module/dm_io_rust_late_callback/parameters/go_on
	wait $end
	check "lifetimes, it goes when the callback has returned" equal $? 0
	check "lifetimes, the caller goes" rmmod dm_io_rust_late_callback
}

has_begun_to_go()
{
	[ "$(cat /sys/module/dm_io_rust/initstate 2>/dev/null)" != live ]
}

is_going()
{
	equal "$(cat /sys/module/dm_io_rust/initstate 2>/dev/null)" going
}
