# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the scenarios have in common; sourced by their main.sh after report.sh.
#
# It knows SCOPE (short or full), SEED, WAY (rebuilt, dm_io_rust_takeover or dm-mod: how the
# targets come to call the engine), MODULE (which that is in: dm_io_rust, or dm_mod itself),
# and DISKS (how many there are), and that each disk has been filled with random bytes that
# are no other disk's.

# shellcheck source=/dev/null
. /data/settings
: "${WAY:=rebuilt}"
# shellcheck source=../guest/demo/log.sh
. /lib/log.sh
# That messages of any level were too many is said at this one.
EXPECTED="$EXPECTED|[a-z_]*: [0-9]* callbacks suppressed"
# There is no udev here: dmsetup makes the device nodes itself.
export DM_DISABLE_UDEV=1

TRACING=/sys/kernel/tracing
# shellcheck disable=SC2153 # the settings have it
STATISTICS=/sys/kernel/debug/$MODULE/statistics
# The kernel's own functions, none of which may run here: all that redirect.h names. A
# dm_mod with this engine does not have them, and what is Rust has no entry for probes.
STOCK='dm_io dm_io_client_create dm_io_client_destroy
	dm_kcopyd_client_create dm_kcopyd_client_destroy dm_kcopyd_client_flush
	dm_kcopyd_copy dm_kcopyd_zero dm_kcopyd_prepare_callback dm_kcopyd_do_callback'
[ "$MODULE" != dm_mod ] || STOCK=''

# fails COMMAND...: succeeds if the command does not, but could be run.
fails()
{
	"$@"
	status=$?
	[ $status != 0 ] && [ $status -lt 126 ]
}

# until_true COMMAND...: waits; the guest's time limit is the bound.
until_true()
{
	until "$@"; do
		usleep 50000
	done
}

# Whoever reads a device now reads what is on the disks.
forget_cached()
{
	sync
	for device in /dev/vd? /dev/dm-*; do
		[ ! -b "$device" ] || blockdev --flushbufs "$device"
	done
	echo 3 >/proc/sys/vm/drop_caches
}

# same FILE FILE BYTES [SKIP SKIP]: as many bytes are there, and the same.
same()
{
	sync
	for file in "$1" "$2"; do
		[ ! -b "$file" ] || blockdev --flushbufs "$file"
	done
	# Not the shell's own, which is slow.
	/bin/cmp -n "$3" "$1" "$2" ${4:+"$4"} ${5:+"$5"}
	compared=$?
	# What could not be compared is neither the same nor, to fails(), another.
	[ $compared -lt 2 ] || return 126
	return $compared
}

# sectors DEVICE
sectors()
{
	blockdev --getsz "$1"
}

# expect_message REGEX: the scenario makes the kernel say so.
expect_message()
{
	EXPECTED="$EXPECTED|$1"
}

load_modules()
{
	# shellcheck disable=SC2046 # one word for each module
	modprobe -a $(cat /data/modules) || return 1
	[ "$MODULE" = dm_mod ] || insmod "/modules/$MODULE.ko" || return 1
	if [ "$WAY" = rebuilt ]; then
		while read -r module; do
			insmod "/modules/$module.ko" || return 1
		done </data/targets
		return
	fi
	[ "$MODULE" = dm_mod ] || insmod "/modules/$WAY.ko" || return 1
	# shellcheck disable=SC2046 # one word for each module
	modprobe -a $(cat /data/targets)
}

# Targets that the kernel does not take for its own, by their signature.
foreign_targets()
{
	for module in $(tr - _ </data/targets); do
		taint=$(cat "/sys/module/$module/taint" 2>&1)
		[ -z "$taint" ] || echo "$module: $taint"
	done
}

load_targets()
{
	check "the module and the targets load" load_modules
	[ "$WAY" = rebuilt ] || check "the kernel takes the targets for its own" equal "$(foreign_targets)" ""
}

# functions_of_dm_mod REGEX: how many of its functions have such a name.
functions_of_dm_mod()
{
	grep -cE " [tT] ($1)[[:space:]]" /tmp/dm_mod.symbols
}

# Which code dm_mod has for dm-io and kcopyd.
check_code_of_dm_mod()
{
	grep -F '[dm_mod]' /proc/kallsyms >/tmp/dm_mod.symbols
	check "dm_mod's functions are known" \
		equal "$(functions_of_dm_mod 'dm_get_device|dm_submit_bio|dm_no_such_function')" 2
	check "dm_mod has this engine's functions" \
		[ "$(functions_of_dm_mod '_R\w*dm_mod_main\w*')" -gt 20 ]
	check "dm_mod has none of dm-io.c and dm-kcopyd.c" equal \
		"$(functions_of_dm_mod 'dispatch_io|sync_io|complete_io|run_complete_job|segment_complete')" 0
}

# probe NAME FUNCTION: counts the calls of a function of the kernel's dm_mod. Of one that
# is redirected it counts those that go on, behind endbr64 and the call to ftrace.
probe()
{
	case $WAY,$1 in
	dm_io_rust_takeover,seen) offset=0 ;;
	dm_io_rust_takeover,*) offset=9 ;;
	*) offset=0 ;;
	esac
	echo "p:stock/$1 dm_mod:$2+$offset" >>$TRACING/kprobe_events
}

# Probes that count the calls of stock functions, and one that sees the scenario.
start_proof()
{
	mount -t tracefs tracefs $TRACING 2>/dev/null
	for function in $STOCK; do
		check "a probe counts the calls of the kernel's $function" probe "$function" "$function"
	done
	check "a probe sees the scenario" probe seen dm_get_device
	echo 1 >$TRACING/events/stock/enable
	check "the probes are on" equal "$(cat $TRACING/events/stock/enable)" 1
	[ "$MODULE" != dm_mod ] || check_code_of_dm_mod
	check "the module's statistics are read" cp "$STATISTICS" /tmp/statistics.before
}

# stock_calls: which functions were called, and how often, or are not counted at all.
stock_calls()
{
	awk -v names="$STOCK" '
		BEGIN { split(names, list) }
		{ counted[$1] = 1 }
		$1 != "seen" && $2 + $3 { print $1, $2 + $3 }
		END { for (i in list) if (!(list[i] in counted)) print list[i], "is not counted" }
	' $TRACING/kprobe_profile
}

seen_calls()
{
	awk '$1 == "seen" { print $2 }' $TRACING/kprobe_profile
}

# What the probes have counted, and their end.
end_proof()
{
	check "the probes see the scenario" [ "$(seen_calls)" -gt 0 ]
	[ "$MODULE" = dm_mod ] ||
		check "no stock dm-io or kcopyd function has run" equal "$(stock_calls)" ""
	echo 0 >$TRACING/events/stock/enable
	echo >$TRACING/kprobe_events
}

# grew NAME: the module's statistic since start_proof.
grew()
{
	[ "$(awk -v name="$1" '$1 == name { print $2 - sum[name] } { sum[$1] = $2 }' \
		/tmp/statistics.before "$STATISTICS" | tail -n 1)" -gt 0 ]
}

# check_proof NAME...: statistics that this scenario must have moved.
check_proof()
{
	end_proof
	report say "$(tr '\n' ';' <"$STATISTICS")"
	for name in "$@"; do
		check "the statistic $name has grown" grew "$name"
	done
}

# Every device goes, however they are stacked.
remove_devices()
{
	for round in 1 2 3 4 5 6 7 8; do
		[ "$(dmsetup ls)" != "No devices found" ] || return 0
		echo "round $round"
		dmsetup remove_all
	done
	dmsetup ls --tree
	return 1
}

unload_modules()
{
	for module in $(tac /data/targets); do
		rmmod "$module" || return 1
	done
	# The takeover, or others of the kernel's modules that are on dm_mod, as dm-flakey.
	for holder in "/sys/module/$MODULE/holders"/*; do
		[ ! -e "$holder" ] || rmmod "${holder##*/}" || return 1
	done
	rmmod "$MODULE"
}

unload_targets()
{
	check "all devices go" remove_devices
	check "the targets and the module unload" unload_modules
	check "the kernel logged nothing unexpected" equal "$(unexpected_messages)" ""
	check_checkers
}
