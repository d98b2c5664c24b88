// SPDX-License-Identifier: GPL-2.0
/* Comparing what a copy did on the two sides. */
#include <linux/slab.h>
#include <linux/string.h>

#include "bios.h"
#include "copy_plan.h"
#include "coverage.h"
#include "readable.h"
#include "report.h"

/* Sectors that are compared on either side of a destination. */
#define MARGIN 16

static void describe(struct copy_plan *plan, const char *what)
{
	struct answer *one = &plan->answers[MAINLINE];
	struct answer *other = &plan->answers[RUST];
	struct place *from = &plan->from;
	struct place *dest = &plan->dests[0];

	report_difference(plan->number,
			  "%s %s %llu+%llu to %u, the first %s %llu, flags %#x, client %u: %s; mainline read %lu write %lx calls %d, ours read %lu write %lx calls %d",
			  plan->only_ours ? "only ours" : "both", plan->zero ? "zeroes" :
			  from->disk->name, from->sector, from->count, plan->num,
			  dest->disk->name, dest->sector, plan->flags, plan->client, what,
			  one->other, one->error, atomic_read(&one->calls), other->other,
			  other->error, atomic_read(&other->calls));
}

static void describe_dest(struct copy_plan *plan, unsigned int i, sector_t where, const char *what)
{
	char text[128];

	snprintf(text, sizeof(text), "%s: destination %u, %s, sector %llu", what, i,
		 plan->dests[i].disk->name, where);
	describe(plan, text);
}

static void check_answers(struct copy_plan *plan)
{
	struct answer *one = &plan->answers[MAINLINE];
	struct answer *other = &plan->answers[RUST];

	if (atomic_read(&one->calls) != !plan->only_ours || atomic_read(&other->calls) != 1)
		describe(plan, "callbacks");
	else if (one->early || other->early)
		describe(plan, "called back before its bios have ended");
	else if (!plan->only_ours && (one->error != other->error || one->other != other->other))
		describe(plan, "errors");
}

static void check_same(struct copy_plan *plan, unsigned int i)
{
	struct place *dest = &plan->dests[i];
	sector_t start = dest->sector > MARGIN ? dest->sector - MARGIN : 0;
	sector_t where;

	if (!disk_same(dest->disk, start, dest->sector + dest->count + MARGIN, &where))
		describe_dest(plan, i, where, "the bytes differ");
}

static bool same_sector(const u8 *one, const u8 *other, sector_t i)
{
	return !memcmp(one + (i << SECTOR_SHIFT), other + (i << SECTOR_SHIFT), SECTOR_SIZE);
}

/**
 * struct dest_view - a destination of a copy that was done in part
 * @good: a byte for each sector: whether it can be written
 * @now: what it holds on either side
 * @touched: what either side's bios did to its sectors
 */
struct dest_view {
	u8 *good;
	u8 *now[SIDES];
	u8 *touched[SIDES];
};

static void dest_view_put(struct dest_view *view)
{
	kvfree(view->good);
	for (int side = 0; side < SIDES; side++) {
		kvfree(view->now[side]);
		kvfree(view->touched[side]);
	}
}

/* A block that cannot be read cannot be written either. */
static int dest_view_get(struct dest_view *view, struct place *dest)
{
	struct readable readable;
	bool is_whole = true;

	*view = (struct dest_view){ };
	if (readable_get(&readable, dest, dest->disk->block))
		return -ENOMEM;
	kvfree(readable.data);
	view->good = readable.good;
	if (dest->disk->unwritable || place_misses_zone(dest))
		memset(view->good, 0, dest->count);
	for (int side = 0; side < SIDES; side++) {
		view->now[side] = readable_raw(dest, side);
		view->touched[side] = bios_touched(dest, side, true);
		is_whole &= view->now[side] && view->touched[side];
	}
	if (is_whole)
		return 0;
	dest_view_put(view);
	return -ENOMEM;
}

/* What a sector is expected to hold. */
enum content {
	OLD,
	NEW,
	OLD_OR_NEW,
	ANYTHING,
};

static bool holds(const struct copy_plan *plan, unsigned int i, const u8 *now, const u8 *data,
		  sector_t at, enum content content)
{
	bool is_old = same_sector(now, plan->old[i], at);
	bool is_new = same_sector(now, data, at);

	switch (content) {
	case OLD:
		return is_old;
	case NEW:
		return is_new;
	case OLD_OR_NEW:
		return is_old || is_new;
	default:
		return true;
	}
}

/*
 * A copy that stopped: what a bio has written is new, what none was to write is
 * old, and where one failed each sector is either. Nothing is written that was
 * not read.
 */
static enum content after_stop(const struct readable *from, const struct dest_view *view,
			       enum side side, sector_t at)
{
	if (!from->good[at] || view->touched[side][at] == NOT_TOUCHED)
		return OLD;
	if (view->touched[side][at] == DONE)
		return NEW;
	return view->good[at] ? OLD_OR_NEW : OLD;
}

/* Whether all sectors can be read, or written, that are done together with one. */
static bool all_good(const u8 *good, sector_t count, sector_t at, sector_t together)
{
	sector_t start = rounddown(at, together);

	return !memchr_inv(good + start, 1, min(together, count - start));
}

/*
 * Errors that are ignored: ours loses no more than the blocks that fail: zeroes for
 * those that cannot be read, and the old data where they cannot be written.
 * Mainline gives up what it copies at a time.
 */
static enum content despite_errors(const struct copy_plan *plan, const struct readable *from,
				   const struct dest_view *view, enum side side, sector_t at,
				   sector_t unit)
{
	sector_t together = side == MAINLINE ? PART_SECTORS : unit;
	sector_t count = plan->from.count;

	if (side == MAINLINE && !all_good(from->good, count, at, together))
		return ANYTHING;
	return all_good(view->good, count, at, together) ? NEW : OLD_OR_NEW;
}

static void check_dest(struct copy_plan *plan, unsigned int i, const struct readable *from,
		       const struct dest_view *view, enum side side, sector_t unit)
{
	struct place *dest = &plan->dests[i];
	sector_t end = min(dest->count, dest->disk->sectors - dest->sector);

	for (sector_t at = 0; at < end; at++) {
		enum content content = copy_ignores(plan) ?
			despite_errors(plan, from, view, side, at, unit) :
			after_stop(from, view, side, at);

		if (holds(plan, i, view->now[side], from->data, at, content))
			continue;
		describe_dest(plan, i, dest->sector + at, content == OLD ?
			      "changed, and should not be" : content == NEW ?
			      "not what was to be copied" : "neither old nor new");
		break;
	}
	if (bios_failed_in_vain(dest, side, true, view->good))
		describe_dest(plan, i, dest->sector, "a bio failed that the disk can write");
}

static void count(struct copy_plan *plan)
{
	struct answer *answer = &plan->answers[RUST];
	struct place *from = &plan->from, *dest = &plan->dests[0];

	coverage_count(plan->num > 1 ? COPY_MANY : COPY_ONE);
	if (plan->zero)
		coverage_count(COPY_ZERO);
	if (plan->from.count > PART_SECTORS)
		coverage_count(COPY_SPLIT);
	if (dest->sector + dest->count > dest->disk->sectors)
		coverage_count(COPY_BEYOND_END);
	if (!plan->zero && dest->count && dest->disk == from->disk &&
	    max(from->sector, dest->sector) - min(from->sector, dest->sector) < dest->count)
		coverage_count(from->sector == dest->sector ? COPY_IN_PLACE : COPY_OVERLAPPING);
	if (plan->flags & BIT(DM_KCOPYD_WRITE_SEQ))
		coverage_count(COPY_SEQUENTIAL);
	else if (copy_sequential(plan))
		coverage_count(COPY_ZONED);
	if (plan->client)
		coverage_count(COPY_THROTTLED);
	if (answer->other)
		coverage_count(COPY_READ_FAILED);
	if (answer->error)
		coverage_count(COPY_WRITE_FAILED);
}

/* What is lost together when it cannot be read: a block to all devices. */
static sector_t unit_of(const struct copy_plan *plan)
{
	sector_t unit = plan->from.disk ? plan->from.disk->block : 1;

	for (unsigned int i = 0; i < plan->num; i++)
		unit = max(unit, plan->dests[i].disk->block);
	return unit;
}

/* A copy that was done in part. */
static void check_uneven(struct copy_plan *plan)
{
	sector_t unit = unit_of(plan);
	struct readable from;
	struct dest_view view;

	coverage_count(copy_ignores(plan) ? COPY_IGNORED : COPY_STOPPED);
	if (readable_get(&from, &plan->from, unit)) {
		describe(plan, "no memory to check it");
		return;
	}
	if (plan->zero) {
		memset(from.data, 0, plan->from.count << SECTOR_SHIFT);
		memset(from.good, 1, plan->from.count);
	}
	for (unsigned int i = 0; i < plan->num; i++) {
		struct place *dest = &plan->dests[i];

		if (dest_view_get(&view, dest)) {
			describe(plan, "no memory to check it");
			break;
		}
		for (int side = 0; side < SIDES; side++) {
			if (side == RUST || !plan->only_ours)
				check_dest(plan, i, &from, &view, side, unit);
		}
		dest_view_put(&view);
		if (disk_equalise(dest->disk, dest->sector, dest->count))
			describe(plan, "a device cannot be made like the other");
		check_same(plan, i);
	}
	readable_put(&from);
}

void copy_check(struct copy_plan *plan)
{
	struct answer *answer = &plan->answers[RUST];
	bool failed = answer->error | answer->other;

	count(plan);
	check_answers(plan);
	if (plan->only_ours || (failed && plan->keeps)) {
		check_uneven(plan);
	} else {
		for (unsigned int i = 0; i < plan->num; i++)
			check_same(plan, i);
	}
	for (unsigned int i = 0; i < plan->num; i++) {
		kvfree(plan->old[i]);
		plan->old[i] = NULL;
	}
}
