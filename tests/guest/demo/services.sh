# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The dm-io services, each by itself.

SERVICES='dm_io_sync dm_io_sync_bvec dm_io_sync_vm dm_io_async dm_io_async_bvec dm_io_async_vm'

# A part of the image through each service: the parts end where no MiB does.
write_parts()
{
	before=$(statistic "$A" 7)
	start=0
	for service in $SERVICES; do
		end=$((start + SECTORS / 6 / 8 * 8))
		[ "$service" != dm_io_async_vm ] || end=$SECTORS
		check "$service writes sectors $start to $((end - 1)) of disk A" \
			client error=0x0 write "$service" "$start" "$A,$start,$((end - start))"
		start=$end
	done
	check "disk A has counted $SECTORS sectors written" \
		equal "$(($(statistic "$A" 7) - before))" "$SECTORS"
	check "disk A holds the image" holds "$IMAGE_SUM" "$A"
}

# read_image SERVICE: what it reads of disk A is the image.
read_image()
{
	fill_buffer /dev/zero
	client error=0x0 read "$1" 0 "$A,0,$SECTORS" && holds "$IMAGE_SUM" "$CLIENT/data"
}

read_back()
{
	for service in $SERVICES; do
		check "$service reads $MIB MiB of disk A, which are the image" read_image "$service"
	done
}

# write_slot SERVICE SLOT: the slot of disk S then holds the image.
write_slot()
{
	client error=0x0 write "$1" 0 "$(slot "$2")" && slot_holds "$IMAGE_SUM" "$2"
}

write_wholes()
{
	fill_buffer "$SOURCE"
	slot=0
	for service in $SERVICES; do
		check "$service writes $MIB MiB to slot $slot of disk S, which holds the image" \
			write_slot "$service" $slot
		slot=$((slot + 1))
	done
}

write_to_many()
{
	check "dm_io_async_vm writes $MIB MiB to slots 6 and 7 at once" \
		client error=0x0 write dm_io_async_vm 0 "$(slot 6)" "$(slot 7)"
	check "slot 6 holds the image" slot_holds "$IMAGE_SUM" 6
	check "slot 7 holds the image" slot_holds "$IMAGE_SUM" 7
}

# Of three regions, the middle one has a bad sector.
report_errors()
{
	fill_buffer "$SOURCE"
	check "a write to a good, a bad and a good disk fails for the bad one" \
		client error=0x2 write dm_io_sync 0 "$A,0,8" "$C,$BAD_START,8" "$B,0,8"
	check "a read of bad sectors fails" \
		client error=0x1 read dm_io_async_bvec 0 "$C,$BAD_START,$BAD_LENGTH"
	check "and leaves zeroes where it could not read" zeroes_in_buffer "$BAD_LENGTH"
}

# zeroes_in_buffer LENGTH: from the start, in sectors.
zeroes_in_buffer()
{
	head -c "$(($1 * 512))" "$CLIENT/data" >/tmp/head
	head -c "$(($1 * 512))" /dev/zero | cmp - /tmp/head
}

write_nothing()
{
	before=$(statistic "$A" 16)
	check "a flush" client error=0x0 flush dm_io_sync 0 "$A,0,0"
	check "reaches the disk" equal "$(($(statistic "$A" 16) - before))" 1

	check "a write of zeroes" client error=0x0 zero dm_io_async 0 "$(slot 5)"
	check "leaves zeroes" slot_holds "$ZERO_SUM" 5

	before=$(statistic "$S" 14)
	check "a discard" client error=0x0 discard dm_io_sync 0 "$(slot 4)"
	check "reaches the disk in full" equal "$(($(statistic "$S" 14) - before))" "$SECTORS"
	check "a discard on a disk that has none fails there only" \
		client error=0x2 discard dm_io_sync 0 "$S,0,8" "$NO_DISCARD,0,8"
}
