// SPDX-License-Identifier: GPL-2.0
/* Choosing places, and waiting for callbacks. */
#include <linux/completion.h>

#include "bios.h"
#include "dice.h"
#include "plan.h"

#define MAX_CLAIMS (MAX_BATCH * 64)
#define TRIES 30
/* Less than what the kernel calls a hung task. */
#define LIMIT (100 * HZ)
/* Of a device on which a command fails as a whole: one that nothing splits. */
#define MOST_WHOLE 128

static struct place claims[MAX_CLAIMS];
static unsigned int num_claims;

static atomic_t awaited;
static DECLARE_COMPLETION(all_called);

void plan_start_batch(void)
{
	num_claims = 0;
}

/* From nothing over odd numbers of sectors to as many as there can be. */
sector_t plan_size(sector_t most)
{
	u32 roll = dice_below(100);

	if (roll < 4)
		return 0;
	if (roll < 35)
		return dice_between(1, 8);
	if (roll < 70)
		return min(most, dice_between(9, 256));
	if (roll < 93 || most < 2049)
		return min(most, dice_between(257, 2048));
	return dice_between(2049, most);
}

static bool claim(struct disk *disk, sector_t sector, sector_t count)
{
	sector_t end = round_up(sector + count, disk->block);

	sector = round_down(sector, disk->block);
	for (unsigned int i = 0; i < num_claims; i++) {
		struct place *other = &claims[i];

		if (other->disk == disk && sector < other->sector + other->count &&
		    other->sector < end)
			return false;
	}
	if (num_claims == MAX_CLAIMS)
		return false;
	claims[num_claims++] = (struct place){ disk, sector, end - sector };
	return true;
}

static struct disk *pick_disk(void)
{
	struct disk *disk = &disks[dice_below(num_disks)];

	return disk->slow && dice_percent(80) ? &disks[0] : disk;
}

/* The start of a zone, or sometimes where none can be written. */
static bool place_in_zone(struct place *place)
{
	struct disk *disk = place->disk;
	sector_t zone = disk_zone(disk);

	place->sector = dice_below(disk->sectors / zone) * zone;
	place->count = min(place->count, zone);
	if (!claim(disk, place->sector, zone))
		return false;
	if (dice_percent(8) && place->count + disk->block <= zone)
		place->sector += disk->block;
	return true;
}

static bool place_anywhere(struct place *place)
{
	struct disk *disk = place->disk;
	bool aligned = !dice_percent(4);

	if (aligned)
		place->count = round_up(place->count, disk->block);
	place->count = min(place->count, disk->sectors / 2);
	place->sector = dice_below(disk->sectors - place->count + 1);
	if (dice_percent(3))
		place->sector = disk->sectors - dice_below(min(place->count, 64) + 1);
	if (aligned)
		place->sector = round_down(place->sector, disk->block);
	return claim(disk, place->sector, place->count);
}

bool plan_place(struct place *place, sector_t count, bool writes)
{
	for (int i = 0; i < TRIES; i++) {
		place->disk = pick_disk();
		place->count = place->disk->whole ? min(count, MOST_WHOLE) : count;
		if (writes && disk_zoned(place->disk) ? place_in_zone(place) :
							place_anywhere(place))
			return true;
	}
	return false;
}

bool plan_failing_place(struct place *place, sector_t count)
{
	for (unsigned int i = 0; i < num_disks; i++) {
		*place = (struct place){ .disk = &disks[i], .count = count };
		if (disks[i].fails && !disks[i].whole)
			return place_anywhere(place);
	}
	return false;
}

static bool pick_sound_disk(struct place *place)
{
	for (int i = 0; i < TRIES; i++) {
		place->disk = pick_disk();
		if (!place->disk->fails && !disk_zoned(place->disk))
			return true;
	}
	return false;
}

bool plan_sound_place(struct place *place, sector_t count)
{
	for (int i = 0; i < TRIES && pick_sound_disk(place); i++) {
		struct disk *disk = place->disk;

		place->count = round_up(count, disk->block);
		place->sector = round_down(dice_below(disk->sectors - place->count + 1),
					   disk->block);
		if (claim(disk, place->sector, place->count))
			return true;
	}
	return false;
}

bool plan_beyond_end(struct place *place, sector_t count, sector_t beyond)
{
	if (!pick_sound_disk(place))
		return false;
	place->count = round_up(count, place->disk->block);
	place->sector = place->disk->sectors + round_down(beyond, place->disk->block) -
			place->count;
	return claim(place->disk, place->sector, place->count);
}

/* Whether no write to it succeeds: an empty zone takes none but at its start. */
bool place_misses_zone(const struct place *place)
{
	return disk_zoned(place->disk) && place->sector % disk_zone(place->disk);
}

/* Whether I/O to the place may end with an error. */
bool place_may_fail(const struct place *place, bool writes)
{
	const struct disk *disk = place->disk;

	return disk->fails || place->sector + place->count > disk->sectors ||
	       place->sector % disk->block || place->count % disk->block ||
	       (writes && place_misses_zone(place));
}

struct dm_io_region place_region(const struct place *place, enum side side)
{
	return (struct dm_io_region){ place->disk->bdev[side], place->sector, place->count };
}

/* What is to be written in zones starts with empty ones. */
int places_ready(struct place *places, unsigned int num)
{
	int ret = 0;

	for (unsigned int i = 0; i < num && !ret; i++) {
		if (disk_zoned(places[i].disk) && places[i].sector < places[i].disk->sectors)
			ret = disk_reset_zone(places[i].disk, places[i].sector);
	}
	return ret;
}

void plan_expect(unsigned int calls)
{
	reinit_completion(&all_called);
	/* One for plan_wait(), so that none ends it that comes early. */
	atomic_set(&awaited, calls + 1);
}

void plan_ended(struct answer *answer)
{
	if (answer->from && answer->from->count && bios_pending(answer->from, answer->side))
		answer->early = true;
	for (unsigned int i = 0; i < answer->num; i++) {
		/* Two requests of a batch may flush at the same place. */
		if (answer->places[i].count && bios_pending(&answer->places[i], answer->side))
			answer->early = true;
	}
}

void plan_called(struct answer *answer)
{
	plan_ended(answer);
	if (atomic_inc_return(&answer->calls) == 1 && atomic_dec_and_test(&awaited))
		complete(&all_called);
}

/* For a request that was refused. */
void plan_not_called(void)
{
	if (atomic_dec_and_test(&awaited))
		complete(&all_called);
}

bool plan_wait(void)
{
	if (atomic_dec_and_test(&awaited))
		return true;
	return wait_for_completion_timeout(&all_called, LIMIT);
}

bool plan_is_over(void)
{
	return atomic_dec_and_test(&awaited);
}
