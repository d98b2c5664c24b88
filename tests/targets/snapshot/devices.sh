# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Origins, stores and snapshots. Disk C has nine slots of 10 MiB with a guard of a
# sector after each.

STORES=/dev/vdc
SLOT=20480

# store NUMBER SECTORS: /dev/mapper/storeNUMBER, new, full of what was there.
store()
{
	dmsetup create "store$1" --table "0 $2 linear $STORES $(($1 * (SLOT + 1)))"
	dd if=/dev/zero of="/dev/mapper/store$1" bs=4096 count=1 conv=fsync 2>/dev/null
}

# What no store has: the sectors after each, and the rest of the disk.
sum_of_guards()
{
	forget_cached
	{
		for slot in 1 2 3 4 5 6 7 8 9; do
			dd if=$STORES bs=512 skip=$((slot * (SLOT + 1) - 1)) count=1 2>/dev/null
		done
		dd if=$STORES bs=512 skip=$((9 * (SLOT + 1))) 2>/dev/null
	} | sha256sum
}

# origin DISK SECTORS: /dev/mapper/origin.
origin()
{
	dmsetup create origin --table "0 $2 snapshot-origin $1"
}

# snapshot NAME DISK STORE TYPE CHUNK: of what is on the origin when it is resumed.
snapshot()
{
	dmsetup create "$1" --table \
		"0 $(sectors /dev/mapper/origin) snapshot $2 /dev/mapper/$3 $4 $5"
}

# again NAME DISK STORE CHUNK: the same snapshot, read from its store.
again()
{
	dmsetup suspend origin
	dmsetup remove "$1"
	snapshot "$1" "$2" "$3" P "$4"
	dmsetup resume origin
}

# status NAME: what the target says after its own name.
status()
{
	dmsetup status "$1" | cut -d ' ' -f 4-
}

# sectors_used NAME: sectors of the store that hold copies.
sectors_used()
{
	status "$1" | awk -F '[ /]' '{ print $1 - $3 }'
}

# holds DEVICE FILE: the whole device is what the file is, to the last byte.
holds()
{
	equal "$(($(sectors "$1") * 512))" "$(stat -c %s "$2")" && same "$1" "$2" "$(stat -c %s "$2")"
}
