// SPDX-License-Identifier: GPL-2.0
/* Choosing a copy. */
#include "copy_plan.h"
#include "dice.h"

#define MOST_SECTORS 6000
#define MOST_KEPT 2

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

/*
 * What is not told of a copy of several parts, of which one fails, is left out:
 * which of two failing regions is met first. And there are copies that mainline
 * may never end: in sequence, when it waits for a part that was given up.
 */
static void avoid_races(struct copy_plan *plan)
{
	bool ignores = plan->flags & BIT(DM_KCOPYD_IGNORE_ERROR) && !copy_sequential(plan);
	unsigned int num = may_fail(plan);

	if (plan->from.count > PART_SECTORS && num > 1 && !ignores) {
		set_count(plan, PART_SECTORS);
		num = may_fail(plan);
	}
	plan->may_stop = plan->from.count > PART_SECTORS && num && !ignores;
	plan->only_ours = plan->may_stop && copy_sequential(plan);
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
	if (plan->client || dice_percent(85) || !choose_failing(plan))
		choose_any(plan);
	level_counts(plan);
	avoid_races(plan);
	if (plan->may_stop)
		plan->num = min(plan->num, MOST_KEPT);
}
