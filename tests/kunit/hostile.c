// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"
#include "refusal_log.h"

#include <kunit/test.h>
#include <linux/limits.h>

#define DISK_BYTES (HOSTILE_DISK_SECTORS * SECTOR_SIZE)
/* Of a sector: no region has it, or more than one, or one that is done in part. */
#define NOBODY -1
#define SEVERAL -2

static const struct test_disk_config configs[HOSTILE_DISKS] = {
	[HOSTILE_FIRST] = {
		.sectors = HOSTILE_DISK_SECTORS,
		.max_discard_sectors = 16,
		.max_write_zeroes_sectors = 16,
		.write_cache = true,
		.context = TEST_DISK_ANYWHERE,
	},
	[HOSTILE_SECOND] = {
		.sectors = HOSTILE_DISK_SECTORS,
		.max_discard_sectors = 64,
		.max_write_zeroes_sectors = 64,
		.write_cache = true,
		.keep_iter = true,
	},
	[HOSTILE_SHORT] = {
		.sectors = HOSTILE_SECTORS - 4,
		.max_discard_sectors = 64,
		.max_write_zeroes_sectors = 64,
		.write_cache = true,
	},
	[HOSTILE_UNABLE] = {
		.sectors = HOSTILE_DISK_SECTORS,
		.write_cache = true,
		.context = TEST_DISK_HARDIRQ,
	},
	[HOSTILE_GONE] = {
		.sectors = HOSTILE_DISK_SECTORS,
		.write_cache = true,
	},
};

struct hostile *hostile_create(struct kunit *test, u32 seed)
{
	struct hostile *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->test = test;
	prandom_seed_state(&h->random, seed);
	for (int i = 0; i < HOSTILE_DISKS; i++) {
		h->disk[i] = test_disk_create(test, &configs[i]);
		h->before[i] = kunit_kzalloc(test, DISK_BYTES, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, h->before[i]);
		test_fill(h->disk[i]->data, configs[i].sectors << SECTOR_SHIFT,
			  prandom_u32_state(&h->random));
	}
	test_disk_remove(h->disk[HOSTILE_GONE]);
	hostile_objects_create(h);
	h->io = hostile_io_create(h);
	h->copy = hostile_copy_create(h);
	refusal_log_watch(test);
	return h;
}

void hostile_expect_lines(struct hostile *h, unsigned int lines)
{
	refusal_log_expect(h->test, lines, h->calls);
}

u32 hostile_below(struct hostile *h, u32 limit)
{
	return prandom_u32_state(&h->random) % limit;
}

bool hostile_once_in(struct hostile *h, u32 times)
{
	return !hostile_below(h, times);
}

static sector_t any_count(struct hostile *h)
{
	switch (hostile_below(h, 64)) {
	case 0:
		return U64_MAX - hostile_below(h, 3);
	case 1:
		/* Lengths of which the bytes are no number, or more than there is. */
		return 1ULL << (40 + hostile_below(h, 24));
	case 2 ... 7:
		return 0;
	default:
		return 1 + hostile_below(h, HOSTILE_SECTORS);
	}
}

static sector_t any_sector(struct hostile *h, const struct test_disk *td)
{
	switch (hostile_below(h, 64)) {
	case 0:
		return U64_MAX - hostile_below(h, 2 * HOSTILE_SECTORS);
	case 1:
		return 1ULL << (32 + hostile_below(h, 32));
	case 2 ... 5:
		return td->sectors - hostile_below(h, HOSTILE_SECTORS);
	default:
		return hostile_below(h, HOSTILE_DISK_SECTORS - HOSTILE_SECTORS);
	}
}

struct service_region hostile_region(struct hostile *h)
{
	/* Mostly the good ones, or hardly a call of several regions were served. */
	enum hostile_disk disk = hostile_below(h, hostile_once_in(h, 8) ? HOSTILE_DISKS :
									  HOSTILE_SHORT);
	struct test_disk *td = h->disk[disk];
	struct service_region r = region(td, any_sector(h, td), any_count(h));

	if (hostile_once_in(h, 64))
		r.bdev = NULL;
	return r;
}

bool hostile_is_valid(const struct service_region *r)
{
	return r->bdev && r->count <= U64_MAX >> SECTOR_SHIFT && r->sector + r->count >= r->sector;
}

struct test_disk *hostile_disk_of(const struct hostile *h, const struct service_region *r)
{
	for (int i = 0; i < HOSTILE_DISKS; i++)
		if (h->disk[i]->bdev == r->bdev)
			return h->disk[i];
	return NULL;
}

bool hostile_is_beyond(const struct hostile *h, const struct service_region *r)
{
	return r->bdev == h->disk[HOSTILE_GONE]->bdev ||
	       (r->count && r->sector + r->count > hostile_disk_of(h, r)->sectors);
}

void hostile_remember(struct hostile *h)
{
	for (int i = 0; i < HOSTILE_DISKS; i++) {
		memcpy(h->before[i], h->disk[i]->data, h->disk[i]->sectors << SECTOR_SHIFT);
		test_disk_forget(h->disk[i]);
	}
}

void hostile_expect_no_bio(struct hostile *h)
{
	for (int i = 0; i < HOSTILE_DISKS; i++)
		KUNIT_EXPECT_EQ_MSG(h->test, h->disk[i]->nr_log, 0, "call %u", h->calls);
}

/* Which of the regions each sector of a disk is in. */
static void map_sectors(struct test_disk *td, unsigned int num_regions,
			const struct service_region *where, const enum hostile_outcome *outcomes,
			s8 *owners)
{
	memset(owners, NOBODY, HOSTILE_DISK_SECTORS);
	for (unsigned int i = 0; i < num_regions; i++) {
		sector_t end = min(where[i].sector + where[i].count, td->sectors);
		bool done = outcomes[i] == HOSTILE_DONE;

		if (where[i].bdev != td->bdev || (!done && outcomes[i] != HOSTILE_IN_PART))
			continue;
		for (sector_t s = where[i].sector; s < end; s++)
			owners[s] = done && owners[s] == NOBODY ? i : SEVERAL;
	}
}

/* Whether a sector that may be any of them is as it was, is zeroes, or is one of the data's. */
static bool is_of_the_call(const u8 *got, const u8 *before, const u8 *data)
{
	if (!memcmp(got, before, SECTOR_SIZE) || !memchr_inv(got, 0, SECTOR_SIZE))
		return true;
	for (unsigned int s = 0; data && s < HOSTILE_SECTORS; s++)
		if (!memcmp(got, data + s * SECTOR_SIZE, SECTOR_SIZE))
			return true;
	return false;
}

static bool is_expected(const u8 *got, const u8 *before, const u8 *data, s8 owner, u64 at)
{
	if (owner == SEVERAL)
		return is_of_the_call(got, before, data);
	if (owner == NOBODY)
		return !memcmp(got, before, SECTOR_SIZE);
	if (data)
		return !memcmp(got, data + at * SECTOR_SIZE, SECTOR_SIZE);
	return !memchr_inv(got, 0, SECTOR_SIZE);
}

void hostile_expect_written(struct hostile *h, unsigned int num_regions,
			    const struct service_region *where,
			    const enum hostile_outcome *outcomes, const u8 *data)
{
	s8 owners[HOSTILE_DISK_SECTORS];

	for (int i = 0; i < HOSTILE_DISKS; i++) {
		struct test_disk *td = h->disk[i];

		map_sectors(td, num_regions, where, outcomes, owners);
		for (sector_t s = 0; s < td->sectors; s++) {
			u64 at = owners[s] < 0 ? 0 : s - where[owners[s]].sector;

			if (!is_expected(sector_data(td, s), h->before[i] + (s << SECTOR_SHIFT),
					 data, owners[s], at))
				KUNIT_FAIL(h->test, "call %u: disk %d, sector %llu of region %d",
					   h->calls, i, s, owners[s]);
		}
	}
}
