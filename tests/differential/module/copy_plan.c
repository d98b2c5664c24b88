// SPDX-License-Identifier: GPL-2.0
/* Choosing a copy. */
#include "copy_plan.h"
#include "dice.h"

#define MOST_SECTORS 6000

static void choose_dests(struct copy_plan *plan, sector_t count)
{
	unsigned int num = dice_percent(50) ? 1 : dice_between(2, DM_KCOPYD_MAX_REGIONS);

	plan->num = 0;
	for (unsigned int i = 0; i < num; i++) {
		if (plan_place(&plan->dests[plan->num], count, true))
			plan->num++;
	}
	/* There is always room for nothing. */
	if (!plan->num)
		plan->dests[plan->num++] = (struct place){ &disks[0], 0, 0 };
}

static void set_count(struct copy_plan *plan, sector_t count)
{
	plan->from.count = count;
	for (unsigned int i = 0; i < plan->num; i++)
		plan->dests[i].count = count;
}

/* The least of what the places have room for, in blocks that all have. */
static void level_counts(struct copy_plan *plan)
{
	sector_t count = plan->from.count;
	unsigned int block = plan->zero ? 1 : plan->from.disk->block;

	for (unsigned int i = 0; i < plan->num; i++) {
		count = min(count, plan->dests[i].count);
		block = max(block, plan->dests[i].disk->block);
	}
	set_count(plan, count > PART_SECTORS || !dice_percent(5) ? round_down(count, block) :
								   count);
}

static unsigned int may_fail(const struct copy_plan *plan)
{
	unsigned int num = !plan->zero && place_may_fail(&plan->from, false);

	for (unsigned int i = 0; i < plan->num; i++)
		num += place_may_fail(&plan->dests[i], true);
	return num;
}

/* By the flag, or because of a zoned destination. */
bool copy_sequential(const struct copy_plan *plan)
{
	for (unsigned int i = 0; i < plan->num; i++) {
		if (disk_zoned(plan->dests[i].disk))
			return true;
	}
	return plan->flags & BIT(DM_KCOPYD_WRITE_SEQ);
}

bool copy_ignores(const struct copy_plan *plan)
{
	return plan->flags & BIT(DM_KCOPYD_IGNORE_ERROR) && !copy_sequential(plan);
}

/*
 * What is not told of a copy of several parts, of which one fails, is left out:
 * which of two failing regions is met first. And there are copies that mainline
 * may never end: in sequence, when it waits for a part that was given up.
 */
static void avoid_races(struct copy_plan *plan)
{
	bool ignores = copy_ignores(plan);
	unsigned int num = may_fail(plan);

	if (plan->from.count > PART_SECTORS && num > 1 && !ignores) {
		set_count(plan, PART_SECTORS);
		num = may_fail(plan);
	}
	plan->may_stop = plan->from.count > PART_SECTORS && num && !ignores;
	plan->only_ours = plan->may_stop && copy_sequential(plan);
	plan->keeps = plan->may_stop || (num && ignores);
}

static void choose_any(struct copy_plan *plan)
{
	sector_t count = plan_size(plan->client ? PART_SECTORS : MOST_SECTORS);

	if (plan->zero || !plan_place(&plan->from, count, false))
		plan->from = (struct place){ &disks[0], 0, plan->zero ? count : 0 };
	choose_dests(plan, plan->from.count);
}

/* A long copy one end of which fails in some places. */
static bool choose_failing(struct copy_plan *plan)
{
	sector_t count = dice_between(PART_SECTORS + 1, MOST_SECTORS);
	bool read = !plan->zero && dice_percent(50);

	plan->num = 1;
	if (!plan_failing_place(read ? &plan->from : &plan->dests[0], count))
		return false;
	if (read)
		return plan_place(&plan->dests[0], count, true);
	plan->from = (struct place){ &disks[0], 0, count };
	return plan->zero || plan_place(&plan->from, count, false);
}

/* A long copy that ends beyond the end of its destination. */
static bool choose_beyond_end(struct copy_plan *plan)
{
	sector_t count = dice_between(PART_SECTORS + 1, MOST_SECTORS);

	plan->num = 1;
	plan->from = (struct place){ &disks[0], 0, count };
	return plan_beyond_end(&plan->dests[0], count, dice_between(8, count)) &&
	       (plan->zero || plan_sound_place(&plan->from, count));
}

/*
 * A copy in place, or from and to where they overlap. That is defined for no
 * more than what is copied at a time, which is like memmove().
 */
static bool choose_overlapping(struct copy_plan *plan)
{
	bool in_place = dice_percent(40);
	sector_t count = dice_between(16, in_place && !plan->client ? MOST_SECTORS : PART_SECTORS);
	sector_t shift = in_place ? 0 : dice_between(1, count - 1);
	struct place span;

	if (!plan_sound_place(&span, count + shift))
		return false;
	shift = round_down(shift, span.disk->block);
	count = round_down(count, span.disk->block);
	plan->num = 1;
	plan->from = (struct place){ span.disk, span.sector, count };
	plan->dests[0] = plan->from;
	if (dice_percent(50))
		plan->from.sector += shift;
	else
		plan->dests[0].sector += shift;
	if (dice_percent(30) && plan_sound_place(&plan->dests[1], count))
		plan->num++;
	return true;
}

static bool choose_special(struct copy_plan *plan)
{
	if (plan->client || dice_percent(80))
		return !plan->zero && dice_percent(15) && choose_overlapping(plan);
	return dice_percent(30) ? choose_beyond_end(plan) : choose_failing(plan);
}

void copy_plan(struct copy_plan *plan)
{
	plan->zero = dice_percent(20);
	/* Throttled copies take their time. */
	plan->client = dice_percent(95) ? 0 : dice_between(1, CLIENTS - 1);
	plan->flags = 0;
	if (dice_percent(35))
		plan->flags |= BIT(DM_KCOPYD_IGNORE_ERROR);
	if (dice_percent(15))
		plan->flags |= BIT(DM_KCOPYD_WRITE_SEQ);
	if (!choose_special(plan))
		choose_any(plan);
	level_counts(plan);
	avoid_races(plan);
	if (plan->keeps)
		plan->num = min(plan->num, MOST_KEPT);
}
