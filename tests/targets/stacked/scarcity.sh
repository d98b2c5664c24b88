# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the stack has to do without:
#
#	no_memory	whatever the engine itself asks the allocators for is refused, so that it
#			has what it has set aside
#	no_workers	no thread is created for any work queue, and those that there are have
#			been made busy: the rescuers are left
#	full_memory	memory is filled, and the rest of it wanted by others all the time

REFUSALS=/sys/module/dm_io_rust_refusals/parameters
WATCHDOG=/sys/module/workqueue/parameters/watchdog_thresh
WORKS=$TRACING/instances/works
# In MiB, what is left of the memory that there is.
LEFT=24

load_refusals()
{
	insmod /modules/dm_io_rust_refusals.ko engine="$MODULE"
}

begin_no_memory()
{
	refused=$(cat $REFUSALS/memory_refused)
	unrefusable=$(cat $REFUSALS/memory_unrefusable)
	echo 1 >$REFUSALS/refuse_memory
}

end_no_memory()
{
	echo 0 >$REFUSALS/refuse_memory
	refused=$(($(cat $REFUSALS/memory_refused) - refused))
	unrefusable=$(($(cat $REFUSALS/memory_unrefusable) - unrefusable))
	report say "memory was refused $refused times"
	check "${what:?}, memory was asked for and refused" [ $refused -gt 0 ]
	# Only a copy that a callback starts may want it, and an atomic write: here is neither.
	check "$what, none was asked for that cannot be refused" equal $unrefusable 0
}

# Every work that begins from then on is in the trace, with the thread that does it.
begin_no_workers()
{
	# A work that waits is what is wanted.
	if [ -e $WATCHDOG ]; then
		watchdog=$(cat $WATCHDOG)
		echo 0 >$WATCHDOG
	fi
	mkdir "$WORKS"
	check "$what, all workers are busy" busy_workers
	check "$what, works are traced" trace_works 1
}

busy_workers()
{
	echo 1 >$REFUSALS/refuse_workers
}

trace_works()
{
	echo "$1" >"$WORKS/events/workqueue/workqueue_execute_start/enable"
}

end_no_workers()
{
	trace_works 0
	grep -F "[$MODULE]" "$WORKS/trace" >/tmp/works
	echo 0 >$REFUSALS/refuse_workers
	[ ! -e $WATCHDOG ] || echo "$watchdog" >$WATCHDOG
	rmdir "$WORKS"
	rescued=$(grep -c '^ *kworker/R-' /tmp/works)
	report say "$rescued works of the engine were done by rescuers"
	check "$what, the engine has had works to do" [ "$rescued" -gt 0 ]
	check "$what, none was done by a worker" equal "$(grep -v '^ *kworker/R-' /tmp/works)" ""
}

# reclaimed: how many pages the kernel has taken from one user for another.
reclaimed()
{
	awk '/^pgsteal_(kswapd|direct) / { sum += $2 } END { print sum }' /proc/vmstat
}

# has_reclaimed PAGES: since memory began to be wanted.
has_reclaimed()
{
	[ $(($(reclaimed) - reclaimed)) -gt "$1" ]
}

# More is read, again and again, than there is left.
want_memory()
{
	until [ -e /tmp/enough ]; do
		cat /dev/vdb /dev/vdc /dev/vdd
	done >/dev/null
}

# Of what is there now; what is given back later, as by RCU, the next time.
fill_memory()
{
	fill=$(awk -v left=$LEFT '$1 == "MemAvailable:" { print int($2 / 1024) - left }' /proc/meminfo)
	[ "$fill" -le 0 ] || dd if=/dev/zero bs=1M count="$fill" 2>/dev/null >>/filled/all
}

# On a busy machine the load may be over before any memory is wanted.
memory_is_short()
{
	fill_memory && has_reclaimed 1000
}

begin_full_memory()
{
	mkdir -p /filled
	mount -t tmpfs -o size=100% filled /filled
	rm -f /tmp/enough
	reclaimed=$(reclaimed)
	want_memory &
	wants=$!
	until_true memory_is_short
	report say "$(($(stat -c %s /filled/all) >> 20)) MiB are filled"
}

end_full_memory()
{
	reclaimed=$(($(reclaimed) - reclaimed))
	touch /tmp/enough
	wait "$wants"
	umount /filled
	report say "$reclaimed pages were reclaimed meanwhile"
	check "$what, there was none that was free" [ $reclaimed -gt 1000 ]
}
