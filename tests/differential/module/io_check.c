// SPDX-License-Identifier: GPL-2.0
/* Comparing what a request did on the two sides. */
#include <linux/slab.h>
#include <linux/string.h>

#include "coverage.h"
#include "io_plan.h"
#include "readable.h"
#include "report.h"

/* Sectors that are compared on either side of a place. */
#define MARGIN 16

static void describe(struct io_plan *plan, const char *what)
{
	struct place *place = &plan->places[0];

	report_difference(plan->number,
			  "opf %#x, %u regions, the first %s %llu+%llu, %zu bytes of type %u at %zu and %zu (lead %zu), %s: %s",
			  (__force u32)plan->opf, plan->num, place->disk->name, place->sector,
			  place->count, plan->buffer.bytes, plan->buffer.type,
			  plan->buffer.at[MAINLINE], plan->buffer.at[RUST], plan->buffer.lead,
			  plan->async ? "async" : "sync", what);
}

static void describe_place(struct io_plan *plan, struct place *place, sector_t where)
{
	char what[128];

	snprintf(what, sizeof(what), "sector %llu of %s differs, near region %zu at %llu+%llu",
		 where, place->disk->name, place - plan->places, place->sector, place->count);
	describe(plan, what);
}

static bool failed(struct io_plan *plan, enum side side)
{
	struct answer *answer = &plan->answers[side];

	return plan->async ? answer->error | answer->other : answer->ret;
}

static void check_answers(struct io_plan *plan)
{
	struct answer *one = &plan->answers[MAINLINE];
	struct answer *other = &plan->answers[RUST];
	char what[128];

	if (one->ret == other->ret && one->error == other->error &&
	    one->other == other->other && atomic_read(&one->calls) == plan->async &&
	    atomic_read(&other->calls) == plan->async)
		return;
	snprintf(what, sizeof(what),
		 "mainline %d error %lx unsup %lx calls %d, ours %d error %lx unsup %lx calls %d",
		 one->ret, one->error, one->other, atomic_read(&one->calls),
		 other->ret, other->error, other->other, atomic_read(&other->calls));
	describe(plan, what);
}

static bool is_all(const u8 *sector, u8 byte)
{
	return !memchr_inv(sector, byte, SECTOR_SIZE);
}

static bool is_what_was_read(const u8 *sector, struct readable *readable, sector_t i)
{
	return is_all(sector, 0) ||
	       (readable->good[i] &&
		!memcmp(sector, readable->data + (i << SECTOR_SHIFT), SECTOR_SIZE));
}

static void describe_sector(struct io_plan *plan, sector_t i, const u8 *one, const u8 *other,
			    bool good)
{
	char what[128];

	snprintf(what, sizeof(what), "sector %llu of a failed read, %s, is %4phN and in ours %4phN",
		 i, good ? "which can be read" : "which cannot be read", one, other);
	describe(plan, what);
}

/*
 * A read that failed: ours leaves zeroes, be it of a whole bio; mainline may
 * leave what was there. Where either has data it is the right one.
 */
static void check_failed_read(struct io_plan *plan)
{
	struct readable readable;

	coverage_count(IO_FAILED_READ);
	if (readable_get(&readable, &plan->places[0], plan->places[0].disk->block))
		return;
	for (sector_t i = 0; i < plan->places[0].count; i++) {
		size_t at = i << SECTOR_SHIFT;
		const u8 *one = buffer_data(&plan->buffer, MAINLINE) + at;
		const u8 *other = buffer_data(&plan->buffer, RUST) + at;

		if (is_what_was_read(other, &readable, i) &&
		    (is_all(one, BUFFER_STALE) || is_what_was_read(one, &readable, i)))
			continue;
		describe_sector(plan, i, one, other, readable.good[i]);
		break;
	}
	readable_put(&readable);
}

static void check_buffer(struct io_plan *plan)
{
	struct buffer *buffer = &plan->buffer;

	for (int side = 0; side < SIDES; side++) {
		if (!buffer_outside_untouched(buffer, side))
			describe(plan, side == RUST ? "ours touched memory outside of the buffer" :
				 "mainline touched memory outside of the buffer");
	}
	if (io_is(plan, REQ_OP_READ) && failed(plan, RUST))
		check_failed_read(plan);
	else if (memcmp(buffer_data(buffer, MAINLINE), buffer_data(buffer, RUST), buffer->bytes))
		describe(plan, "the buffers differ");
}

/* A write that goes beyond the end: ours does nothing, mainline what it can. */
static void check_beyond_end(struct io_plan *plan)
{
	struct place *place = plan->old_place;
	struct disk *disk = place->disk;
	sector_t start = round_down(place->sector, disk->block);
	size_t size = (disk->sectors - min(place->sector, disk->sectors)) << SECTOR_SHIFT;
	u8 *ours = readable_raw(place, RUST);
	sector_t where;

	coverage_count(IO_BEYOND_END);
	if (!ours || !plan->old || memcmp(ours, plan->old, size))
		describe(plan, "ours changed a place that goes beyond the end");
	kvfree(ours);
	if (disk_equalise(disk, start, disk->sectors - start))
		describe(plan, "a device cannot be made like the other");
	if (!disk_same(disk, start > MARGIN ? start - MARGIN : 0, disk->sectors, &where))
		describe_place(plan, place, where);
}

static void check_place(struct io_plan *plan, struct place *place)
{
	sector_t start = place->sector > MARGIN ? place->sector - MARGIN : 0;
	sector_t where;

	if (!disk_same(place->disk, start, place->sector + place->count + MARGIN, &where))
		describe_place(plan, place, where);
}

static void count(struct io_plan *plan)
{
	static const enum kind types[] = {
		[DM_IO_PAGE_LIST] = IO_LIST, [DM_IO_BIO] = IO_BIO,
		[DM_IO_VMA] = IO_VMA, [DM_IO_KMEM] = IO_KMEM,
	};
	struct answer *answer = &plan->answers[RUST];
	bool known = plan->async || !plan->no_bits;

	coverage_count(io_is(plan, REQ_OP_READ) ? IO_READ : io_is(plan, REQ_OP_WRITE) ? IO_WRITE :
		       io_is(plan, REQ_OP_DISCARD) ? IO_DISCARD : IO_ZEROES);
	if (plan->opf & REQ_PREFLUSH)
		coverage_count(IO_FLUSH);
	if (plan->buffer.bytes)
		coverage_count(types[plan->buffer.type]);
	if (plan->buffer.bytes && plan->buffer.at[RUST] % SECTOR_SIZE)
		coverage_count(IO_ODD_START);
	if (plan->buffer.bytes && plan->buffer.lead)
		coverage_count(IO_ADVANCED);
	coverage_count(plan->async ? IO_CALLED_BACK : IO_WAITED);
	if (plan->num > 8)
		coverage_count(IO_MANY_REGIONS);
	if (known && answer->error)
		coverage_count(IO_FAILED);
	if (known && answer->other)
		coverage_count(IO_UNSUPPORTED);
}

void io_check(struct io_plan *plan)
{
	count(plan);
	check_answers(plan);
	check_buffer(plan);
	for (unsigned int i = 0; i < plan->num && !io_is(plan, REQ_OP_READ); i++) {
		struct place *place = &plan->places[i];

		if (io_is(plan, REQ_OP_WRITE) && disk_zoned(place->disk))
			coverage_count(IO_ZONED);
		if (place == plan->old_place)
			check_beyond_end(plan);
		else
			check_place(plan, place);
	}
	kvfree(plan->old);
	plan->old = NULL;
}
