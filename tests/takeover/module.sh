# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The module, and what it changes of the kernel.

CLIENTS=/proc/$WAY
# shellcheck disable=SC2034 # the pieces use it
ACTIVE=/sys/module/$WAY/parameters/active

take_over()
{
	insmod "/modules/$WAY.ko"
}

is_loaded()
{
	[ -d "/sys/module/$WAY" ]
}

users()
{
	cat "/sys/module/$1/refcnt"
}

# The functions that ftrace calls anyone for, and how.
enabled()
{
	sort "$TRACING/enabled_functions"
}

# The kernel's dm-io and kcopyd functions that ftrace calls this module for.
redirected()
{
	awk -v names="$STOCK" '
		BEGIN { n = split(names, list); for (i in list) known[list[i]] = 1 }
		$1 in known && /call_(by|that)_/ { count++ }
		END { print count + 0 }
	' "$TRACING/enabled_functions"
}

# leave: unloads it as soon as nobody uses it.
leave()
{
	until rmmod "$WAY" 2>/dev/null; do
		usleep 1000
	done
}

numbers_of()
{
	dmsetup info -c --noheadings -o major,minor --separator : "$1"
}

# clients_of NAME: what the list says of a device.
clients_of()
{
	awk -v numbers="$(numbers_of "$1")" '$1 == numbers { print $2 }' "$CLIENTS" | sort | tr '\n' ' '
}

# calls NAME: the calls of a stock function that were not redirected.
calls()
{
	awk -v name="$1" '$1 == name { print $2 + $3 }' "$TRACING/kprobe_profile"
}

# all_calls: those of all stock functions.
all_calls()
{
	awk '$1 != "seen" { sum += $2 + $3 } END { print sum + 0 }' "$TRACING/kprobe_profile"
}

statistic()
{
	awk -v name="$1" '$1 == name { print $2 }' "$STATISTICS"
}
