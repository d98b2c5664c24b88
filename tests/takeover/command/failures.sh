# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2016 # the fault expands in the dmsetup that has it
# What can go wrong. Some of it goes wrong in a dmsetup that is in front of the real one.

FAKE=/tmp/fake

# with_fault FAULT: from now on dmsetup runs this first; the device is its last argument.
with_fault()
{
	mkdir -p $FAKE
	cat >$FAKE/dmsetup <<-END
		#!/bin/sh
		for device; do :; done
		$1
		exec /bin/dmsetup "\$@"
	END
	chmod +x $FAKE/dmsetup
	rm -f /tmp/failed
}

# faulty STATUS ARGUMENT...: the command ends with that, having met the fault.
faulty()
{
	PATH=$FAKE:$PATH ends "$@" && test -e /tmp/failed
}

# unchanged WHAT: the mirror, by what it was before.
unchanged()
{
	check "$1, it has the clients that it had" equal "$(row mirror)" "mirror - dm-io,kcopyd"
	check "$1, it is in use" in_use mirror
	check "$1, new clients are whose they were" new_clients_are N
}

bad_calls()
{
	for arguments in "" adopt "adopt --all mirror" "release --wrong mirror" wrong; do
		# shellcheck disable=SC2086 # a word for each
		check "'$arguments' is wrong usage" ends 2 $arguments
	done
	check "there is help" ends 0 --help
	check "a device that is not there is a failure" ends 1 adopt nothing
	check "it is said" said "nothing: there is no such device"
	check "the others are adopted all the same" ends 1 adopt nothing passing
	check "as it says" said "nothing: there is no such device
passing: kcopyd: dm_io_rust's now"
	check "released once" ends 0 release passing
	check "released twice" ends 0 release passing
	check "it says that there was nothing to do" said "passing: it has no clients that are dm_io_rust's"
}

left_alone()
{
	what="left alone"
	dmsetup suspend mirror
	check "$what, suspended" ends 3 adopt mirror
	check "$what, it is said" said "mirror: it is left alone: it is suspended, or has another table loaded"
	check "$what, it is still suspended" fails in_use mirror
	dmsetup resume mirror
	dmsetup load mirror --table "0 8192 error"
	check "$what, another table is loaded" ends 3 adopt mirror
	check "$what, that table is still there" equal "$(dmsetup table --inactive mirror)" "0 8192 error "
	dmsetup clear mirror
	unchanged "$what"
	TOOL="flock $CLIENTS $TOOL" check "$what, another command is at work" ends 1 adopt mirror
	check "$what, it is said" said "another dm-io-rust is at work"
	unchanged "$what"
}

# Two targets in one device.
together()
{
	dmsetup load mirror --table "$(dmsetup table mirror)
8192 2048 $1" && dmsetup resume mirror
}

several_targets()
{
	check "several targets, one that is plain" together "linear /dev/mapper/store2 0"
	check "several targets, are adopted" ends 0 adopt mirror
	check "several targets, have other clients" equal "$(row mirror)" "mirror,linear dm-io,kcopyd -"
	check "several targets, are released" ends 0 release mirror
	check "several targets, the mirror alone" dmsetup load mirror --table "$(dmsetup table mirror | head -n 1)"
	dmsetup resume mirror
	check "several targets, one that is not known" together "delay /dev/mapper/store2 0 0"
	check "several targets, are left alone" ends 3 adopt mirror
	check "several targets, it is said" said "mirror: it is left alone: nothing is known of its target delay"
	check "several targets, nothing was changed" equal "$(row mirror)" "mirror,delay - dm-io,kcopyd"
	dmsetup load mirror --table "$(dmsetup table mirror | head -n 1)"
	dmsetup resume mirror
	unchanged "several targets"
}

# A leg that has become too short for the mirror: the kernel sees that when it has suspended it.
short_leg()
{
	what="the kernel refuses the new table"
	expect_message 'too small for target'
	dmsetup load leg_b --table "0 4096 linear /dev/vdb 8192"
	dmsetup resume leg_b
	check "$what" ends 1 adopt mirror
	unchanged "$what"
	dmsetup load leg_b --table "0 8192 linear /dev/vdb 8192"
	dmsetup resume leg_b
	check "$what, as long as that is so" ends 0 adopt mirror
	check "$what, and no longer" ends 0 release mirror
}

load_fails()
{
	with_fault 'case $1 in load) : >/tmp/failed; exit 1 ;; esac'
	check "the table is not loaded" faulty 1 adopt mirror passing
	check "the table is not loaded, it is said" said "mirror: its table could not be loaded once more
passing: its table could not be loaded once more"
	unchanged "the table is not loaded"
}

# resume_fails TIMES: it leaves the device suspended so often.
resume_fails()
{
	with_fault "case \$1 in resume)
			echo >>/tmp/failed
			if [ \"\$(wc -l </tmp/failed)\" -le $1 ]; then /bin/dmsetup suspend \"\$device\"; exit 1; fi ;;
		esac"
	what="it is not resumed, $1 times"
	check "$what" faulty 1 adopt mirror
	[ "$1" -lt 3 ] || return
	check "$what, it is said" said "mirror: its table could not be loaded once more"
	check "$what, it is in use" in_use mirror
	check "$what, new clients are whose they were" new_clients_are N
	check "$what, it can be released" ends 0 release mirror
	unchanged "$what"
}

never_resumed()
{
	resume_fails 9
	check "$what, it is said" said "mirror: it IS SUSPENDED, for the kernel does not resume it; dmsetup resume may, later
mirror: its table could not be loaded once more"
	check "$what, new clients are whose they were" new_clients_are N
	check "$what, it can be resumed" dmsetup resume mirror
	check "$what, it can be released" ends 0 release mirror
	unchanged "$what"
}

goes_away()
{
	with_fault 'case $1,$device in resume,mirror) : >/tmp/failed; /bin/dmsetup remove mirror ;; esac'
	check "the device goes meanwhile" faulty 1 adopt mirror passing
	check "the device goes meanwhile, the other one is adopted" equal "$(row passing)" "snapshot kcopyd -"
	check "the device goes meanwhile, the other one is released" ends 0 release passing
	check "the device goes meanwhile, it is made again" make_mirror
	unchanged "the device goes meanwhile"
}

# Whoever changes a table when it has been read changes it for good.
table_changes()
{
	with_fault 'case $1 in load)
			: >/tmp/failed
			/bin/dmsetup load mirror --table "$(/bin/dmsetup table mirror | sed "s/ 2 handle_errors keep_log/ 0/")"
			/bin/dmsetup resume mirror ;;
		esac'
	check "the table is changed meanwhile" faulty 1 adopt mirror
	check "the table is changed meanwhile, it is said" said \
		"mirror: its table could not be loaded once more: its table has just changed"
	check "the table is changed meanwhile, the change stays" \
		equal "$(dmsetup table mirror | grep -c handle_errors)" 0
	check "the table is changed meanwhile, the device is in use" in_use mirror
	check "the table is changed meanwhile, new clients are whose they were" new_clients_are N
}

# The command is ended when the table is loaded, and before it is in use.
interrupted()
{
	with_fault 'case $1 in load)
			/bin/dmsetup "$@" && : >/tmp/failed && kill "$(cat /tmp/command)"; exit ;;
		esac'
	check "it is interrupted" faulty_in_background
	unchanged "it is interrupted"
}

faulty_in_background()
{
	PATH=$FAKE:$PATH sh -c 'echo $$ >/tmp/command; exec /tools/dm-io-rust adopt mirror'
	equal $? 130 && test -e /tmp/failed
}

# A snapshot while nothing, its origin, or one that is merged into the origin can be written to.
origin_in_use()
{
	check "an origin in use" ends 3 adopt passing
	check "an origin in use, it is said" said \
		"passing: it is left alone: its origin is in use: suspend origin meanwhile"
	check "an origin in use, the snapshot has the clients that it had" \
		equal "$(row passing)" "snapshot - kcopyd"
	check "a merge in use" merging
	dmsetup suspend origin
	check "a merge in use, its snapshot" ends 3 adopt passing
	check "a merge in use, it is said" said \
		"passing: it is left alone: its origin is in use: suspend merging meanwhile"
	dmsetup remove merging
	check "an origin that is suspended" ends 0 adopt passing
	check "an origin that is suspended, it still is" fails in_use origin
	check "an origin that is suspended, the snapshot is released" ends 0 release passing
}

merging()
{
	dmsetup create merging --table "0 16384 snapshot-merge /dev/vda /dev/mapper/store0 P 8"
}

failures()
{
	echo 0 >"$ACTIVE"
	origin_in_use
	bad_calls
	left_alone
	several_targets
	short_leg
	load_fails
	resume_fails 1
	resume_fails 2
	never_resumed
	goes_away
	interrupted
	table_changes
	dmsetup resume origin
}
