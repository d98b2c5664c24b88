# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Loading and unloading the module many times: nothing stays behind.

LOADS=200
# The kernel's counts waver by up to 60 objects that each processor keeps at hand of each
# slab cache, and by some 50 pages for each. A page or an object that each load loses is
# above this.
TOLERANCE=$((LOADS / 2 - 10))

# Areas of vmalloc are freed for good when there are many, or before a module that is
# loaded has its memory made executable: as here, each time.
purge()
{
	:
}

# Everything that is only kept for later goes back to where it came from, and what RCU
# frees after a grace period is free.
settle()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/sys/module/rcutree/parameters/do_rcu_barrier
	purge
	for shrink in /sys/kernel/slab/*/shrink; do
		echo 1 >"$shrink"
	done
	echo 1 >/proc/sys/vm/stat_refresh
}

# Free pages, those that a processor keeps for itself included.
free_pages()
{
	awk '$1 == "nr_free_pages" || $1 == "count:" { sum += $2 } END { print sum }' /proc/zoneinfo
}

# The objects in use of each slab cache.
slab_objects()
{
	awk 'NR > 2 { print $1, $2 }' /proc/slabinfo | sort
}

# slab_growth BEFORE AFTER: the caches that are new, gone, or larger.
slab_growth()
{
	awk -v tolerance=$TOLERANCE '
		NR == FNR { before[$1] = $2; next }
		!($1 in before) { print $1 " is new" }
		$2 - before[$1] > tolerance { print $1 ": " before[$1] " to " $2 }
		{ delete before[$1] }
		END { for (name in before) print name " is gone" }
	' "$1" "$2"
}

load_many()
{
	i=0
	while [ $i -lt "$1" ]; do
		insmod /modules/dm_io_rust.ko && rmmod dm_io_rust || return 1
		i=$((i + 1))
		[ $((i % 50)) != 0 ] || report say "$i of $1 loads"
	done
}

count()
{
	settle
	free_pages >"/tmp/$1.pages"
	slab_objects >"/tmp/$1.slabs"
}

# Count until no more is missing than is tolerated: what a processor keeps at hand changes
# from one time to the next, and what is lost stays so.
count_again()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		count after
		lost=$(($(cat /tmp/before.pages) - $(cat /tmp/after.pages)))
		growth=$(slab_growth /tmp/before.slabs /tmp/after.slabs)
		[ "$lost" -gt $TOLERANCE ] || [ -n "$growth" ] || break
	done
}

check_loads()
{
	load_many 10 # takes what is kept from the first time on
	count before
	ls /sys/kernel/slab >/tmp/names.before
	log_length >/tmp/log.before

	check "insmod and rmmod, $LOADS times" load_many $LOADS
	log_length >/tmp/log.after
	count_again
	ls /sys/kernel/slab >/tmp/names.after

	check "of the free pages at most $TOLERANCE are missing ($lost)" [ "$lost" -le $TOLERANCE ]
	check "no slab cache has grown" equal "$growth" ""
	check "the slab caches are those of before" cmp /tmp/names.before /tmp/names.after
	check "nothing was logged" cmp /tmp/log.before /tmp/log.after
}
