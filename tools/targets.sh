# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # dm-io-rust and reload.sh use the same variables
# What devices are by their targets, and which clients those have, as of 7.2 and 7.3.

# know TARGET ARGUMENTS: sets `uses`, the services that the target has clients of, and `anew`,
# those whose clients are made anew with a table. A pool is one object, however many tables it
# has, and so is a cache's metadata; a snapshot hands its store on. Of the others a second
# table, as long as the first is in use, would go by metadata that is out of date.
know()
{
	uses='' anew=''
	case "$1 $2 " in
	"snapshot "*" N "*) uses=kcopyd anew=kcopyd ;;
	"snapshot "* | "cache "*) uses="dm-io kcopyd" anew=kcopyd ;;
	"mirror "* | "writecache "*) uses="dm-io kcopyd" anew=$uses ;;
	"verity "*) uses=dm-io anew=dm-io ;;
	"integrity "*" reset_recalculate "*) uses=dm-io ;;
	"integrity "*" "[JB]" "*" internal_hash:"*) uses=dm-io anew=dm-io ;;
	"integrity "* | "era "* | "ebs "*) uses=dm-io ;;
	"zoned "*) uses=kcopyd ;;
	"snapshot-merge "* | "thin-pool "* | "clone "* | "vdo "*) uses="dm-io kcopyd" ;;
	esac
}

# is_plain TARGET: it has no clients, and nothing to lose when a table is loaded once more.
is_plain()
{
	case $1 in
	error | linear | snapshot-origin | striped | thin | zero) ;;
	*) false ;;
	esac
}

# fault LINE: what of a target's status forbids that its table is loaded once more.
fault()
{
	case "$* " in
	*" Fail "* | *" Error "* | *" needs_check "* | *" verity C "* | *" snapshot "[IM]*)
		echo "its status is '$*'" ;;
	*" writecache 0 "*) ;;
	*" writecache "*) echo "its cache has had an error" ;;
	*" mirror "*) shift $(($4 + 4)) && fault_of_mirror "$@" ;;
	esac
}

# fault_of_mirror SYNCED 1 LEGS COUNT LOG [DEVICE STATE]: a leg that has failed would pass for
# a sound one, and so would regions that are not in sync where the log is made with nosync.
fault_of_mirror()
{
	case $3$7 in
	*[!A]*) echo "one of its legs or its log has failed" ;;
	esac
	case $5 in
	disk) ;;
	core)
		case "$table " in
		*" mirror core 2 "*" nosync "*)
			[ "${1%/*}" = "${1#*/}" ] || echo "it would pass for one that is in sync" ;;
		*)
			[ -n "$force" ] || echo "its log is in memory, so all of it would be copied again: see --force" ;;
		esac ;;
	*) echo "its log is of a kind that is not known" ;;
	esac
}

# look DEVICE: what it is, and which of its clients are whose.
look()
{
	device=$1 targets='' clients='' renewed='' foreign='' ours='' theirs=''
	# shellcheck disable=SC2046 # three words, if there is such a device
	set -- $(info name,major,minor "$1")
	[ $# = 3 ] && table=$(dmsetup table "$1") || return 1
	device=$1 numbers=$2:$3
	while read -r _ _ target arguments; do
		has "$targets" "$target" || targets="$targets $target"
		know "$target" "$arguments"
		[ -n "$uses" ] || is_plain "$target" || foreign=$target
		clients="$clients $uses" renewed="$renewed $anew"
	done <<-END
		$table
	END
	listed=$(sed -n "s/^$numbers \(.*\)/ \1 /p" "$LIST" 2>/dev/null)
	for service in dm-io kcopyd; do
		if has "$listed" $service; then
			ours="$ours $service"
		elif has "$clients" $service; then
			theirs="$theirs $service"
		fi
	done
}

# Those that may have clients. As dmsetup shows names, there are no blanks in them.
all_devices()
{
	dmsetup table | sed -n 's/^\([^ ]*\): [0-9]* [0-9]* \([^ ]*\).*/\1 \2/p' |
		while read -r name target; do
			is_plain "$target" || echo "$name"
		done | uniq
}

# with_snapshots DEVICE: it, and the snapshots that it is the origin of.
with_snapshots()
{
	echo "$1"
	dmsetup table "$1" 2>/dev/null | while read -r _ _ target origin; do
		[ "$target" != snapshot-origin ] ||
			dmsetup table --target snapshot | sed -n "s/: [0-9]* [0-9]* snapshot $origin .*//p"
	done
}
