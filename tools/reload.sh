# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # dm-io-rust and targets.sh use the same variables
# How clients are made anew: the table of a device that is in use is loaded once more.

# hindrance ATTRIBUTES: why $device is left alone. ATTRIBUTES are those of dmsetup, as they must be.
hindrance()
{
	case "$(info attr "$device")" in
	"$1"*) ;;
	*) echo "it is suspended, or has another table loaded" ;;
	esac
	[ "$(dmsetup table --showkeys "$device")" = "$keys" ] || echo "its table has just changed"
	[ -z "$foreign" ] || echo "nothing is known of its target $foreign"
	# shellcheck disable=SC2086 # a word for each field
	dmsetup status --noflush "$device" | while read -r line; do fault $line; done
	origins_in_use | sed 's/.*/its origin is in use: suspend & meanwhile/'
}

# origins_in_use: devices that write to what $device is a snapshot of. The kernel (7.2, 7.3)
# resumes them before the snapshot has its new table in use: what is written in that moment would
# not be copied first. To suspend them is not for a shell that may need the disk itself.
origins_in_use()
{
	dmsetup table --target snapshot "$device" | while read -r _ _ _ origin _; do
		dmsetup table | sed -n "s/: [0-9]* [0-9]* snapshot-[a-z]* $origin\( .*\)\{0,1\}$//p"
	done | while read -r name; do
		[ "$(info suspended "$name")" = Suspended ] || echo "$name"
	done
}

# A table may have keys in it, which are not to be in a file, nor in a command line.
load()
{
	case "$(info attr "$device")" in *r) mode=--readonly ;; *) mode='' ;; esac
	printf '%s\n' "$keys" | dmsetup load $mode "$device"
}

# The kernel suspends the device, changes the table and resumes it in one call: whatever becomes
# of this shell, or of the disk that it is on, the device is not left suspended. What a target
# holds back is passed on to the new table (noflush). Without a cookie of udev's its rules keep
# to what they know of the device. A new table has the kernel's default of read-ahead.
resume()
{
	dmsetup resume --noflush --noudevsync "$device" || return 1
	echo "$kib" >"$ahead"
	return 0
}

# recover: drops a table that was not taken into use; resumes a device that is suspended
# nevertheless, with the table that it has, or else with the same loaded again.
recover()
{
	loading=''
	dmsetup clear "$device" 2>/dev/null
	[ "$(info suspended "$device")" != Suspended ] || resume || { load && resume; } ||
		fail 1 "it IS SUSPENDED, for the kernel does not resume it; dmsetup resume may, later"
}

# reload: loads the table of $device once more, or says why not, and leaves the device in use.
reload()
{
	keys=$(dmsetup table --showkeys "$device")
	ahead=/sys/dev/block/$numbers/bdi/read_ahead_kb
	kib=$(cat "$ahead")
	why=$(hindrance L-- | head -n 1)
	if [ -n "$why" ]; then
		fail 3 "it is left alone: $why"
		return 1
	fi
	loading=yes
	if load && why=$(hindrance LI- | head -n 1) && [ -z "$why" ] && resume; then
		loading=''
		return 0
	fi
	recover
	fail 1 "its table could not be loaded once more${why:+: $why}"
	return 1
}

# move adopt|release: those clients of $device that are not whose they are to be.
move()
{
	case $1 in
	adopt) elsewhere=$theirs whose="dm_io_rust's" others="the kernel's own" ;;
	release) elsewhere=$ours whose="the kernel's own" others="dm_io_rust's" ;;
	esac
	moves='' stays=''
	for service in $elsewhere; do
		if has "$renewed" "$service"; then moves="$moves $service"; else stays="$stays $service"; fi
	done
	[ -n "$elsewhere$all" ] || say "it has no clients that are $others"
	for service in $stays; do
		fail 3 "$service: $others until the device is deactivated"
	done
	[ -n "$moves" ] && reload && look "$device" || return
	case $1 in adopt) elsewhere=$theirs ;; release) elsewhere=$ours ;; esac
	for service in $moves; do
		if has "$elsewhere" "$service"; then
			fail 1 "$service: $others still"
		else
			say "$service: $whose now"
		fi
	done
}
