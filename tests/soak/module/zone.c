// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "worker.h"
#include "zone.h"

static sector_t *written(struct disk *disk, sector_t sector)
{
	return &disk->written[sector / disk->zone];
}

static int reset(struct disk *disk, sector_t start)
{
	sector_t count = min(disk->zone, disk->sectors - start);
	int ret = blkdev_zone_mgmt(disk->bdev, REQ_OP_ZONE_RESET, start, count);

	for (sector_t i = start; i < start + count && !ret; i++) {
		model_set(&disk->model[i], 0);
		model_add(&disk->model[i], U64_MAX);
	}
	*written(disk, start) = ret ? disk->zone : 0;
	return ret;
}

int zones_reset(struct disk *disk)
{
	int ret = 0;

	for (sector_t at = 0; at < disk->sectors && !ret; at += disk->zone)
		ret = reset(disk, at);
	return ret;
}

struct place zone_place(const struct request *request, struct disk *disk, sector_t count,
			bool is_length)
{
	struct worker *worker = request->worker;
	unsigned int zones = disk->sectors / disk->zone / worker->of;
	sector_t start = (worker->index * zones + worker_below(worker, zones)) * disk->zone;
	struct place zone = { .disk = disk, .sector = start, .count = disk->zone };
	sector_t left = disk->zone - *written(disk, start);

	if ((is_length && count > disk->zone) || !worker_is_free(worker, &zone))
		return (struct place){ };
	if (left < (is_length ? count : request->block)) {
		if (reset(disk, start))
			return (struct place){ };
		left = disk->zone;
	}
	return (struct place) {
		.disk = disk,
		.sector = start + disk->zone - left,
		.count = min(count, left),
	};
}

void zone_written(const struct place *place, bool is_done)
{
	sector_t *at;

	if (!place->disk->zone || !place->count)
		return;
	at = written(place->disk, place->sector);
	*at = is_done ? *at + place->count : place->disk->zone;
}

sector_t zone_start(const struct place *place)
{
	return place->disk->zone ? round_down(place->sector, place->disk->zone) : place->sector;
}

sector_t zone_end(const struct place *place)
{
	sector_t end = place->sector + place->count;

	return place->disk->zone ? round_up(end, place->disk->zone) : end;
}
