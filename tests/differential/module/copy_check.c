// SPDX-License-Identifier: GPL-2.0
/* Comparing what a copy did on the two sides. */
#include <linux/slab.h>
#include <linux/string.h>

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

static bool ignores(const struct copy_plan *plan)
{
	return plan->flags & BIT(DM_KCOPYD_IGNORE_ERROR) && !copy_sequential(plan);
}

static void check_answers(struct copy_plan *plan)
{
	struct answer *one = &plan->answers[MAINLINE];
	struct answer *other = &plan->answers[RUST];

	if (atomic_read(&one->calls) != !plan->only_ours || atomic_read(&other->calls) != 1)
		describe(plan, "callbacks");
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

/* A copy that stopped: each sector was copied, or is what it was. */
static void check_stopped(struct copy_plan *plan, unsigned int i, const u8 *data)
{
	struct place *dest = &plan->dests[i];
	sector_t end = min(dest->count, dest->disk->sectors - dest->sector);
	u8 *now = readable_raw(dest, RUST);

	for (sector_t at = 0; now && at < end && !disk_zoned(dest->disk); at++) {
		if (!same_sector(now, data, at) && !same_sector(now, plan->old[i], at)) {
			describe_dest(plan, i, dest->sector + at, "neither old nor new");
			break;
		}
	}
	kvfree(now);
}

/* Whether mainline can have read the part that the sector is in. */
static bool part_is_good(const struct copy_plan *plan, const u8 *good, sector_t at)
{
	sector_t start = round_down(at, PART_SECTORS);
	sector_t count = min(PART_SECTORS, plan->from.count - start);

	return !memchr_inv(good + start, 1, count);
}

/*
 * Read errors that are ignored: in ours what cannot be read is zeroes, and all
 * else is copied; mainline gives up the part.
 */
static void check_ignored(struct copy_plan *plan, unsigned int i, struct readable *readable)
{
	struct place *dest = &plan->dests[i];
	u8 *ours = readable_raw(dest, RUST);
	u8 *mainline = readable_raw(dest, MAINLINE);

	for (sector_t at = 0; ours && mainline && at < dest->count; at++) {
		bool good = part_is_good(plan, readable->good, at);

		if (!same_sector(ours, readable->data, at) ||
		    (good && !same_sector(mainline, readable->data, at))) {
			describe_dest(plan, i, dest->sector + at, "not what can be read");
			break;
		}
	}
	kvfree(ours);
	kvfree(mainline);
}

static void count(struct copy_plan *plan)
{
	struct answer *answer = &plan->answers[RUST];

	coverage_count(plan->num > 1 ? COPY_MANY : COPY_ONE);
	if (plan->zero)
		coverage_count(COPY_ZERO);
	if (plan->from.count > PART_SECTORS)
		coverage_count(COPY_SPLIT);
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

static void check_uneven(struct copy_plan *plan, bool ignored)
{
	struct answer *answer = &plan->answers[RUST];
	struct readable readable;

	coverage_count(ignored ? COPY_IGNORED : COPY_STOPPED);
	if (readable_get(&readable, &plan->from, unit_of(plan)))
		return;
	if (plan->zero)
		memset(readable.data, 0, plan->from.count << SECTOR_SHIFT);
	for (unsigned int i = 0; i < plan->num; i++) {
		struct place *dest = &plan->dests[i];

		if (!ignored)
			check_stopped(plan, i, readable.data);
		else if (!(answer->error & BIT(i)))
			check_ignored(plan, i, &readable);
		if (disk_equalise(dest->disk, dest->sector, dest->count))
			describe(plan, "a device cannot be made like the other");
		check_same(plan, i);
	}
	readable_put(&readable);
}

void copy_check(struct copy_plan *plan)
{
	struct answer *answer = &plan->answers[RUST];
	bool failed = answer->error | answer->other;
	bool ignored = answer->other && ignores(plan);

	count(plan);
	check_answers(plan);
	if (ignored || plan->only_ours || (failed && plan->may_stop)) {
		check_uneven(plan, ignored);
	} else {
		for (unsigned int i = 0; i < plan->num; i++)
			check_same(plan, i);
	}
	for (unsigned int i = 0; i < plan->num; i++) {
		kvfree(plan->old[i]);
		plan->old[i] = NULL;
	}
}
