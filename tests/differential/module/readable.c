// SPDX-License-Identifier: GPL-2.0
/* Reads by the block layer alone. */
#include <linux/slab.h>

#include "readable.h"

#define CHUNK_SECTORS 256

/* What cannot be read at once is read in halves. */
static void read_halves(struct readable *readable, struct place *place, sector_t at,
			sector_t count, sector_t unit, void *chunk)
{
	sector_t half = roundup(DIV_ROUND_UP(count, 2), unit);

	if (!bdev_rw_virt(place->disk->bdev[RUST], place->sector + at, chunk,
			  count << SECTOR_SHIFT, REQ_OP_READ)) {
		memcpy(readable->data + (at << SECTOR_SHIFT), chunk, count << SECTOR_SHIFT);
		memset(readable->good + at, 1, count);
	} else if (half < count) {
		read_halves(readable, place, at, half, unit, chunk);
		read_halves(readable, place, at + half, count - half, unit, chunk);
	}
}

int readable_get(struct readable *readable, struct place *place, sector_t unit)
{
	void *chunk = kmalloc(CHUNK_SECTORS << SECTOR_SHIFT, GFP_KERNEL);

	readable->data = kvzalloc(place->count << SECTOR_SHIFT, GFP_KERNEL);
	readable->good = kvzalloc(place->count, GFP_KERNEL);
	if (!chunk || !readable->data || !readable->good) {
		kfree(chunk);
		readable_put(readable);
		return -ENOMEM;
	}
	for (sector_t at = 0; at < place->count; at += CHUNK_SECTORS)
		read_halves(readable, place, at, min(place->count - at, CHUNK_SECTORS), unit,
			    chunk);
	kfree(chunk);
	return 0;
}

void readable_put(struct readable *readable)
{
	kvfree(readable->data);
	kvfree(readable->good);
	*readable = (struct readable){ };
}

/* Whole blocks are read, of which the place may need a part. */
static int read_raw(struct place *place, enum side side, u8 *data, void *chunk)
{
	struct disk *disk = place->disk;
	sector_t end = min(place->sector + place->count, disk->sectors);
	sector_t at = round_down(place->sector, disk->block);
	int ret = 0;

	for (; at < end && !ret; at += CHUNK_SECTORS) {
		sector_t from = max(at, place->sector);
		sector_t to = min(at + CHUNK_SECTORS, end);

		ret = disk_raw(disk, side, REQ_OP_READ, at, round_up(to, disk->block) - at, chunk);
		memcpy(data + ((from - place->sector) << SECTOR_SHIFT),
		       chunk + ((from - at) << SECTOR_SHIFT), (to - from) << SECTOR_SHIFT);
	}
	return ret;
}

u8 *readable_raw(struct place *place, enum side side)
{
	void *chunk = kmalloc(CHUNK_SECTORS << SECTOR_SHIFT, GFP_KERNEL);
	u8 *data = kvzalloc(place->count << SECTOR_SHIFT, GFP_KERNEL);

	if (!chunk || !data || read_raw(place, side, data, chunk)) {
		kvfree(data);
		data = NULL;
	}
	kfree(chunk);
	return data;
}
