# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Every target that is built loads on the stock kernel and goes again.

# shellcheck source=../../guest/report.sh
. /lib/report.sh
# shellcheck source=../lib.sh
. /lib/targets.sh

# Targets that are not loaded, of those that each module brings.
missing()
{
	dmsetup targets | awk '{ print $1 }' >/tmp/known
	for target in snapshot snapshot-origin snapshot-merge mirror thin thin-pool cache \
		clone era writecache integrity verity zoned vdo; do
		grep -qx "$target" /tmp/known || echo "$target"
	done
}

# The checks of lib.sh themselves: each must notice what it is for.
check_checks()
{
	check "a command that fails is noticed" fails false
	check "a command that does not fail is noticed" fails fails true
	check "so is one that does not exist" fails fails no-such-command
	echo one >/tmp/one
	echo two >/tmp/two
	check "files that differ are noticed" fails same /tmp/one /tmp/two 4
	check "so is one that is not there" fails fails same /tmp/one /tmp/three 4
	check "there is nothing unexpected in the kernel's log" equal "$(unexpected_messages)" ""
	echo '<4>a planted warning' >/dev/kmsg
	check "a warning in the kernel's log is noticed" fails equal "$(unexpected_messages)" ""
	expect_message 'a planted warning'
}

check_probes()
{
	start_proof
	check "a probe of no function is noticed" fails probe none dm_no_such_function
	echo 0 >"$TRACING/events/stock/enable"
	if [ -n "$STOCK" ]; then
		echo -:stock/dm_io >>"$TRACING/kprobe_events"
		check "a probe that is gone is noticed" equal "$(stock_calls)" "dm_io is not counted"
	fi
	echo >"$TRACING/kprobe_events"
}

load_targets
check "device mapper knows them all" equal "$(missing)" ""
check_checks
check_probes
unload_targets
