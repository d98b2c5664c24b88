# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The command, and what is to be seen of what it did.

TOOL=/tools/dm-io-rust

# ends STATUS ARGUMENT...: the command does, and says something.
ends()
{
	wanted=$1
	shift
	$TOOL "$@" >/tmp/said 2>&1
	ended=$?
	cat /tmp/said
	equal $ended "$wanted"
}

said()
{
	equal "$(cat /tmp/said)" "$1"
}

# row DEVICE: of the command's status: the targets, and whose clients are whose.
row()
{
	$TOOL status "$1" | awk -v name="$1" '$1 == name { print $2, $3, $4 }'
}

# ours_are SERVICES DEVICE, theirs_are SERVICES DEVICE: none of the others are there.
ours_are()
{
	equal "$(row "$2" | cut -d ' ' -f 2)" "$1"
}

theirs_are()
{
	equal "$(row "$2" | cut -d ' ' -f 3)" "$1"
}

new_clients_are()
{
	equal "$(cat "$ACTIVE")" "$1"
}

# in_use DEVICE: one table is loaded, and it is not suspended.
in_use()
{
	equal "$(dmsetup info -c --noheadings -o attr "$1" | cut -c 1-3)" L--
}
