# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The module, and clients, that come and go many times in one boot. What loads.sh counts
# cannot be exact: other caches keep objects, too, some for each processor.

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
