// SPDX-License-Identifier: GPL-2.0
/* Choosing a request. */
#include <linux/ioprio.h>

#include "dice.h"
#include "io_plan.h"

/* The lead of a bio, the offset of the data, and memory behind it. */
#define MOST_OUTSIDE (4 * PAGE_SIZE)
#define MOST_OF_MANY 64

static const blk_opf_t write_flags[] = {
	REQ_FUA, REQ_PREFLUSH, REQ_SYNC, REQ_META, REQ_PRIO, REQ_IDLE,
};

bool io_is(const struct io_plan *plan, enum req_op op)
{
	return (plan->opf & REQ_OP_MASK) == op;
}

static void choose_operation(struct io_plan *plan)
{
	u32 roll = dice_below(100);

	if (roll < 33)
		plan->opf = REQ_OP_READ;
	else if (roll < 85)
		plan->opf = REQ_OP_WRITE;
	else
		plan->opf = roll < 93 ? REQ_OP_DISCARD : REQ_OP_WRITE_ZEROES;
	for (int i = 0; i < ARRAY_SIZE(write_flags) && io_is(plan, REQ_OP_WRITE); i++) {
		if (dice_percent(15))
			plan->opf |= write_flags[i];
	}
}

static unsigned int choose_num(struct io_plan *plan)
{
	u32 roll = dice_below(100);

	if (io_is(plan, REQ_OP_READ) || roll < 35)
		return 1;
	if (roll < 95)
		return dice_between(2, roll < 70 ? 3 : 8);
	return dice_between(9, BITS_PER_LONG);
}

/* An empty flush is for the whole device, wherever it is said to go. */
static void flush_beyond_end(struct place *place)
{
	if (!disk_zoned(place->disk))
		place->sector = place->disk->sectors + dice_between(1, 64);
}

static void choose_places(struct io_plan *plan, sector_t most)
{
	unsigned int num = choose_num(plan);
	bool flush = plan->opf & REQ_PREFLUSH && dice_percent(30);

	plan->num = 0;
	for (unsigned int i = 0; i < num; i++) {
		sector_t count = plan_size(num > 8 ? MOST_OF_MANY : most);
		bool writes = io_is(plan, REQ_OP_WRITE);

		if (plan_place(&plan->places[plan->num], flush ? 0 : count, writes))
			plan->num++;
		if (flush && plan->num && dice_percent(50))
			flush_beyond_end(&plan->places[plan->num - 1]);
	}
	/* There is always room for nothing. */
	if (!plan->num)
		plan->places[plan->num++] = (struct place){ &disks[0], 0, 0 };
}

static sector_t longest(const struct io_plan *plan)
{
	sector_t count = 0;

	for (unsigned int i = 0; i < plan->num; i++)
		count = max(count, plan->places[i].count);
	return count;
}

/*
 * The multiple at which memory has to start if that is less than a sector; else
 * a sector. null_blk claims that any 2 bytes do, and loses data.
 */
static size_t least_start(const struct io_plan *plan)
{
	size_t least = 1;

	for (unsigned int i = 0; i < plan->num; i++) {
		size_t step = bdev_dma_alignment(plan->places[i].disk->bdev[RUST]) + 1;

		least = max(least, step > 2 ? step : SECTOR_SIZE);
	}
	return least;
}

/*
 * Mainline transfers too much from such a start: it gets the same data from a
 * better one.
 */
static void choose_start(struct io_plan *plan)
{
	struct buffer *buffer = &plan->buffer;
	size_t at = dice_below(2 * PAGE_SIZE / SECTOR_SIZE) * SECTOR_SIZE;
	size_t least = least_start(plan);

	if (dice_percent(40))
		at = round_down(at, PAGE_SIZE);
	buffer->at[MAINLINE] = at;
	buffer->at[RUST] = at;
	buffer->lead = buffer->type == DM_IO_BIO ?
		dice_below(at / SECTOR_SIZE + 1) * SECTOR_SIZE : 0;
	if (buffer->type != DM_IO_BIO && least < SECTOR_SIZE)
		buffer->at[RUST] += least * dice_between(1, SECTOR_SIZE / least - 1);
}

/* The slice of the arena is the request's alone. */
void io_plan(struct io_plan *plan, size_t start, size_t size)
{
	struct buffer *buffer = &plan->buffer;
	bool carries;

	choose_operation(plan);
	choose_places(plan, (size - MOST_OUTSIDE) >> SECTOR_SHIFT);
	carries = io_is(plan, REQ_OP_READ) || io_is(plan, REQ_OP_WRITE);
	buffer->start = start;
	buffer->bytes = carries ? longest(plan) << SECTOR_SHIFT : 0;
	buffer->size = PAGE_ALIGN(buffer->bytes) + MOST_OUTSIDE;
	buffer->type = dice_below(DM_IO_KMEM + 1);
	plan->no_buffer = !buffer->bytes && (buffer->type == DM_IO_BIO || dice_percent(50));
	if (plan->no_buffer)
		buffer->type = DM_IO_KMEM;
	choose_start(plan);
	if (buffer->type == DM_IO_BIO)
		buffer_vectors(buffer);
	plan->async = dice_percent(50);
	plan->no_bits = dice_percent(10);
	plan->priority = dice_percent(30) ? IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, dice_below(8)) : 0;
}
