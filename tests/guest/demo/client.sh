# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The client module, and what a disk holds as seen without it.

CLIENT=/sys/kernel/debug/dm_io_rust_client

# client OUTCOME WORD...: a command to the client must end like that.
client()
{
	outcome=$1
	shift
	echo "$*"
	echo "$*" >$CLIENT/command || return 1
	equal "$(cat $CLIENT/command)" "$outcome"
}

# fill_buffer FILE: with the file's start.
fill_buffer()
{
	dd if="$1" of=$CLIENT/data bs=1M count="$MIB" 2>/dev/null
}

# slot NUMBER: the region of disk S that has room for one image.
slot()
{
	echo "$S,$(($1 * SECTORS)),$SECTORS"
}

# holds SUM FILE [MIB]: an image's length of the file, from MIB on.
holds()
{
	forget_cached
	equal "$(dd if="$2" bs=1M skip="${3:-0}" count="$MIB" 2>/dev/null | sha256sum)" "$1  -"
}

slot_holds()
{
	holds "$1" "$S" $(($2 * MIB))
}

# statistic DISK FIELD: of what the disk itself has counted.
statistic()
{
	awk -v field="$2" '{ print $field }' "/sys/class/block/${1##*/}/stat"
}
