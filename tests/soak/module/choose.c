// SPDX-License-Identifier: GPL-2.0
#include <linux/array_size.h>
#include <linux/ioprio.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include <linux/dm-kcopyd.h>

#include "worker.h"
#include "zone.h"

/*
 * As many sectors at either end of a worker's part of a disk belong to nobody. Parts begin at
 * multiples of it: it is as large as the largest block.
 */
#define GUARD_SECTORS (SZ_64K >> SECTOR_SHIFT)
#define MOST_TRIES 8
#define MOST_COPIED (3 * MEMORY_SECTORS)

static const enum kind kinds[] = {
	KIND_READ, KIND_READ, KIND_READ, KIND_READ,
	KIND_WRITE, KIND_WRITE, KIND_WRITE, KIND_WRITE, KIND_WRITE, KIND_WRITE,
	KIND_COPY, KIND_COPY, KIND_COPY, KIND_COPY,
	KIND_DISCARD, KIND_ZEROES, KIND_FLUSH, KIND_ZEROING, KIND_ZEROING, KIND_CALLBACK,
};

static bool overlap(const struct place *one, const struct place *other)
{
	return one->disk && one->disk == other->disk && zone_start(one) < zone_end(other) &&
	       zone_start(other) < zone_end(one);
}

bool worker_is_free(const struct worker *worker, const struct place *place)
{
	for (int i = 0; i < WORKER_REQUESTS; i++) {
		const struct request *request = &worker->requests[i];

		if (!request->in_use)
			continue;
		if (overlap(place, &request->from))
			return false;
		for (unsigned int j = 0; j < request->num; j++)
			if (overlap(place, &request->to[j]))
				return false;
	}
	return true;
}

/* With blocks of so many sectors at most. */
static struct disk *any_disk(struct worker *worker, unsigned int block)
{
	struct disk *disk;

	do {
		disk = &disks[worker_below(worker, num_disks)];
	} while (!disk->bdev || disk->block > block);
	return disk;
}

/* A run of blocks of a worker's part of a disk, of a length, or of any up to it. */
static struct place any_place(const struct request *request, struct disk *disk, sector_t count,
			      bool is_length)
{
	struct worker *worker = request->worker;
	unsigned int block = request->block;
	sector_t share = rounddown(disk->sectors / worker->of, max(GUARD_SECTORS, disk->zone));
	sector_t blocks = (share - 2 * GUARD_SECTORS) / block;
	sector_t length = max(min(count / block, blocks), 1);

	if (!is_length)
		length = 1 + worker_below(worker, length);
	return (struct place) {
		.disk = disk,
		.sector = worker->index * share + GUARD_SECTORS +
			  worker_below(worker, blocks - length + 1) * block,
		.count = length * block,
	};
}

/* Succeeds unless too much of the part is in use. */
static bool choose_place(struct request *request, struct place *place, sector_t count,
			 bool is_length)
{
	struct worker *worker = request->worker;
	bool writes = request->kind == KIND_WRITE || request->kind == KIND_ZEROING ||
		      (request->kind == KIND_COPY && place != &request->from);

	for (int i = 0; i < MOST_TRIES; i++) {
		struct disk *disk = any_disk(worker, request->block);
		struct place chosen = writes && disk->zone ?
			zone_place(request, disk, count, is_length) :
			any_place(request, disk, count, is_length);

		if (!chosen.count || (is_length && chosen.count != count))
			continue;
		if (worker_is_free(worker, &chosen)) {
			*place = chosen;
			return true;
		}
	}
	*place = (struct place){ };
	return false;
}

static sector_t any_length(struct worker *worker)
{
	static const u16 most[] = { 8, 8, 32, 32, 128, MEMORY_SECTORS };

	return most[worker_below(worker, ARRAY_SIZE(most))];
}

static bool is_crowded(const struct place *place)
{
	for (sector_t i = 0; i < place->count; i++)
		if (place->disk->model[place->sector + i].num > MODEL_FEW)
			return true;
	return false;
}

/* Of what may hold too much a read is to tell what it holds. */
static void read_instead(struct request *request, const struct place *place)
{
	struct place crowded = *place;

	crowded.count = min(crowded.count, MEMORY_SECTORS);
	request->kind = KIND_READ;
	request->from = (struct place){ };
	request->to[0] = crowded;
	request->num = 1;
}

static void choose_regions(struct request *request, unsigned int most, sector_t count,
			   bool is_length)
{
	unsigned int num = 1 + worker_below(request->worker, most);

	while (request->num < num &&
	       choose_place(request, &request->to[request->num], count, is_length)) {
		const struct place *place = &request->to[request->num++];

		if (request->kind != KIND_READ && is_crowded(place)) {
			read_instead(request, place);
			return;
		}
	}
}

static void choose_copy(struct request *request)
{
	struct worker *worker = request->worker;
	sector_t most = worker_once_in(worker, 16) ? MOST_COPIED : any_length(worker);

	if (!choose_place(request, &request->from, most, false))
		return;
	if (is_crowded(&request->from))
		read_instead(request, &request->from);
	else
		choose_regions(request, worker_once_in(worker, 4) ? REQUEST_REGIONS : 2,
			       request->from.count, true);
}

static unsigned int any_number(struct worker *worker)
{
	return worker_once_in(worker, 4) ? REQUEST_REGIONS : 2;
}

static blk_opf_t any_operation(struct request *request)
{
	static const enum req_op ops[] = {
		[KIND_READ] = REQ_OP_READ, [KIND_WRITE] = REQ_OP_WRITE,
		[KIND_DISCARD] = REQ_OP_DISCARD, [KIND_ZEROES] = REQ_OP_WRITE_ZEROES,
	};
	struct worker *worker = request->worker;
	blk_opf_t opf;

	if (request->kind == KIND_FLUSH)
		return REQ_OP_WRITE | REQ_PREFLUSH;
	opf = ops[request->kind];
	if (worker_once_in(worker, 8))
		opf |= REQ_META | REQ_PRIO;
	if (request->kind == KIND_WRITE && worker_once_in(worker, 16))
		opf |= REQ_FUA;
	if (request->kind == KIND_WRITE && worker_once_in(worker, 16))
		opf |= REQ_PREFLUSH;
	return opf;
}

static unsigned int any_flags(struct worker *worker)
{
	unsigned int flags = 0;

	if (worker_once_in(worker, 3))
		flags |= BIT(DM_KCOPYD_IGNORE_ERROR);
	if (worker_once_in(worker, 6))
		flags |= BIT(DM_KCOPYD_WRITE_SEQ);
	return flags;
}

/* Empty regions are flushed, or skipped. */
static void empty_regions(struct request *request)
{
	for (unsigned int i = 0; i < request->num; i++)
		if (request->kind == KIND_FLUSH || worker_once_in(request->worker, 32))
			request->to[i].count = 0;
}

static void choose_of_kind(struct request *request)
{
	struct worker *worker = request->worker;

	switch (request->kind) {
	case KIND_READ:
		choose_regions(request, 1, any_length(worker), false);
		break;
	case KIND_COPY:
		choose_copy(request);
		break;
	case KIND_ZEROING:
		choose_regions(request, 1, any_length(worker), false);
		if (request->kind == KIND_ZEROING && request->num)
			choose_regions(request, any_number(worker), request->to[0].count, true);
		break;
	case KIND_CALLBACK:
		break;
	default:
		choose_regions(request, any_number(worker), any_length(worker), false);
		break;
	}
	if (!request->num)
		request->kind = KIND_CALLBACK;
}

sector_t request_sectors(const struct request *request)
{
	sector_t sectors = 0;

	if (request->kind == KIND_READ || request->kind == KIND_WRITE)
		for (unsigned int i = 0; i < request->num; i++)
			sectors = max(sectors, request->to[i].count);
	return sectors;
}

/* What all of its disks can do. */
static unsigned int alignment(const struct request *request)
{
	unsigned int bytes = 1;

	for (unsigned int i = 0; i < request->num; i++)
		bytes = max(bytes, READ_ONCE(request->to[i].disk->alignment));
	return bytes;
}

static void fill_memory(struct request *request)
{
	struct worker *worker = request->worker;
	sector_t sectors = request_sectors(request);
	u8 *data;

	/* A classic service has its kind, data or not. */
	request->memory.type = worker_below(worker, request->is_classic ? MEMORY_KMEM :
						    MEMORY_TYPES);
	if (!sectors)
		return;
	memory_choose(&request->memory, &worker->random, sectors, request->block,
		      alignment(request));
	memory_make_stale(&request->memory);
	if (request->kind != KIND_WRITE)
		return;
	request->tag = (u64)(worker->index + 1) << 48 | ++worker->writes << 12;
	data = memory_data(&request->memory);
	for (sector_t i = 0; i < sectors; i++)
		content_fill(data + (i << SECTOR_SHIFT), request->tag + i);
}

void request_choose(struct request *request)
{
	struct worker *worker = request->worker;

	request->serial++;
	request->block = any_disk(worker, UINT_MAX)->block;
	request->from = (struct place){ };
	request->num = 0;
	request->kind = kinds[worker_below(worker, ARRAY_SIZE(kinds))];
	/* What is chosen first is in the way of what is chosen then. */
	request->since = jiffies;
	WRITE_ONCE(request->in_use, true);
	choose_of_kind(request);
	request->is_classic = request->kind != KIND_ZEROING && request->kind != KIND_CALLBACK &&
			      worker_once_in(worker, 2);
	if (request_is_copy(request)) {
		request->flags = any_flags(worker);
		if (request->is_classic)
			request->flags &= BIT(DM_KCOPYD_IGNORE_ERROR);
		return;
	}
	empty_regions(request);
	request->opf = any_operation(request);
	request->waits = worker_once_in(worker, 4);
	request->ioprio = worker_once_in(worker, 4) ?
				  IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3) : IOPRIO_DEFAULT;
	fill_memory(request);
}
