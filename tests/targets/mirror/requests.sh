# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What is not data: discards and flushes reach every leg.

# counted DISK FIELD: of what the disk itself has counted.
counted()
{
	awk -v field="$2" '{ print $field }' "/sys/class/block/vd$1/stat"
}

# all_count FIELD: of the four disks.
all_count()
{
	echo "$(counted a "$1") $(counted b "$1") $(counted c "$1") $(counted d "$1")"
}

# grown_by BEFORE AMOUNT: what the four counts must be then.
grown_by()
{
	echo "$1" | awk -v by="$2" '{ print $1 + by, $2 + by, $3 + by, $4 + by }'
}

flush()
{
	dd if=/dev/null of=/dev/mapper/mirror conv=fsync,notrunc 2>/dev/null
}

discard_and_flush()
{
	report say "-- discards and flushes"
	begin
	create "core 1 $REGION" "a b c d"
	wait_for_sync
	before=$(all_count 14)
	check "a discard of the whole mirror" blkdiscard /dev/mapper/mirror
	check "reaches every leg in full" equal "$(all_count 14)" "$(grown_by "$before" "$SECTORS")"
	before=$(all_count 16)
	check "a flush of the mirror" flush
	check "reaches every leg once" equal "$(all_count 16)" "$(grown_by "$before" 1)"
	end
}
