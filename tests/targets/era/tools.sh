# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the tools find in the metadata, next to what was written.

# The blocks of a list of blocks and ranges, one to a line; a range's end is not in it.
list_blocks()
{
	sed -n 's,.*<block block="\([0-9]*\)".*,\1,p
		s,.*<range begin="\([0-9]*\)" end *= *"\([0-9]*\)".*,\1 \2,p' |
		awk 'NF == 1 { print }
		NF == 2 { for (block = $1; block < $2; block++) print block }'
}

# The last era of each block that was written.
last_eras()
{
	awk '$2 > last[$1] { last[$1] = $2 } END { for (block in last) print block, last[block] }' \
		"$WRITTEN" | sort -n
}

last_era()
{
	awk '$2 > last { last = $2 } END { print last }' "$WRITTEN"
}

# wanted_since ERA
wanted_since()
{
	last_eras | awk -v since="$1" '$2 >= since { print $1 }'
}

# compare_since ERA DISK OPTION...
compare_since()
{
	since=$1
	shift
	wanted_since "$since" >/tmp/wanted-blocks
	era_invalidate --written-since "$since" "$@" >/tmp/invalidate || return 1
	list_blocks </tmp/invalidate >/tmp/found-blocks
	cmp /tmp/found-blocks /tmp/wanted-blocks
}

# While the device is in use, by a snapshot of its metadata.
compare_snapshot()
{
	check "a metadata snapshot is taken" dmsetup message era 0 take_metadata_snap
	forget_cached
	root=$(dmsetup status era | awk '{ print $7 }')
	for since in 1 $(($(last_era) - 1)); do
		check "era_invalidate knows what was written since era $since, of the snapshot" \
			compare_since "$since" --metadata-snapshot "$root" "$METADATA"
	done
	check "the metadata snapshot is dropped" dmsetup message era 0 drop_metadata_snap
}

# compare_dump DISK: each block's last era.
compare_dump()
{
	last_eras >/tmp/wanted-eras
	era_dump --logical "$1" >/tmp/dump || return 1
	sed -n 's,.*<era block="\([0-9]*\)" era="\([0-9]*\)".*,\1 \2,p' /tmp/dump |
		awk '$2 > 0' | sort -n >/tmp/found-eras
	cmp /tmp/found-eras /tmp/wanted-eras
}

# check_metadata DISK
check_metadata()
{
	forget_cached
	check "era_check finds no fault" era_check "$1"
	check "era_dump knows each block's last era" compare_dump "$1"
}

# compare_metadata DISK: all that the tools say of it.
compare_metadata()
{
	check_metadata "$1"
	for since in $(seq "$(last_era)"); do
		check "era_invalidate knows what was written since era $since" \
			compare_since "$since" "$1"
	done
}

# The metadata as a power cut would leave it has all that was written.
check_copy()
{
	forget_cached
	check "the metadata is copied while it is in use" dd if="$METADATA" of="$COPY" bs=1M
	check_metadata "$COPY"
}
