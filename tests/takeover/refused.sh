# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What keeps the module from being loaded, and what it keeps from happening.

SYSCTL=/proc/sys/kernel/ftrace_enabled
ALWAYS_ON='The ftrace_enabled file is deprecated and no longer disables ftrace'

set_ftrace()
{
	echo "$1" >$SYSCTL
}

# said TEXT: the kernel did, since the log was so long.
said()
{
	dmesg | tail -n +$((length + 1)) | grep -F "$WAY: $1"
}

nothing_is_left()
{
	enabled >/tmp/enabled.now
	cmp /tmp/enabled.with /tmp/enabled.now && ! is_loaded && ! [ -e "$CLIENTS" ] &&
		[ "$(users dm_io_rust)" = 0 ]
}

# patched FUNCTION: another module has it, so that this one is not loaded.
patched()
{
	length=$(log_length)
	insmod /modules/takeover_patch.ko function="$1"
	enabled >/tmp/enabled.with
	check "with $1 patched by another it is not loaded" fails take_over
	check "with $1 patched by another it says so" said "$1 is patched by someone else"
	check "with $1 patched by another nothing of it is left" nothing_is_left
	rmmod takeover_patch
}

# Another module has a function that this one has no use for: they do not mind each other,
# whichever goes first.
patched_elsewhere()
{
	check "another function is patched" insmod /modules/takeover_patch.ko function=dm_get_device
	check "with another function patched it is loaded" take_over
	check "with another function patched it redirects its own" equal "$(redirected)" 10
	origin /dev/vda 16384
	copy_of /dev/vda 16384 /tmp/origin
	check "with another function patched a snapshot is made" add patched 0
	check "with another function patched its clients are this module's" \
		equal "$(clients_of patched)" "dm-io kcopyd "
	check "with another function patched the origin is written to" write_to origin 8
	check "that function is patched no more" rmmod takeover_patch
	check "it still redirects its own" equal "$(redirected)" 10
	check "the origin is written to" write_to origin 9
	all_hold origin patched
	check "all devices go" remove_devices
	check "it is removed" rmmod "$WAY"
}

patched_later()
{
	check "a patch is refused" fails insmod /modules/takeover_patch.ko function=dm_io
	check "of another function it is not" insmod /modules/takeover_patch.ko function=dm_get_device
	rmmod takeover_patch
}

ftrace_stays()
{
	check "ftrace cannot be switched off" fails set_ftrace 0
	check "ftrace is on" equal "$(cat $SYSCTL)" 1
	check "the functions are still redirected" equal "$(redirected)" 10
}

ftrace_is_off()
{
	length=$(log_length)
	set_ftrace 0
	enabled >/tmp/enabled.with
	check "without ftrace it is not loaded" fails take_over
	check "without ftrace it says so" said "dm_io_client_create is patched by someone else, or the sysctl kernel.ftrace_enabled is 0"
	check "without ftrace nothing of it is left" nothing_is_left
	set_ftrace 1
}

# From 7.3 on the kernel does not let anyone switch it off, and says so once.
ftrace_is_always_on()
{
	expect_message "$ALWAYS_ON"
	dmesg >/tmp/kernel.log
	check "the kernel keeps ftrace on" grep -F "$ALWAYS_ON" /tmp/kernel.log
}

REFUSAL='dm_io_rust: dm_kcopyd_client_destroy refused'

# Since the log was so long.
refusals()
{
	dmesg | tail -n +$((length + 1)) | grep -cF "$REFUSAL"
}

# A client cannot be destroyed by its own callback: it stays, and so must this module.
destroyed_by_its_own()
{
	expect_message "$REFUSAL"
	length=$(log_length)
	check "a client is destroyed by its own callback" insmod /modules/takeover_own.ko
	check "the log says once that this is refused" equal "$(refusals)" 1
	check "it is still there" equal "$(wc -l <"$CLIENTS")" 1
	check "it is a user" equal "$(users "$WAY")" 1
	check "nothing is removed while it is there" fails rmmod "$WAY"
	check "it is destroyed by someone else" rmmod takeover_own
	check "it is gone" equal "$(wc -l <"$CLIENTS")" 0
	check "there are no users" equal "$(users "$WAY")" 0
}

refused()
{
	expect_message "$WAY: [a-z_]* is patched by someone else"
	# In front of some functions others are redirected by then, and are to be restored.
	functions='dm_io_client_create dm_io dm_kcopyd_do_callback'
	[ "$SCOPE" = short ] || functions=$STOCK
	for function in $functions; do
		patched "$function"
	done
	if set_ftrace 0; then
		ftrace_is_off
	else
		ftrace_is_always_on
	fi
	patched_elsewhere
	check "it is taken over after all" take_over
	destroyed_by_its_own
	patched_later
	ftrace_stays
	check "it is removed" rmmod "$WAY"
}
