# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# How a scenario tells the host what it found; sourced by its main.sh.
#
#	report say TEXT...		progress, shown as it happens
#	report pass NAME		a check that held
#	report fail NAME: DETAIL	one that did not
#	report skip NAME: REASON	one that could not be made

report()
{
	echo "$*" >/dev/ttyS1
}

# check NAME COMMAND...: a check that is a command's exit status.
check()
{
	name=$1
	shift
	if output=$("$@" 2>&1); then
		report pass "$name"
	else
		report fail "$name: $(echo "$output" | tail -n 3 | tr '\n' ' ')"
	fi
}

KMEMLEAK=/sys/kernel/debug/kmemleak
LOCKDEP=/proc/lockdep_stats

# It reports no object younger than 5 s; it takes the second scan to see that an object
# stays unreferenced.
nothing_is_leaked()
{
	sleep 6
	echo scan >$KMEMLEAK && echo scan >$KMEMLEAK && cat $KMEMLEAK >/tmp/leaks || return 1
	cat /tmp/leaks >/dev/console
	[ ! -s /tmp/leaks ]
}

# What of scripts/debug_kernel.* does not watch, or no more.
unwatched()
{
	(cd /sys/kernel/slab/kmalloc-64 && grep -Hvx 1 sanity_checks red_zone poison store_user) 2>&1
	grep -Hvx 60 /proc/sys/kernel/hung_task_timeout_secs 2>&1
	[ "$(cat /sys/module/workqueue/parameters/watchdog_thresh 2>&1)" -gt 0 ] || echo "works"
	grep -qw page_poison=on /proc/cmdline && grep -q ' __kernel_poison_pages$' /proc/kallsyms ||
		echo "freed pages"
}

# At the end, on a kernel with checkers: after its first report lockdep is off, and silent. The
# host expects all of these (debug_kernel.py), so that none is left out because it is not there.
check_checkers()
{
	[ ! -e $LOCKDEP ] || check "lockdep is on" grep -q 'debug_locks: *1$' $LOCKDEP
	[ ! -e $LOCKDEP ] || check "memory, tasks and works are watched" equal "$(unwatched)" ""
	[ ! -e $KMEMLEAK ] || check "nothing is leaked" nothing_is_leaked
}

# equal GOT EXPECTED
equal()
{
	echo "got '$1' instead of '$2'"
	[ "$1" = "$2" ]
}

# run_scenario FILE: tells the host that it has begun, and how it has ended.
run_scenario()
{
	report booted
	cd /scenario || return
	sh "$1" </dev/null >/tmp/main.log 2>&1
	status=$?
	[ $status = 0 ] || report say "$(tail -n 20 /tmp/main.log)"
	cat /tmp/main.log
	report exit $status
}
