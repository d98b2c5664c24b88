# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A cache of 4 MiB over an origin that is larger, and a model of what they hold.

MIB=32
BYTES=$((MIB << 20))
SECTORS=$((MIB * 2048))
BLOCK=128
PLENTY=204800
MODEL=/tmp/model

# table MODE POLICY [THRESHOLD]: how many sectors may be on their way at a time.
table()
{
	echo "0 $SECTORS cache /dev/vda /dev/vdb /dev/vdc $BLOCK 1 $1 $2" \
		"2 migration_threshold ${3:-$PLENTY}"
}

# move_blocks SECTORS: how many may be on their way at a time.
move_blocks()
{
	dmsetup message cache 0 migration_threshold "$1"
}

# create MODE POLICY [THRESHOLD]
create()
{
	dmsetup create cache --table "$(table "$@")"
}

# change MODE POLICY: of a cache that is in use.
change()
{
	dmsetup load cache --table "$(table "$@")" && dmsetup suspend cache &&
		dmsetup resume cache
}

# status FIELD: of what the target says of itself.
status()
{
	dmsetup status cache | awk -v field="$1" '{ print $field }'
}

used() { status 7; }
read_hits() { status 8; }
demotions() { status 12; }
promotions() { status 13; }
dirty() { status 14; }

show()
{
	report say "$1: used $(used), read hits $(read_hits), promotions $(promotions)," \
		"demotions $(demotions), dirty $(dirty)"
}

holds()
{
	same $MODEL /dev/mapper/cache $BYTES
}

origin_holds()
{
	same $MODEL /dev/vdc $BYTES
}
