# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A mirror and its legs. Each part of the scenario takes the next piece of the
# four disks, whose random bytes nothing has touched yet: no leg is like another.

MIB=4
SECTORS=$((MIB * 2048))
BYTES=$((MIB << 20))
REGION=512
[ "$SCOPE" = short ] || REGION=128
REGIONS=$((SECTORS / REGION))
# Per cent of the time that a resync that is to be watched, or written among, may take.
# shellcheck disable=SC2034 # resync.sh and volumes.sh use it
[ "$SCOPE" = short ] && SLOW=50 || SLOW=10
# shellcheck disable=SC2034 # resync.sh and volumes.sh use it
THROTTLE=/sys/module/dm_mirror/parameters/raid1_resync_throttle
# shellcheck disable=SC2034 # resync.sh uses it
SUBJOB_SIZE=/sys/module/$MODULE/parameters/kcopyd_subjob_size_kb
piece=0
# What the mirror must hold.
MODEL=/tmp/model

linear()
{
	echo "0 $SECTORS linear /dev/vd$1 $((piece * SECTORS))"
}

begin()
{
	piece=$((piece + 1))
	for leg in a b c d; do
		dmsetup create "leg_$leg" --table "$(linear $leg)"
	done
	dd if=/dev/mapper/leg_a of=$MODEL bs=1M 2>/dev/null
}

end()
{
	dmsetup remove mirror leg_a leg_b leg_c leg_d
}

# mirror_table LOG LEGS [FEATURE...]
mirror_table()
{
	log=$1 legs=$2 places='' count=0
	shift 2
	for leg in $legs; do
		places="$places /dev/mapper/leg_$leg 0"
		count=$((count + 1))
	done
	echo "0 $SECTORS mirror $log $count$places $# $*"
}

# create LOG LEGS [FEATURE...]
create()
{
	dmsetup create mirror --table "$(mirror_table "$@")"
}

# replace NAME TABLE: what waits in the device goes on in the new table.
replace()
{
	dmsetup load "$1" --table "$2" && dmsetup suspend --noflush "$1" && dmsetup resume "$1"
}

fail_leg()
{
	replace "leg_$1" "0 $SECTORS error"
}

restore_leg()
{
	replace "leg_$1" "$(linear "$1")"
}

# synced: as in "12/16" regions.
synced()
{
	dmsetup status mirror | awk '{ print $(5 + $4) }'
}

# letters: one for each leg's health.
letters()
{
	dmsetup status mirror | awk '{ print $(7 + $4) }'
}

synced_is()
{
	[ "$(synced)" = "$1" ]
}

letters_are()
{
	[ "$(letters)" = "$1" ]
}

# Shows how far the resync is, by quarters.
wait_for_sync()
{
	shown=-1
	until synced_is $REGIONS/$REGIONS; do
		quarter=$(synced | awk -F / '{ print int(4 * $1 / $2) * 25 }')
		[ "$quarter" = "$shown" ] || report say "resync: $quarter %"
		shown=$quarter
		usleep 20000
	done
	report say "resync: 100 %, $(synced) regions, $(letters)"
}

leg_holds()
{
	same "$2" "/dev/mapper/leg_$1" "$BYTES"
}

# legs_hold LEGS
legs_hold()
{
	for leg in $1; do
		check "leg $leg is byte for byte what it must be" leg_holds "$leg" $MODEL
	done
}

mirror_holds()
{
	same $MODEL /dev/mapper/mirror "$BYTES"
}
