// SPDX-License-Identifier: GPL-2.0
/*
 * The copies of mainline.h, made as a target makes them with dm_kcopyd_copy().
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "bad_input.h"
#include "refuse_memory.h"
#include "test_data.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

/* The default of kcopyd_subjob_size_kb, in sectors. */
#define PART (SZ_512K / SECTOR_SIZE)
#define IGNORE_ERROR BIT(DM_KCOPYD_IGNORE_ERROR)
#define WRITE_SEQ BIT(DM_KCOPYD_WRITE_SEQ)

KUNIT_DEFINE_ACTION_WRAPPER(free_memory, vfree, const void *);
KUNIT_DEFINE_ACTION_WRAPPER(client_destroy, rust_dm_kcopyd_client_destroy,
			    struct dm_kcopyd_client *);

static struct dm_kcopyd_client *client_with(struct kunit *test,
					    struct dm_kcopyd_throttle *throttle)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(throttle);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, client_destroy, kc));
	return kc;
}

static struct dm_kcopyd_client *client_create(struct kunit *test)
{
	return client_with(test, NULL);
}

static struct test_disk *disk_in(struct kunit *test, sector_t sectors,
				 enum test_disk_context context)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.context = context,
	});
}

static struct test_disk *disk_of(struct kunit *test, sector_t sectors)
{
	return disk_in(test, sectors, TEST_DISK_INLINE);
}

/* One that writes up to @max sectors of zeroes at a time. */
static struct test_disk *zeroing_disk(struct kunit *test, sector_t sectors, unsigned int max)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.max_write_zeroes_sectors = max,
	});
}

/* A disk with data on it. */
static struct test_disk *source_of(struct kunit *test, sector_t sectors)
{
	struct test_disk *td = disk_of(test, sectors);

	test_fill(td->data, sectors << SECTOR_SHIFT, 1);
	return td;
}

static struct dm_io_region region(struct test_disk *td, sector_t sector, sector_t count)
{
	return (struct dm_io_region) {
		.bdev = td->bdev,
		.sector = sector,
		.count = count,
	};
}

static void copy(struct dm_kcopyd_client *kc, struct test_request *req,
		 struct dm_io_region *from, unsigned int num_dests, struct dm_io_region *dests,
		 unsigned int flags)
{
	test_request_started(req, 0);
	rust_dm_kcopyd_copy(kc, from, num_dests, dests, flags, test_request_dm_kcopyd_done, req);
}

static void zero(struct dm_kcopyd_client *kc, struct test_request *req, unsigned int num_dests,
		 struct dm_io_region *dests, unsigned int flags)
{
	test_request_started(req, 0);
	rust_dm_kcopyd_zero(kc, num_dests, dests, flags, test_request_dm_kcopyd_done, req);
}

static void expect_bio(struct test_disk *td, unsigned int nr, enum req_op op, sector_t sector,
		       sector_t sectors)
{
	const struct test_disk_bio *bio = &td->log[nr];

	KUNIT_ASSERT_LT(td->test, nr, td->nr_log);
	KUNIT_EXPECT_EQ(td->test, (u32)bio->op, (u32)op);
	KUNIT_EXPECT_EQ(td->test, (u32)bio->flags, 0);
	KUNIT_EXPECT_EQ(td->test, bio->sector, sector);
	KUNIT_EXPECT_EQ(td->test, bio->sectors, sectors);
}

/* Expects a bio for each part, from the start to the end. */
static void expect_parts(struct test_disk *td, enum req_op op, sector_t sector, sector_t sectors,
			 sector_t part)
{
	unsigned int nr = 0;

	for (sector_t at = 0; at < sectors; at += part)
		expect_bio(td, nr++, op, sector + at, min(sectors - at, part));
	KUNIT_EXPECT_EQ(td->test, td->nr_log, nr);
}

static void expect_copied(struct test_disk *to, sector_t at, struct test_disk *from,
			  sector_t sector, sector_t sectors)
{
	test_expect_zeroes(to->test, to->data, at << SECTOR_SHIFT, "before");
	test_expect_same(to->test, sector_data(to, at), sector_data(from, sector),
			 sectors << SECTOR_SHIFT, "copy");
	test_expect_zeroes(to->test, sector_data(to, at + sectors),
			   (to->sectors - at - sectors) << SECTOR_SHIFT, "behind");
}

/* Each part is one read, and one write to each destination of what was read. */
static void mainline_kcopyd_parts(struct kunit *test)
{
	static const unsigned int lengths[] = { 1, 7, PART - 1, PART, PART + 1, 5000 };
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 5100);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct test_disk *to[2] = { disk_of(test, 5100), disk_of(test, 5100) };
		struct dm_io_region source = region(from, 9, lengths[i]);
		struct dm_io_region dests[2] = {
			region(to[0], 0, lengths[i]), region(to[1], 77, lengths[i]),
		};
		struct test_request *req = test_request_create(test);

		copy(kc, req, &source, 2, dests, 0);
		test_request_expect_copied(req, false, 0);
		expect_parts(from, REQ_OP_READ, 9, lengths[i], PART);
		for (int j = 0; j < 2; j++) {
			expect_parts(to[j], REQ_OP_WRITE, dests[j].sector, lengths[i], PART);
			for (int k = 0; k < from->nr_log; k++)
				KUNIT_EXPECT_EQ(test, to[j]->log[k].bvecs, from->log[k].bvecs);
			expect_copied(to[j], dests[j].sector, from, 9, lengths[i]);
			test_disk_free(to[j]);
		}
		test_disk_forget(from);
	}
}

static void mainline_kcopyd_most_destinations(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 3000);
	struct dm_io_region source = region(from, 0, 3000);
	struct dm_io_region dests[DM_KCOPYD_MAX_REGIONS];
	struct test_disk *to[DM_KCOPYD_MAX_REGIONS];
	struct test_request *req;

	for (int i = 0; i < ARRAY_SIZE(to); i++) {
		to[i] = disk_in(test, 3010, i % 2 ? TEST_DISK_HARDIRQ : TEST_DISK_WORKER);
		dests[i] = region(to[i], i, 3000);
	}
	req = test_request_create(test);
	copy(kc, req, &source, ARRAY_SIZE(dests), dests, 0);
	test_request_expect_copied(req, false, 0);
	for (int i = 0; i < ARRAY_SIZE(to); i++) {
		test_disk_expect_exactly(to[i], REQ_OP_WRITE, 0, i, 3000);
		expect_copied(to[i], i, from, 0, 3000);
	}
}

static void mainline_kcopyd_nothing(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td = zeroing_disk(test, 64, 8);
	struct dm_io_region none = region(td, 0, 0), dest = region(td, 8, 0);
	struct test_request *req = test_request_create(test);

	copy(kc, req, &none, 1, &dest, 0);
	test_request_expect_copied(req, false, 0);
	test_request_reset(req);
	zero(kc, req, 1, &dest, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

/* The regions are the caller's again when the call has returned. */
static void mainline_kcopyd_keeps_no_arguments(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 3000), *to = disk_of(test, 3000);
	struct test_request *req = test_request_create(test);
	struct dm_io_region *where = kunit_kcalloc(test, 2, sizeof(*where), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, where);
	where[0] = region(from, 0, 3000);
	where[1] = region(to, 0, 3000);
	test_disk_hold(from);
	copy(kc, req, &where[0], 1, &where[1], 0);
	kunit_kfree(test, where);
	test_disk_release_all(from);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 0, from, 0, 3000);
}

/* Where a copy goes from its source, which it overlaps. */
static const int shifts[] = { 0, 1, 8, 999, -1, -8, -999 };

/* What overlaps is moved, as a part is read before it is written. */
static void mainline_kcopyd_overlapping(struct kunit *test)
{
	static const unsigned int lengths[] = { 1, 7, 64, PART };
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td = source_of(test, 4 * PART), *other = disk_of(test, 4 * PART);
	u8 *want = vmalloc(4 * PART << SECTOR_SHIFT);

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_memory, want));
	for (int i = 0; i < ARRAY_SIZE(shifts) * ARRAY_SIZE(lengths); i++) {
		sector_t at = 1500, count = lengths[i % ARRAY_SIZE(lengths)];
		sector_t to = at + shifts[i / ARRAY_SIZE(lengths)];
		struct dm_io_region source = region(td, at, count);
		struct dm_io_region dests[2] = { region(td, to, count), region(other, at, count) };
		struct test_request *req = test_request_create(test);

		memcpy(want, td->data, 4 * PART << SECTOR_SHIFT);
		memmove(want + (to << SECTOR_SHIFT), want + (at << SECTOR_SHIFT),
			count << SECTOR_SHIFT);
		memcpy(other->data, sector_data(td, at), count << SECTOR_SHIFT);
		copy(kc, req, &source, 2, dests, 0);
		test_request_expect_copied(req, false, 0);
		test_expect_same(test, td->data, want, 4 * PART << SECTOR_SHIFT, "disk");
		test_expect_same(test, sector_data(other, at), other->data,
				 count << SECTOR_SHIFT, "other");
		test_disk_forget(td);
		test_disk_forget(other);
	}
}

/*
 * Another copy has the client's own pages, and there are none but in pairs: the copy
 * waits until its part can be read as a whole.
 */
static void mainline_kcopyd_overlapping_in_little_memory(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *slow = disk_of(test, 2 * PART), *td = source_of(test, 2 * PART);
	struct dm_io_region slow_from = region(slow, 0, PART), slow_to = region(slow, PART, PART);
	struct dm_io_region from = region(td, 0, PART), to = region(td, 8, PART);
	struct test_request *held = test_request_create(test), *req = test_request_create(test);
	u8 *before = vmalloc(PART * SECTOR_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, before);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_memory, before));
	memcpy(before, td->data, PART * SECTOR_SIZE);
	test_disk_hold(slow);
	refuse_runs(test, 1);
	copy(kc, held, &slow_from, 1, &slow_to, 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(slow, 1));
	copy(kc, req, &from, 1, &to, 0);
	test_disk_release_all(slow);
	test_request_expect_copied(held, false, 0);
	test_request_expect_copied(req, false, 0);
	refuse_memory_end(test);
	test_expect_same(test, sector_data(td, 8), before, PART * SECTOR_SIZE, "copy");
	KUNIT_EXPECT_EQ(test, td->nr_log, 2);
}

/* A part that cannot be read as a whole is not read in pieces: one would be overwritten. */
static void mainline_kcopyd_overlapping_read_error_ignored(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td = source_of(test, 2 * PART);
	struct dm_io_region from = region(td, 0, PART), to = region(td, 8, PART);
	struct test_request *req = test_request_create(test);

	test_disk_fail(td, PART - 1, 1, true, false, BLK_STS_MEDIUM);
	copy(kc, req, &from, 1, &to, IGNORE_ERROR);
	test_request_expect_copied(req, true, 0);
	test_expect_zeroes(test, sector_data(td, 8), PART * SECTOR_SIZE, "lost part");
}

/* In place any length is copied, part by part. */
static void mainline_kcopyd_in_place(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td = source_of(test, 3 * PART + 5), *same = source_of(test, td->sectors);
	struct dm_io_region all = region(td, 0, td->sectors);
	struct test_request *req = test_request_create(test);

	copy(kc, req, &all, 1, &all, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 2 * 4);
	test_expect_same(test, td->data, same->data, td->sectors << SECTOR_SHIFT, "disk");
}

static void mainline_kcopyd_read_error(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 32), *to = disk_of(test, 32);
	struct dm_io_region source = region(from, 0, 16), dest = region(to, 8, 16);
	struct test_request *req = test_request_create(test);

	test_disk_fail(from, 5, 1, true, false, BLK_STS_MEDIUM);
	copy(kc, req, &source, 1, &dest, 0);
	test_request_expect_copied(req, true, 0);
	expect_parts(from, REQ_OP_READ, 0, 16, PART);
	KUNIT_EXPECT_EQ(test, to->nr_log, 0);
}

/* All that can be read is copied, and what cannot is zeroes. */
static void mainline_kcopyd_read_error_ignored(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 16), *to = disk_of(test, 16);
	struct dm_io_region source = region(from, 0, 16), dest = region(to, 0, 16);
	struct test_request *req = test_request_create(test);

	memset(to->data, 0xff, 16 * SECTOR_SIZE);
	test_disk_fail(from, 5, 1, true, false, BLK_STS_MEDIUM);
	copy(kc, req, &source, 1, &dest, IGNORE_ERROR);
	test_request_expect_copied(req, true, 0);
	test_disk_expect_exactly(to, REQ_OP_WRITE, 0, 0, 16);
	memset(sector_data(from, 5), 0, SECTOR_SIZE);
	expect_copied(to, 0, from, 0, 16);
}

struct flags_case {
	const char *name;
	unsigned int flags;
};

static const struct flags_case flags_cases[] = {
	{ "stop", 0 },
	{ "ignore_error", IGNORE_ERROR },
};

KUNIT_ARRAY_PARAM_DESC(flags_case, flags_cases, name);

/* A destination that fails is no matter to the others: unless all is to stop. */
static void mainline_kcopyd_write_error(struct kunit *test)
{
	const struct flags_case *c = test->param_value;
	unsigned int parts = c->flags & IGNORE_ERROR ? 5 : 2;
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 5 * PART);
	struct dm_io_region source = region(from, 0, 5 * PART), dests[3];
	struct test_disk *to[3];
	struct test_request *req;

	for (int i = 0; i < ARRAY_SIZE(to); i++) {
		to[i] = disk_of(test, 5 * PART);
		dests[i] = region(to[i], 0, 5 * PART);
	}
	req = test_request_create(test);
	/* What is unsupported is so in pieces, too, and not tried again. */
	test_disk_fail(to[1], PART + 3, 1, false, true,
		       c->flags & IGNORE_ERROR ? BLK_STS_IOERR : BLK_STS_NOTSUPP);
	copy(kc, req, &source, 3, dests, c->flags);
	test_request_expect_copied(req, false, 2);
	for (int i = 0; i < ARRAY_SIZE(to); i += 2) {
		expect_parts(to[i], REQ_OP_WRITE, 0, parts * PART, PART);
		expect_copied(to[i], 0, from, 0, parts * PART);
	}
	if (!(c->flags & IGNORE_ERROR)) {
		expect_parts(to[1], REQ_OP_WRITE, 0, parts * PART, PART);
		return;
	}
	/* Of this one only the bad sector is lost. */
	memset(sector_data(from, PART + 3), 0, SECTOR_SIZE);
	expect_copied(to[1], 0, from, 0, parts * PART);
}

/* All destinations fail, each with its bit. */
static void mainline_kcopyd_all_writes_fail(struct kunit *test)
{
	const struct flags_case *c = test->param_value;
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8 * 8);
	struct dm_io_region source = region(from, 0, 8), dests[DM_KCOPYD_MAX_REGIONS];
	struct test_request *req = test_request_create(test);
	unsigned int alone = 0;

	for (int i = 0; i < ARRAY_SIZE(dests); i++)
		dests[i] = region(to, 8 * i, 8);
	test_disk_fail(to, 0, to->sectors, false, true, BLK_STS_IOERR);
	copy(kc, req, &source, ARRAY_SIZE(dests), dests, c->flags);
	test_request_expect_copied(req, false, 0xff);
	for (unsigned int i = 0; i < to->nr_log; i++)
		alone += to->log[i].sectors == 1;
	/* Where errors are ignored each sector was tried by itself. */
	KUNIT_EXPECT_EQ(test, alone, c->flags & IGNORE_ERROR ? 64 : 0);
	if (!(c->flags & IGNORE_ERROR))
		KUNIT_EXPECT_EQ(test, to->nr_log, 8);
	test_expect_zeroes(test, to->data, to->sectors << SECTOR_SHIFT, "unwritten");
}

/* By what a copy is to be made in order. */
struct order_case {
	const char *name;
	unsigned int flags;
	bool zoned;
};

static const struct order_case order_cases[] = {
	{ "write_seq", WRITE_SEQ, false },
	{ "write_seq_ignore_error", WRITE_SEQ | IGNORE_ERROR, false },
	{ "zoned", 0, true },
	{ "zoned_ignore_error", IGNORE_ERROR, true },
	{ "zoned_write_seq", WRITE_SEQ, true },
};

KUNIT_ARRAY_PARAM_DESC(order_case, order_cases, name);

#define ORDER_SECTORS (4 * PART + 100)

static struct test_disk *order_disk(struct kunit *test, bool zoned)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = ORDER_SECTORS,
		.zoned = zoned,
	});
}

/* At no time is there more than one write on its way to a destination. */
static void mainline_kcopyd_in_order(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, ORDER_SECTORS);
	struct test_disk *to[2] = { order_disk(test, false), order_disk(test, c->zoned) };
	struct dm_io_region source = region(from, 0, ORDER_SECTORS);
	struct dm_io_region dests[2] = {
		region(to[0], 0, ORDER_SECTORS), region(to[1], 0, ORDER_SECTORS),
	};
	struct test_request *req = test_request_create(test);

	KUNIT_ASSERT_EQ(test, bdev_is_zoned(to[1]->bdev), c->zoned);
	test_disk_hold(to[0]);
	test_disk_hold(to[1]);
	copy(kc, req, &source, 2, dests, c->flags);
	for (unsigned int part = 0; part < 5; part++) {
		for (int i = 0; i < 2; i++) {
			KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(to[i], part + 1));
			/* What else could be done was done then. */
			rust_dm_kcopyd_client_flush(kc);
			KUNIT_EXPECT_EQ(test, to[0]->nr_log, part + 1);
			KUNIT_EXPECT_EQ(test, to[1]->nr_log, part + 1);
			KUNIT_EXPECT_TRUE(test, test_disk_release_oldest(to[i]));
		}
	}
	test_request_expect_copied(req, false, 0);
	for (int i = 0; i < 2; i++) {
		expect_parts(to[i], REQ_OP_WRITE, 0, ORDER_SECTORS, PART);
		expect_copied(to[i], 0, from, 0, ORDER_SECTORS);
	}
}

/* Else there is. */
static void mainline_kcopyd_in_parallel(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, ORDER_SECTORS);
	struct test_disk *to = order_disk(test, false);
	struct dm_io_region source = region(from, 0, ORDER_SECTORS);
	struct dm_io_region dest = region(to, 0, ORDER_SECTORS);
	struct test_request *req = test_request_create(test);

	test_disk_hold(to);
	copy(kc, req, &source, 1, &dest, 0);
	KUNIT_EXPECT_TRUE(test, test_disk_wait_arrived(to, 2));
	test_disk_release_reverse(to);
	test_disk_release_all(to);
	test_request_expect_copied(req, false, 0);
	test_disk_expect_exactly(to, REQ_OP_WRITE, 0, 0, ORDER_SECTORS);
	expect_copied(to, 0, from, 0, ORDER_SECTORS);
}

/* A hole in what is written in order would be the end of it. */
static void mainline_kcopyd_in_order_stops(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, ORDER_SECTORS);
	struct test_disk *to[2] = { order_disk(test, c->zoned), order_disk(test, false) };
	struct dm_io_region source = region(from, 0, ORDER_SECTORS);
	struct dm_io_region dests[2] = {
		region(to[0], 0, ORDER_SECTORS), region(to[1], 0, ORDER_SECTORS),
	};
	struct test_request *req = test_request_create(test);

	test_disk_fail(to[1], PART + 7, 1, false, true, BLK_STS_IOERR);
	copy(kc, req, &source, 2, dests, c->flags);
	test_request_expect_copied(req, false, 2);
	for (int i = 0; i < 2; i++)
		expect_parts(to[i], REQ_OP_WRITE, 0, 2 * PART, PART);
	expect_parts(from, REQ_OP_READ, 0, 2 * PART, PART);

	/* Nor is there a hole where the source cannot be read. */
	test_disk_fail(from, 3, 1, true, false, BLK_STS_MEDIUM);
	test_disk_forget(to[0]);
	test_request_reset(req);
	copy(kc, req, &source, 1, dests, c->flags);
	test_request_expect_copied(req, true, 0);
	KUNIT_EXPECT_EQ(test, to[0]->nr_log, 0);
}

static void expect_only_zeroed(struct test_disk *td, sector_t sector, sector_t sectors)
{
	size_t before = sector << SECTOR_SHIFT, bytes = sectors << SECTOR_SHIFT;
	size_t behind = (td->sectors << SECTOR_SHIFT) - before - bytes;

	KUNIT_EXPECT_PTR_EQ(td->test, NULL, memchr_inv(td->data, 0xff, before));
	test_expect_zeroes(td->test, td->data + before, bytes, "zeroed");
	KUNIT_EXPECT_PTR_EQ(td->test, NULL, memchr_inv(td->data + before + bytes, 0xff, behind));
}

/* Two destinations, and how many sectors of zeroes each writes at a time. */
struct zero_case {
	const char *name;
	unsigned int max[2];
	unsigned int sectors;
	unsigned int part;
};

static const struct zero_case zero_cases[] = {
	{ "one_bio", { 8192, 8192 }, 5000, 5000 },
	{ "one_sector", { 8192, 8192 }, 1, 1 },
	{ "limited", { 1000, 1000 }, 5000, 1000 },
	{ "limited_by_one", { 8192, 300 }, 1000, 300 },
	{ "fallback_for_first", { 0, 8192 }, 5000, PART },
	{ "fallback_for_last", { 8192, 0 }, 5000, PART },
	{ "fallback_for_both", { 0, 0 }, 3, PART },
};

KUNIT_ARRAY_PARAM_DESC(zero_case, zero_cases, name);

static void mainline_kcopyd_zero(struct kunit *test)
{
	const struct zero_case *c = test->param_value;
	bool is_data = !c->max[0] || !c->max[1];
	struct dm_kcopyd_client *kc = client_create(test);
	struct dm_io_region dests[2];
	struct test_request *req;
	struct test_disk *td[2];

	for (int i = 0; i < 2; i++) {
		td[i] = zeroing_disk(test, 5100, c->max[i]);
		memset(td[i]->data, 0xff, td[i]->sectors << SECTOR_SHIFT);
		dests[i] = region(td[i], 10 * i, c->sectors);
	}
	req = test_request_create(test);
	zero(kc, req, 2, dests, 0);
	test_request_expect_copied(req, false, 0);
	for (int i = 0; i < 2; i++) {
		expect_parts(td[i], is_data ? REQ_OP_WRITE : REQ_OP_WRITE_ZEROES, 10 * i,
			     c->sectors, c->part);
		expect_only_zeroed(td[i], 10 * i, c->sectors);
		/* Zeroes that are data are the same page over and over. */
		for (int j = 0; j < td[i]->nr_log; j++)
			KUNIT_EXPECT_EQ(test, td[i]->log[j].bvecs, is_data ?
					DIV_ROUND_UP(td[i]->log[j].sectors, PAGE_SECTORS) : 0);
	}
}

static void mainline_kcopyd_zero_most_destinations(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td = zeroing_disk(test, 8 * 20, 64);
	struct test_request *req = test_request_create(test);
	struct dm_io_region dests[DM_KCOPYD_MAX_REGIONS];

	memset(td->data, 0xff, td->sectors << SECTOR_SHIFT);
	for (int i = 0; i < ARRAY_SIZE(dests); i++)
		dests[i] = region(td, 20 * i, 20);
	zero(kc, req, ARRAY_SIZE(dests), dests, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 8);
	test_disk_expect_exactly(td, REQ_OP_WRITE_ZEROES, 0, 0, 8 * 20);
	expect_only_zeroed(td, 0, 8 * 20);
}

/* That a device can write zeroes is what it says; that it cannot is then an error. */
static void mainline_kcopyd_zero_error(struct kunit *test)
{
	const struct flags_case *c = test->param_value;
	unsigned int parts = c->flags & IGNORE_ERROR ? 4 : 1;
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td[2] = { zeroing_disk(test, 400, 100), zeroing_disk(test, 400, 100) };
	struct dm_io_region dests[2] = { region(td[0], 0, 400), region(td[1], 0, 400) };
	struct test_request *req = test_request_create(test);

	for (int i = 0; i < 2; i++)
		memset(td[i]->data, 0xff, td[i]->sectors << SECTOR_SHIFT);
	test_disk_fail(td[1], 50, 1, false, true, BLK_STS_NOTSUPP);
	zero(kc, req, 2, dests, c->flags);
	test_request_expect_copied(req, false, 2);
	for (int i = 0; i < 2; i++)
		expect_parts(td[i], REQ_OP_WRITE_ZEROES, 0, parts * 100, 100);
	expect_only_zeroed(td[0], 0, parts * 100);
	KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(td[1]->data, 0xff, 100 * SECTOR_SIZE));
}

/* Errors are ignored part by part also where one bio could zero all of the disk. */
static void mainline_kcopyd_zero_dead_device(struct kunit *test)
{
	struct test_disk *td = zeroing_disk(test, 32 * PART, 32 * PART);
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_request *req = test_request_create(test);
	struct dm_io_region dest = region(td, 0, 32 * PART);

	test_disk_fail(td, 0, td->sectors, false, true, BLK_STS_IOERR);
	zero(kc, req, 1, &dest, IGNORE_ERROR);
	test_request_expect_copied(req, false, 1);
	KUNIT_EXPECT_GE(test, td->nr_log, 1024);
	/* For each part in flight what leads to a single block, and each part and its rest. */
	KUNIT_EXPECT_LE(test, td->nr_log, 1024 + 8 * 10 + 2 * 32);
}

static void mainline_kcopyd_zero_in_order(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td = order_disk(test, c->zoned);
	struct dm_io_region dest = region(td, 0, ORDER_SECTORS);
	struct test_request *req = test_request_create(test);

	memset(td->data, 0xff, td->sectors << SECTOR_SHIFT);
	test_disk_hold(td);
	zero(kc, req, 1, &dest, c->flags);
	for (unsigned int part = 0; part < 5; part++) {
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(td, part + 1));
		rust_dm_kcopyd_client_flush(kc);
		KUNIT_EXPECT_EQ(test, td->nr_log, part + 1);
		KUNIT_EXPECT_TRUE(test, test_disk_release_oldest(td));
	}
	test_request_expect_copied(req, false, 0);
	expect_parts(td, REQ_OP_WRITE, 0, ORDER_SECTORS, PART);
	expect_only_zeroed(td, 0, ORDER_SECTORS);
}

struct zeroing_case {
	const char *name;
	bool memory;
	unsigned int flags;
};

static const struct zeroing_case zeroing_cases[] = {
	{ "stop", true, 0 },
	{ "ignore_error", true, IGNORE_ERROR },
	{ "stop_without_memory", false, 0 },
	{ "ignore_error_without_memory", false, IGNORE_ERROR },
};

KUNIT_ARRAY_PARAM_DESC(zeroing_case, zeroing_cases, name);

/* Zeroes that are data: where one destination fails, the others get them all the same. */
static void zero_with_bad_part(struct kunit *test, unsigned int bad, unsigned int part)
{
	const struct zeroing_case *c = test->param_value;
	unsigned int parts = c->flags & IGNORE_ERROR ? 5 : part + 1;
	struct dm_kcopyd_client *kc = client_create(test);
	sector_t lost = part * PART + 7, sectors = 1;
	struct dm_io_region dests[3];
	struct test_request *req;
	struct test_disk *td[3];

	for (int i = 0; i < ARRAY_SIZE(td); i++) {
		td[i] = disk_of(test, 5 * PART);
		memset(td[i]->data, 0xff, td[i]->sectors << SECTOR_SHIFT);
		dests[i] = region(td[i], 0, 5 * PART);
	}
	req = test_request_create(test);
	test_disk_fail(td[bad], part * PART + 7, 1, false, true, BLK_STS_IOERR);
	if (!c->memory)
		refuse_memory(test);
	zero(kc, req, ARRAY_SIZE(dests), dests, c->flags);
	test_request_expect_copied(req, false, BIT(bad));
	if (!c->memory)
		KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	for (int i = 0; i < ARRAY_SIZE(td); i++)
		if (i != bad || !(c->flags & IGNORE_ERROR))
			expect_parts(td[i], REQ_OP_WRITE, 0, parts * PART, PART);
	/* What is lost is the sector, or where errors are not ignored the part. */
	if (!(c->flags & IGNORE_ERROR)) {
		lost = part * PART;
		sectors = PART;
	}
	KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(sector_data(td[bad], lost), 0xff,
						   sectors << SECTOR_SHIFT));
	/* Now it is as if that had not failed. */
	memset(sector_data(td[bad], lost), 0, sectors << SECTOR_SHIFT);
	for (int i = 0; i < ARRAY_SIZE(td); i++)
		expect_only_zeroed(td[i], 0, parts * PART);
	test_request_free(req);
	for (int i = 0; i < ARRAY_SIZE(td); i++)
		test_disk_free(td[i]);
}

static void mainline_kcopyd_zero_data_error(struct kunit *test)
{
	for (unsigned int bad = 0; bad < 3; bad++)
		for (unsigned int part = 0; part < 5; part += 2)
			zero_with_bad_part(test, bad, part);
}

/* All parts are over one array of vectors, and may end in any order. */
static void mainline_kcopyd_zero_in_parallel(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *td[2] = { disk_of(test, 5 * PART), disk_of(test, 5 * PART) };
	struct dm_io_region dests[2] = { region(td[0], 0, 5 * PART), region(td[1], 0, 5 * PART) };
	struct test_request *req = test_request_create(test);

	for (int i = 0; i < 2; i++) {
		memset(td[i]->data, 0xff, td[i]->sectors << SECTOR_SHIFT);
		test_disk_hold(td[i]);
	}
	zero(kc, req, 2, dests, 0);
	for (int i = 0; i < 2; i++) {
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(td[i], 5));
		for (int j = 0; j < 5; j++)
			KUNIT_EXPECT_PTR_EQ(test, td[i]->log[j].bio->bi_io_vec,
					    td[0]->log[0].bio->bi_io_vec);
	}
	test_disk_release_reverse(td[1]);
	rust_dm_kcopyd_client_flush(kc);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	test_disk_release_reverse(td[0]);
	test_request_expect_copied(req, false, 0);
	for (int i = 0; i < 2; i++) {
		expect_parts(td[i], REQ_OP_WRITE, 0, 5 * PART, PART);
		expect_only_zeroed(td[i], 0, 5 * PART);
	}
}

static void *prepare(struct kunit *test, struct dm_kcopyd_client *kc, struct test_request *req)
{
	void *job = rust_dm_kcopyd_prepare_callback(kc, test_request_dm_kcopyd_done, req);

	KUNIT_ASSERT_NOT_NULL(test, job);
	test_request_started(req, 0);
	return job;
}

/* What a callback is to be told. */
struct told {
	int read_err;
	unsigned long write_err;
};

static const struct told tolds[] = {
	{ 0, 0 },
	{ 1, 0 },
	{ -EIO, ~0UL },
	{ INT_MIN, BIT(BITS_PER_LONG - 1) },
	{ INT_MAX, 0x5a },
};

static void expect_told(struct kunit *test, struct test_request *req, const struct told *told)
{
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->read_err, told->read_err);
	KUNIT_EXPECT_EQ(test, req->write_err, told->write_err);
	KUNIT_EXPECT_FALSE(test, req->in_hardirq);
	test_request_reset(req);
}

static void mainline_kcopyd_callback_from_process(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_request *req = test_request_create(test);

	for (int i = 0; i < ARRAY_SIZE(tolds); i++) {
		void *job = prepare(test, kc, req);

		rust_dm_kcopyd_client_flush(kc);
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
		rust_dm_kcopyd_do_callback(job, tolds[i].read_err, tolds[i].write_err);
		expect_told(test, req, &tolds[i]);
	}
}

struct interrupt {
	struct irq_work work;
	void *job;
	struct told told;
	bool in_hardirq;
};

static void interrupt_run(struct irq_work *work)
{
	struct interrupt *interrupt = container_of(work, struct interrupt, work);

	interrupt->in_hardirq = in_hardirq();
	rust_dm_kcopyd_do_callback(interrupt->job, interrupt->told.read_err,
				   interrupt->told.write_err);
}

static void mainline_kcopyd_callback_from_hardirq(struct kunit *test)
{
	struct interrupt *interrupt = kunit_kzalloc(test, sizeof(*interrupt), GFP_KERNEL);
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_request *req = test_request_create(test);

	KUNIT_ASSERT_NOT_NULL(test, interrupt);
	interrupt->work = IRQ_WORK_INIT_HARD(interrupt_run);
	for (int i = 0; i < ARRAY_SIZE(tolds); i++) {
		interrupt->job = prepare(test, kc, req);
		interrupt->told = tolds[i];
		irq_work_queue(&interrupt->work);
		irq_work_sync(&interrupt->work);
		KUNIT_EXPECT_TRUE(test, interrupt->in_hardirq);
		expect_told(test, req, &tolds[i]);
	}
}

/* Many may be prepared at one time, and done in any order. */
static void mainline_kcopyd_many_callbacks(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_request *req[50];
	void *jobs[ARRAY_SIZE(req)];

	for (int i = 0; i < ARRAY_SIZE(req); i++) {
		req[i] = test_request_create(test);
		jobs[i] = prepare(test, kc, req[i]);
	}
	for (int i = ARRAY_SIZE(req) - 1; i >= 0; i--)
		rust_dm_kcopyd_do_callback(jobs[i], i, i + 1);
	rust_dm_kcopyd_client_flush(kc);
	for (int i = 0; i < ARRAY_SIZE(req); i++) {
		KUNIT_EXPECT_EQ(test, atomic_read(&req[i]->calls), 1);
		expect_told(test, req[i], &(struct told) { i, i + 1 });
	}
}

/* A callback that takes until it is let go. */
struct gate {
	struct test_request *req;
	struct completion entered;
	struct completion open;
};

static void gate_done(int read_err, unsigned long write_err, void *context)
{
	struct gate *gate = context;

	complete(&gate->entered);
	wait_for_completion_timeout(&gate->open, TEST_TIMEOUT);
	test_request_dm_kcopyd_done(read_err, write_err, gate->req);
}

static void gate_init(struct gate *gate, struct kunit *test)
{
	init_completion(&gate->entered);
	init_completion(&gate->open);
	gate->req = test_request_create(test);
}

static void flush_client(void *kc)
{
	rust_dm_kcopyd_client_flush(kc);
}

static void destroy_client(void *kc)
{
	rust_dm_kcopyd_client_destroy(kc);
}

/* Expects a flush to wait for the callback behind the gate, and opens it. */
static void expect_flush_waits(struct kunit *test, struct dm_kcopyd_client *kc,
			       struct gate *gate)
{
	struct test_thread *thread = test_thread_create(test, flush_client, kc);

	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&gate->entered, TEST_TIMEOUT));
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	KUNIT_EXPECT_EQ(test, atomic_read(&gate->req->calls), 0);
	complete(&gate->open);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&gate->req->calls), 1);
}

static void mainline_kcopyd_flush_waits_for_callback(struct kunit *test)
{
	struct gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);
	struct dm_kcopyd_client *kc = client_create(test);
	void *job;

	KUNIT_ASSERT_NOT_NULL(test, gate);
	gate_init(gate, test);
	job = rust_dm_kcopyd_prepare_callback(kc, gate_done, gate);
	KUNIT_ASSERT_NOT_NULL(test, job);
	test_request_started(gate->req, 0);
	rust_dm_kcopyd_do_callback(job, 0, 0);
	expect_flush_waits(test, kc, gate);
}

static void mainline_kcopyd_flush_waits_for_copy(struct kunit *test)
{
	struct gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);

	KUNIT_ASSERT_NOT_NULL(test, gate);
	gate_init(gate, test);
	test_request_started(gate->req, 0);
	rust_dm_kcopyd_copy(kc, &source, 1, &dest, 0, gate_done, gate);
	expect_flush_waits(test, kc, gate);
	expect_copied(to, 0, from, 0, 8);
}

/* Once its I/O has ended, a flush is all that one needs to wait for the callback. */
static void mainline_kcopyd_flush_after_io(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);
	struct test_request *req = test_request_create(test);

	rust_dm_kcopyd_client_flush(kc);
	for (int i = 0; i < 100; i++) {
		test_disk_hold(to);
		copy(kc, req, &source, 1, &dest, 0);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_held(to));
		test_disk_release_all(to);
		rust_dm_kcopyd_client_flush(kc);
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 1);
		test_request_expect_copied(req, false, 0);
		test_request_reset(req);
	}
}

static void mainline_kcopyd_destroy_waits_for_copy(struct kunit *test)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(NULL);
	struct test_disk *from = source_of(test, 3000), *to = disk_of(test, 3000);
	struct dm_io_region source = region(from, 0, 3000), dest = region(to, 0, 3000);
	struct test_request *req = test_request_create(test);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc);
	thread = test_thread_create(test, destroy_client, kc);
	test_disk_hold(to);
	copy(kc, req, &source, 1, &dest, 0);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	test_disk_release_all(to);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 1);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 0, from, 0, 3000);
}

static void mainline_kcopyd_destroy_waits_for_prepared(struct kunit *test)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(NULL);
	struct gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);
	struct test_thread *thread;
	void *job;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc);
	KUNIT_ASSERT_NOT_NULL(test, gate);
	gate_init(gate, test);
	thread = test_thread_create(test, destroy_client, kc);
	job = rust_dm_kcopyd_prepare_callback(kc, gate_done, gate);
	KUNIT_ASSERT_NOT_NULL(test, job);
	test_request_started(gate->req, 0);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));

	rust_dm_kcopyd_do_callback(job, 3, 4);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&gate->entered, TEST_TIMEOUT));
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	complete(&gate->open);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&gate->req->calls), 1);
	expect_told(test, gate->req, &(struct told) { 3, 4 });
}

static void mainline_kcopyd_clients_come_and_go(struct kunit *test)
{
	for (int i = 0; i < 20; i++)
		kunit_release_action(test, client_destroy, client_create(test));
}

/* Callbacks that are never to run at one time. */
struct serial {
	/* Held by the callback that runs. */
	struct mutex in_callback;
	unsigned int overlaps;
	unsigned int calls;
};

static void serial_done(int read_err, unsigned long write_err, void *context)
{
	struct serial *serial = context;

	if (!mutex_trylock(&serial->in_callback)) {
		serial->overlaps++;
		return;
	}
	/* Gives another a chance to be wrong; none of it decides the result. */
	usleep_range(1000, 2000);
	serial->calls++;
	mutex_unlock(&serial->in_callback);
}

static void mainline_kcopyd_callbacks_one_at_a_time(struct kunit *test)
{
	struct serial *serial = kunit_kzalloc(test, sizeof(*serial), GFP_KERNEL);
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = disk_in(test, 8 * 20, TEST_DISK_ANYWHERE);
	struct test_disk *to = disk_in(test, 8 * 20, TEST_DISK_ANYWHERE);

	KUNIT_ASSERT_NOT_NULL(test, serial);
	mutex_init(&serial->in_callback);
	for (int i = 0; i < 20; i++) {
		struct dm_io_region source = region(from, 8 * i, 8), dest = region(to, 8 * i, 8);
		void *job = rust_dm_kcopyd_prepare_callback(kc, serial_done, serial);

		rust_dm_kcopyd_copy(kc, &source, 1, &dest, 0, serial_done, serial);
		rust_dm_kcopyd_zero(kc, 1, &source, 0, serial_done, serial);
		rust_dm_kcopyd_do_callback(job, 0, 0);
		rust_dm_kcopyd_copy(kc, &source, 9, &dest, 0, serial_done, serial);
	}
	kunit_release_action(test, client_destroy, kc);
	KUNIT_EXPECT_EQ(test, serial->overlaps, 0);
	KUNIT_EXPECT_EQ(test, serial->calls, 4 * 20);
}

/* Each link of a chain is started by the callback of the one before. */
struct chain {
	struct dm_kcopyd_client *kc;
	struct test_disk *td;
	unsigned int done;
	unsigned long error;
	struct completion ended;
};

#define CHAIN_LINKS 60

static void chain_done(int read_err, unsigned long write_err, void *context);

/* Copies, zeroings and callbacks take turns. */
static void chain_next(struct chain *chain)
{
	struct dm_io_region from = region(chain->td, 0, 8), to = region(chain->td, 8, 8);

	switch (chain->done % 3) {
	case 0:
		rust_dm_kcopyd_copy(chain->kc, &from, 1, &to, 0, chain_done, chain);
		break;
	case 1:
		rust_dm_kcopyd_zero(chain->kc, 1, &to, 0, chain_done, chain);
		break;
	default:
		rust_dm_kcopyd_do_callback(rust_dm_kcopyd_prepare_callback(chain->kc, chain_done,
									   chain), 0, 0);
		break;
	}
}

static void chain_done(int read_err, unsigned long write_err, void *context)
{
	struct chain *chain = context;

	chain->error |= read_err | write_err;
	if (++chain->done < CHAIN_LINKS)
		chain_next(chain);
	else
		complete(&chain->ended);
}

struct memory_case {
	const char *name;
	bool refused;
};

static const struct memory_case memory_cases[] = {
	{ "with_memory", false },
	{ "without_memory", true },
};

KUNIT_ARRAY_PARAM_DESC(memory_case, memory_cases, name);

static void mainline_kcopyd_callback_starts_more(struct kunit *test)
{
	const struct memory_case *m = test->param_value;
	struct chain *chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, chain);
	chain->td = disk_in(test, 16, TEST_DISK_ANYWHERE);
	chain->kc = client_create(test);
	init_completion(&chain->ended);
	if (m->refused)
		refuse_memory(test);
	chain_next(chain);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&chain->ended, TEST_TIMEOUT));
	if (m->refused)
		KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, chain->done, CHAIN_LINKS);
	KUNIT_EXPECT_EQ(test, chain->error, 0);
}

/* A client has memory of its own for all that it does. */
static void mainline_kcopyd_without_memory(struct kunit *test)
{
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *from = source_of(test, 5000);
	struct test_disk *to[2] = { disk_of(test, 5000), disk_in(test, 5000, TEST_DISK_HARDIRQ) };
	struct test_disk *zeroed = disk_of(test, 5000);
	struct dm_io_region source = region(from, 0, 5000), all = region(zeroed, 0, 5000);
	struct dm_io_region dests[2] = { region(to[0], 0, 5000), region(to[1], 0, 5000) };
	struct test_request *req[4];
	unsigned int refused;

	for (int i = 0; i < ARRAY_SIZE(req); i++)
		req[i] = test_request_create(test);
	memset(zeroed->data, 0xff, 5000 * SECTOR_SIZE);
	refuse_memory(test);
	copy(kc, req[0], &source, 2, dests, 0);
	zero(kc, req[1], 1, &all, 0);
	rust_dm_kcopyd_do_callback(prepare(test, kc, req[2]), 0, 0);
	/* Malformed, which is to be told without memory, too. */
	copy(kc, req[3], &source, 0, dests, 0);
	for (int i = 0; i < ARRAY_SIZE(req); i++)
		test_request_wait(req[i]);
	refused = refuse_memory_end(test);
	KUNIT_EXPECT_GT(test, refused, 0);
	for (int i = 0; i < 3; i++)
		test_request_expect_copied(req[i], false, 0);
	test_request_expect_copied(req[3], true, ~0UL);
	expect_copied(to[0], 0, from, 0, 5000);
	expect_copied(to[1], 0, from, 0, 5000);
	expect_only_zeroed(zeroed, 0, 5000);
}

static void mainline_kcopyd_client_refused(struct kunit *test)
{
	struct dm_kcopyd_client *kc;

	refuse_memory(test);
	kc = rust_dm_kcopyd_client_create(NULL);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(kc), -ENOMEM);
}

/* What is on its way is counted, at both ends of a copy, and not held back. */
static void mainline_kcopyd_throttle_of_all(struct kunit *test)
{
	struct dm_kcopyd_throttle throttle = { .throttle = 100, .last_jiffies = jiffies };
	struct dm_kcopyd_client *kc = client_with(test, &throttle);
	struct test_disk *from = source_of(test, 24), *to = disk_of(test, 48);
	struct test_request *req[3];

	test_disk_hold(from);
	test_disk_hold(to);
	for (int i = 0; i < ARRAY_SIZE(req); i++) {
		struct dm_io_region source = region(from, 8 * i, 8);
		struct dm_io_region dests[2] = { region(to, 8 * i, 8), region(to, 24 + 8 * i, 8) };

		req[i] = test_request_create(test);
		copy(kc, req[i], &source, 2, dests, 0);
		rust_dm_kcopyd_client_flush(kc);
		KUNIT_EXPECT_EQ(test, from->nr_log, i + 1);
		KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), i + 1);
	}
	test_disk_release_all(from);
	rust_dm_kcopyd_client_flush(kc);
	KUNIT_EXPECT_EQ(test, to->nr_log, 6);
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 3);

	test_disk_release_all(to);
	for (int i = 0; i < ARRAY_SIZE(req); i++)
		test_request_expect_copied(req[i], false, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 0);
	KUNIT_EXPECT_EQ(test, throttle.throttle, 100);
	test_expect_same(test, to->data, from->data, 24 * SECTOR_SIZE, "copies");
	kunit_release_action(test, client_destroy, kc);
}

static void mainline_kcopyd_throttle_is_shared(struct kunit *test)
{
	struct dm_kcopyd_throttle throttle = { .throttle = 100 };
	struct dm_kcopyd_client *kc[2] = {
		client_with(test, &throttle), client_with(test, &throttle),
	};
	struct test_disk *td[2] = { source_of(test, 16), source_of(test, 16) };
	struct test_request *req[2];

	for (int i = 0; i < 2; i++) {
		struct dm_io_region source = region(td[i], 0, 8), dest = region(td[i], 8, 8);

		req[i] = test_request_create(test);
		test_disk_hold(td[i]);
		copy(kc[i], req[i], &source, 1, &dest, 0);
		rust_dm_kcopyd_client_flush(kc[i]);
		KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), i + 1);
	}
	test_disk_release_all(td[0]);
	test_request_expect_copied(req[0], false, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 1);
	kunit_release_action(test, client_destroy, kc[0]);
	test_disk_release_all(td[1]);
	test_request_expect_copied(req[1], false, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 0);
	kunit_release_action(test, client_destroy, kc[1]);
}

/*
 * An account of which more is used up than the limit allows. The read and the
 * write are held back for a while, and are done all the same. Only that it was
 * no less than a pause each is looked at, which no slow machine can belie.
 */
static void mainline_kcopyd_throttle_holds_back(struct kunit *test)
{
	struct dm_kcopyd_throttle throttle = {
		.throttle = 1,
		.io_period = HZ - 1,
		.total_period = HZ - 1,
		.last_jiffies = jiffies,
	};
	struct dm_kcopyd_client *kc = client_with(test, &throttle);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);
	struct test_request *req = test_request_create(test);
	unsigned long started = jiffies;

	copy(kc, req, &source, 1, &dest, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, started + msecs_to_jiffies(200)));
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 0);
	KUNIT_EXPECT_EQ(test, from->nr_log, 1);
	KUNIT_EXPECT_EQ(test, to->nr_log, 1);
	expect_copied(to, 0, from, 0, 8);
	kunit_release_action(test, client_destroy, kc);
}

/*
 * A client that is destroyed while it pauses: another copy, which the limit does
 * not hold back any more, has brought the paused one along. Nothing of the client
 * runs afterwards, when its throttle is gone.
 */
static void mainline_kcopyd_destroy_in_pause(struct kunit *test)
{
	struct test_disk *td = source_of(test, 32);

	for (int i = 0; i < 10; i++) {
		struct dm_kcopyd_throttle *throttle = kzalloc_obj(*throttle);
		struct dm_io_region from = region(td, 0, 8), to = region(td, 8, 8);
		struct test_request *paused = test_request_create(test);
		struct test_request *other = test_request_create(test);
		struct dm_kcopyd_client *kc;

		KUNIT_ASSERT_NOT_NULL(test, throttle);
		*throttle = (struct dm_kcopyd_throttle) {
			.throttle = 1,
			.io_period = HZ - 1,
			.total_period = HZ - 1,
			.last_jiffies = jiffies,
		};
		kc = client_with(test, throttle);
		copy(kc, paused, &from, 1, &to, 0);
		WRITE_ONCE(throttle->throttle, 100);
		copy(kc, other, &from, 1, &to, 0);
		test_request_expect_copied(paused, false, 0);
		test_request_expect_copied(other, false, 0);
		kunit_release_action(test, client_destroy, kc);
		kfree(throttle);
	}
}

/* A device that does not do what is asked is an error of the copy. */
static void mainline_kcopyd_device_error(struct kunit *test)
{
	const struct bad_device_case *c = test->param_value;
	struct dm_kcopyd_client *kc = client_create(test);
	struct test_disk *bad = bad_device_create(test, c), *good = disk_of(test, 64);
	struct dm_io_region spoiled = region(bad, c->sector, 8);
	struct dm_io_region fine = region(good, 0, 8), dests[2] = { region(good, 8, 8), spoiled };
	struct test_request *req = test_request_create(test);

	copy(kc, req, &fine, 2, dests, 0);
	test_request_expect_copied(req, false, 2);
	test_request_reset(req);
	zero(kc, req, 2, dests, 0);
	test_request_expect_copied(req, false, 2);
	KUNIT_EXPECT_EQ(test, good->nr_log, 3);
	test_request_reset(req);
	copy(kc, req, &spoiled, 1, dests, 0);
	test_request_expect_copied(req, true, 0);
}

static struct kunit_case mainline_kcopyd_test_cases[] = {
	KUNIT_CASE(mainline_kcopyd_parts),
	KUNIT_CASE(mainline_kcopyd_most_destinations),
	KUNIT_CASE(mainline_kcopyd_nothing),
	KUNIT_CASE(mainline_kcopyd_keeps_no_arguments),
	KUNIT_CASE(mainline_kcopyd_overlapping),
	KUNIT_CASE(mainline_kcopyd_in_place),
	KUNIT_CASE(mainline_kcopyd_overlapping_in_little_memory),
	KUNIT_CASE(mainline_kcopyd_overlapping_read_error_ignored),
	KUNIT_CASE(mainline_kcopyd_zero_dead_device),
	KUNIT_CASE(mainline_kcopyd_read_error),
	KUNIT_CASE(mainline_kcopyd_read_error_ignored),
	KUNIT_CASE_PARAM(mainline_kcopyd_write_error, flags_case_gen_params),
	KUNIT_CASE_PARAM(mainline_kcopyd_all_writes_fail, flags_case_gen_params),
	KUNIT_CASE_PARAM(mainline_kcopyd_in_order, order_case_gen_params),
	KUNIT_CASE(mainline_kcopyd_in_parallel),
	KUNIT_CASE_PARAM(mainline_kcopyd_in_order_stops, order_case_gen_params),
	KUNIT_CASE_PARAM(mainline_kcopyd_zero, zero_case_gen_params),
	KUNIT_CASE(mainline_kcopyd_zero_most_destinations),
	KUNIT_CASE_PARAM(mainline_kcopyd_zero_error, flags_case_gen_params),
	KUNIT_CASE_PARAM(mainline_kcopyd_zero_data_error, zeroing_case_gen_params),
	KUNIT_CASE(mainline_kcopyd_zero_in_parallel),
	KUNIT_CASE_PARAM(mainline_kcopyd_zero_in_order, order_case_gen_params),
	KUNIT_CASE(mainline_kcopyd_callback_from_process),
	KUNIT_CASE(mainline_kcopyd_callback_from_hardirq),
	KUNIT_CASE(mainline_kcopyd_many_callbacks),
	KUNIT_CASE(mainline_kcopyd_flush_waits_for_callback),
	KUNIT_CASE(mainline_kcopyd_flush_waits_for_copy),
	KUNIT_CASE(mainline_kcopyd_flush_after_io),
	KUNIT_CASE(mainline_kcopyd_destroy_waits_for_copy),
	KUNIT_CASE(mainline_kcopyd_destroy_waits_for_prepared),
	KUNIT_CASE(mainline_kcopyd_clients_come_and_go),
	KUNIT_CASE(mainline_kcopyd_callbacks_one_at_a_time),
	KUNIT_CASE_PARAM(mainline_kcopyd_callback_starts_more, memory_case_gen_params),
	KUNIT_CASE(mainline_kcopyd_without_memory),
	KUNIT_CASE(mainline_kcopyd_client_refused),
	KUNIT_CASE(mainline_kcopyd_throttle_of_all),
	KUNIT_CASE(mainline_kcopyd_throttle_is_shared),
	KUNIT_CASE(mainline_kcopyd_throttle_holds_back),
	KUNIT_CASE(mainline_kcopyd_destroy_in_pause),
	KUNIT_CASE_PARAM(mainline_kcopyd_device_error, bad_end_gen_params),
	{}
};

static struct kunit_suite mainline_kcopyd_test_suite = {
	.name = "dm_io_rust_mainline_kcopyd",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_kcopyd_test_cases,
};

kunit_test_suite(mainline_kcopyd_test_suite);
