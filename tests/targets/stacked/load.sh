# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What is written to the stack while it lacks something, and what must be there then.

# What each writer writes, and how many seconds all of that and a resync may take.
WRITES=12
LIMIT=300
if [ "$SCOPE" = short ]; then
	WRITES=3
	LIMIT=90
fi
# A kernel with checkers is slow.
[ ! -e "$LOCKDEP" ] || LIMIT=$((LIMIT * 6))

# write_all FILE DIRECT: each of four writers writes to a part of its own, the same bytes to the
# same places of whatever file it is.
write_all()
{
	parts=
	for part in 0 1 2 3; do
		parts="$parts --name=part$part --offset=$((part * BYTES / 4)) --size=$((BYTES / 4))"
	done
	# shellcheck disable=SC2086 # a word for each option
	fio --rw=randwrite --filename="$1" --direct="$2" --bsrange=512-48k --ioengine=psync \
		--norandommap --allrandrepeat=1 --refill_buffers --fsync=3 --thread \
		--number_ios=$WRITES --minimal --randseed="$SEED" $parts
}

seconds()
{
	cut -d . -f 1 /proc/uptime
}

# in_time COMMAND...: it comes to succeed, before what is endured is over.
in_time()
{
	until "$@"; do
		[ "$(seconds)" -lt "$end" ] || return 1
		usleep 50000
	done
}

# The stack cannot be taken down if it waits for ever.
must_come()
{
	check "$@"
	shift
	"$@" || exit 1
}

# endure SCARCITY...: see scarcity.sh.
endure()
{
	what=$*
	report say "== $what ($(cut -d ' ' -f 1 /proc/uptime) s)"
	check "$what, the stack is made" make_stack
	cp /tmp/base_a /tmp/model
	check "$what, what is to be there is written to a file" write_all /tmp/model 0
	for kind in "$@"; do
		"begin_$kind"
	done
	load_stack
	for kind in "$@"; do
		"end_$kind"
	done
	check_stack
	check "$what, the stack is taken down" remove_stack
	check "$what, the pool's metadata is sound" thin_check /dev/vda
	check "$what, the disks of the lowest mirror are the same" \
		same /dev/vdb /dev/vdc $(($(sectors /dev/vdb) * 512))
}

# The mirror on top begins to copy, and is written to.
load_stack()
{
	end=$(($(seconds) + LIMIT))
	rm -f /tmp/written
	check "$what, the mirror comes to life" dmsetup resume top
	(
		write_all /dev/mapper/top 1
		echo $? >/tmp/written
	) &
	must_come "$what, all writes end" in_time test -s /tmp/written
	must_come "$what, the mirror's legs are in sync" in_time synced top
	check "$what, no write failed" equal "$(cat /tmp/written)" 0
	report say "it took $(($(seconds) - end + LIMIT)) s"
}

check_stack()
{
	check "$what, no target has lost anything" fails unsound
	for device in top leg_a leg_b; do
		check "$what, $device holds what was written" holds $device model
	done
	check "$what, the first leg's origin is as it was" holds base_a base_a
	check "$what, the snapshot of the second is what that was" holds before_b base_b
	check "$what, so is what shared its blocks" holds shared_b base_b
	must_come "$what, the lowest mirror is in sync" in_time synced under
}
