// SPDX-License-Identifier: GPL-2.0
/* Comparing what a request did on the two sides. */
#include <linux/slab.h>
#include <linux/string.h>

#include "bios.h"
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
	char what[160];

	if (one->ret == other->ret && one->error == other->error &&
	    one->other == other->other && !one->early && !other->early &&
	    atomic_read(&one->calls) == plan->async && atomic_read(&other->calls) == plan->async)
		return;
	snprintf(what, sizeof(what),
		 "mainline %d error %lx unsup %lx calls %d%s, ours %d error %lx unsup %lx calls %d%s",
		 one->ret, one->error, one->other, atomic_read(&one->calls),
		 one->early ? ", early" : "", other->ret, other->error, other->other,
		 atomic_read(&other->calls), other->early ? ", early" : "");
	describe(plan, what);
}

static bool is_all(const u8 *sector, u8 byte)
{
	return !memchr_inv(sector, byte, SECTOR_SIZE);
}

/* What the bios of a read did to each sector, and what it is on the disk. */
struct read_view {
	sector_t end;		/* of the device, from the start of the place */
	struct readable disk;
	u8 *touched[SIDES];
};

static bool is_right(const struct read_view *view, const u8 *sector, sector_t i)
{
	return view->disk.good[i] &&
	       !memcmp(sector, view->disk.data + (i << SECTOR_SHIFT), SECTOR_SIZE);
}

/*
 * What a bio has read is right. Where one failed ours leaves zeroes, and mainline
 * those, or what was there, or what was read before it failed. There is no
 * sector without a bio but in ours beyond the end of the device.
 */
static bool is_as_expected(const struct read_view *view, enum side side, const u8 *sector,
			   sector_t i)
{
	if (view->touched[side][i] == DONE)
		return is_right(view, sector, i);
	if (view->touched[side][i] == NOT_TOUCHED && (side == MAINLINE || i < view->end))
		return false;
	return is_all(sector, 0) ||
	       (side == MAINLINE && (is_all(sector, BUFFER_STALE) || is_right(view, sector, i)));
}

static void describe_sector(struct io_plan *plan, const struct read_view *view, sector_t i)
{
	static const char * const names[] = {
		[NOT_TOUCHED] = "no", [FAILED] = "a failed", [DONE] = "a good",
	};
	const u8 *one = buffer_data(&plan->buffer, MAINLINE) + (i << SECTOR_SHIFT);
	const u8 *other = buffer_data(&plan->buffer, RUST) + (i << SECTOR_SHIFT);
	char what[160];

	snprintf(what, sizeof(what),
		 "sector %llu of a failed read, which can%s be read, is %4phN by %s bio, and in ours %4phN by %s bio",
		 i, view->disk.good[i] ? "" : "not", one, names[view->touched[MAINLINE][i]],
		 other, names[view->touched[RUST][i]]);
	describe(plan, what);
}

static void check_sectors(struct io_plan *plan, const struct read_view *view)
{
	for (sector_t i = 0; i < plan->places[0].count; i++) {
		for (int side = 0; side < SIDES; side++) {
			const u8 *data = buffer_data(&plan->buffer, side);

			if (is_as_expected(view, side, data + (i << SECTOR_SHIFT), i))
				continue;
			describe_sector(plan, view, i);
			return;
		}
	}
}

static void check_failed_read(struct io_plan *plan)
{
	struct place *place = &plan->places[0];
	struct read_view view = { .end = place->disk->sectors - place->sector };

	coverage_count(IO_FAILED_READ);
	for (int side = 0; side < SIDES; side++)
		view.touched[side] = bios_touched(place, side, false);
	if (readable_get(&view.disk, place, place->disk->block) ||
	    !view.touched[MAINLINE] || !view.touched[RUST]) {
		describe(plan, "no memory to check it");
	} else {
		check_sectors(plan, &view);
		for (int side = 0; side < SIDES; side++) {
			if (bios_failed_in_vain(place, side, false, view.disk.good))
				describe(plan, "a bio failed that the disk can read");
		}
	}
	readable_put(&view.disk);
	for (int side = 0; side < SIDES; side++)
		kvfree(view.touched[side]);
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

/* The flags and priorities with which a region's bios reach its device. */
static void check_flags(struct io_plan *plan, struct place *place)
{
	struct bio_flags one = bios_flags(place, MAINLINE);
	struct bio_flags other = bios_flags(place, RUST);
	char what[160];

	if (one.any == other.any && one.all == other.all && one.priorities == other.priorities)
		return;
	snprintf(what, sizeof(what),
		 "region %zu: %u bios with flags %#x, all with %#x, priority %u; of ours %u with %#x, all with %#x, priority %u",
		 place - plan->places, one.num, (__force u32)one.any, (__force u32)one.all,
		 one.priorities, other.num, (__force u32)other.any, (__force u32)other.all,
		 other.priorities);
	describe(plan, what);
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
	for (unsigned int i = 0; i < plan->num; i++) {
		struct place *place = &plan->places[i];

		if (!place->count && place->sector > place->disk->sectors)
			coverage_count(IO_FLUSHED_BEYOND_END);
		if (place != plan->old_place)
			check_flags(plan, place);
		if (io_is(plan, REQ_OP_READ))
			continue;
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
