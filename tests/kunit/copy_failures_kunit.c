// SPDX-License-Identifier: GPL-2.0
/*
 * What a copy of kcopyd.h tells and leaves behind when a device fails or is
 * late, be there memory or not.
 */
#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>
#include <linux/sizes.h>

#include "refuse_memory.h"
#include "test_client.h"
#include "test_data.h"
#include "test_disk.h"
#include "test_request.h"

/* What the clients here set aside, which is what a part has without memory. */
#define RESERVE_PAGES 16
/* A part else. */
#define PART (SZ_512K / SECTOR_SIZE)
#define PARTS 5
#define DESTS 3
#define IGNORE_ERROR BIT(KCOPYD_IGNORE_ERROR)

static void start(struct kunit *test, struct kcopyd_client *kc, struct test_request *req,
		  struct io_region *from, unsigned int num_dests, struct io_region *dests,
		  unsigned int flags)
{
	int ret = kcopyd_copy(kc, from, num_dests, dests, flags, test_request_copy_done, req);

	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
}

static void expect_write(struct test_disk *td, unsigned int nr, sector_t sector, sector_t sectors)
{
	const struct test_disk_bio *bio = &td->log[nr];

	KUNIT_ASSERT_LT(td->test, nr, td->nr_log);
	KUNIT_EXPECT_EQ(td->test, (u32)bio->op, (u32)REQ_OP_WRITE);
	KUNIT_EXPECT_EQ(td->test, bio->sector, sector);
	KUNIT_EXPECT_EQ(td->test, bio->sectors, sectors);
	KUNIT_EXPECT_EQ(td->test, bio->bvecs, 1);
}

struct failure_case {
	const char *name;
	bool memory;
	unsigned int flags;
};

static const struct failure_case failure_cases[] = {
	{ "stop", true, 0 },
	{ "ignore_error", true, IGNORE_ERROR },
	{ "stop_without_memory", false, 0 },
	{ "ignore_error_without_memory", false, IGNORE_ERROR },
};

KUNIT_ARRAY_PARAM_DESC(failure_case, failure_cases, name);

/* A copy of some parts, all of which are read into one buffer, one after the other. */
struct copy {
	struct test_disk *from;
	struct test_disk *to[DESTS];
	struct test_request *req;
	/* The sectors of a part. */
	sector_t part;
};

static void copy_init(struct copy *copy, struct kunit *test)
{
	const struct failure_case *c = test->param_value;

	copy->part = c->memory ? PART : RESERVE_PAGES * PAGE_SECTORS;
	copy->from = source_of(test, PARTS * copy->part);
	for (int i = 0; i < DESTS; i++)
		copy->to[i] = disk_of(test, PARTS * copy->part);
	copy->req = test_request_create(test);
}

static void copy_run(struct copy *copy, struct kunit *test, bool read_err, unsigned int write_err)
{
	const struct failure_case *c = test->param_value;
	struct kcopyd_client *kc = test_client_create(test, RESERVE_PAGES);
	struct io_region from = { copy->from->bdev, 0, copy->from->sectors };
	struct io_region dests[DESTS];

	for (int i = 0; i < DESTS; i++)
		dests[i] = (struct io_region) { copy->to[i]->bdev, 0, from.count };
	if (!c->memory)
		refuse_memory(test);
	start(test, kc, copy->req, &from, DESTS, dests, c->flags);
	test_request_expect_copied(copy->req, read_err, write_err);
	if (!c->memory)
		KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
}

static void copy_free(struct copy *copy)
{
	test_request_free(copy->req);
	for (int i = 0; i < DESTS; i++)
		test_disk_free(copy->to[i]);
	test_disk_free(copy->from);
}

/* Expects a write of each of the first parts, and in it what the source has. */
static void expect_parts(struct copy *copy, struct test_disk *to, unsigned int parts)
{
	sector_t end = parts * copy->part;

	for (unsigned int i = 0; i < parts; i++)
		expect_write(to, i, i * copy->part, copy->part);
	KUNIT_EXPECT_EQ(to->test, to->nr_log, parts);
	test_expect_same(to->test, to->data, copy->from->data, end << SECTOR_SHIFT, "copy");
	test_expect_zeroes(to->test, sector_data(to, end), (to->sectors - end) << SECTOR_SHIFT,
			   "behind");
}

/* Where errors are ignored what is lost is a sector of a part, and else the part. */
static void expect_lost(struct copy *copy, struct test_disk *to, unsigned int part,
			unsigned int parts)
{
	const struct failure_case *c = to->test->param_value;
	struct test_disk *from = copy->from;

	if (!(c->flags & IGNORE_ERROR)) {
		memset(sector_data(from, part * copy->part), 0, copy->part << SECTOR_SHIFT);
		expect_parts(copy, to, parts);
		return;
	}
	memset(sector_data(from, part * copy->part + 5), 0, SECTOR_SIZE);
	test_expect_same(to->test, to->data, from->data, from->sectors << SECTOR_SHIFT, "copy");
}

static const unsigned int bad_parts[] = { 0, PARTS / 2, PARTS - 1 };

/* A part that one destination cannot take is nothing to the others. */
static void copy_failures_of_writes(struct kunit *test)
{
	const struct failure_case *c = test->param_value;

	for (int n = 0; n < ARRAY_SIZE(bad_parts) * DESTS; n++) {
		unsigned int bad = n % DESTS, part = bad_parts[n / DESTS];
		unsigned int parts = c->flags & IGNORE_ERROR ? PARTS : part + 1;
		struct copy copy;

		copy_init(&copy, test);
		test_disk_fail(copy.to[bad], part * copy.part + 5, 1, false, true, BLK_STS_IOERR);
		copy_run(&copy, test, false, BIT(bad));
		KUNIT_EXPECT_EQ(test, copy.from->nr_log, parts);
		for (int i = 0; i < DESTS; i++)
			if (i != bad)
				expect_parts(&copy, copy.to[i], parts);
		expect_lost(&copy, copy.to[bad], part, parts);
		copy_free(&copy);
	}
}

/* What cannot be read is zeroes to all, if it is not the end. */
static void copy_failures_of_reads(struct kunit *test)
{
	const struct failure_case *c = test->param_value;

	for (int n = 0; n < ARRAY_SIZE(bad_parts); n++) {
		unsigned int part = bad_parts[n];
		struct copy copy;
		sector_t bad;

		copy_init(&copy, test);
		bad = part * copy.part + 5;
		test_disk_fail(copy.from, bad, 1, true, false, BLK_STS_MEDIUM);
		copy_run(&copy, test, true, 0);
		memset(sector_data(copy.from, bad), 0, SECTOR_SIZE);
		for (int i = 0; i < DESTS; i++) {
			if (!(c->flags & IGNORE_ERROR)) {
				expect_parts(&copy, copy.to[i], part);
				continue;
			}
			test_disk_expect_exactly(copy.to[i], REQ_OP_WRITE, 0, 0, PARTS * copy.part);
			test_expect_same(test, copy.to[i]->data, copy.from->data,
					 copy.from->sectors << SECTOR_SHIFT, "copy");
		}
		if (!(c->flags & IGNORE_ERROR))
			KUNIT_EXPECT_EQ(test, copy.from->nr_log, part + 1);
		copy_free(&copy);
	}
}

/*
 * A client has memory for eight writes beside those of the parts. Another copy
 * has seven of them, and keeps them: what remains are pairs.
 */
static void copy_failures_of_pairs(struct kunit *test)
{
	static const unsigned int order[] = { 1, 0, 3, 2, 5, 4 };
	const unsigned int writes = ARRAY_SIZE(order);
	struct kcopyd_client *kc = test_client_create(test, RESERVE_PAGES);
	struct test_disk *from = source_of(test, 16);
	struct test_disk *slow = disk_of(test, 8 * 8), *to = disk_of(test, 8 * 8);
	struct io_region source = { from->bdev, 0, 8 }, other = { from->bdev, 8, 8 };
	struct io_region to_slow[8], dests[8];
	struct test_request *req = test_request_create(test), *held = test_request_create(test);

	for (int i = 0; i < 8; i++) {
		to_slow[i] = (struct io_region) { slow->bdev, 8 * i, 8 };
		dests[i] = (struct io_region) { to->bdev, 8 * i, 8 };
	}
	test_disk_fail(to, 8 * 4 + 3, 1, false, true, BLK_STS_IOERR);
	test_disk_hold(slow);
	refuse_memory(test);
	start(test, kc, held, &other, 8, to_slow, 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(slow, 8));
	test_disk_hold(to);
	start(test, kc, req, &source, 8, dests, 0);
	for (unsigned int i = 0; i < writes; i += 2) {
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(to, i + 2));
		test_disk_release(to, i);
		test_disk_release(to, i + 1);
	}
	test_request_expect_copied(req, false, BIT(4));
	KUNIT_EXPECT_EQ(test, atomic_read(&held->calls), 0);
	test_disk_release_all(slow);
	test_request_expect_copied(held, false, 0);
	refuse_memory_end(test);

	KUNIT_EXPECT_EQ(test, to->nr_log, writes);
	for (unsigned int i = 0; i < writes; i++)
		expect_write(to, i, 8 * order[i], 8);
	for (int i = 0; i < 8; i++) {
		u8 *data = sector_data(to, 8 * i);

		test_expect_same(test, sector_data(slow, 8 * i), sector_data(from, 8),
				 8 * SECTOR_SIZE, "slow");
		if (i == 4 || i >= writes)
			test_expect_zeroes(test, data, 8 * SECTOR_SIZE, "unwritten");
		else
			test_expect_same(test, data, from->data, 8 * SECTOR_SIZE, "copy");
	}
}

/* The end is not told before the last write's, whichever destination that is to. */
static void copy_failures_end_with_last_write(struct kunit *test)
{
	struct kcopyd_client *kc = test_client_create(test, RESERVE_PAGES);
	struct test_disk *from = source_of(test, 2 * PART);
	struct io_region source = { from->bdev, 0, 2 * PART }, dests[DESTS];
	struct io_region one = { from->bdev, 0, 8 };
	struct test_disk *to[DESTS];

	for (int i = 0; i < DESTS; i++) {
		to[i] = disk_of(test, 2 * PART + 8);
		dests[i] = (struct io_region) { to[i]->bdev, 0, 2 * PART };
	}
	for (int i = 0; i < DESTS; i++) {
		struct io_region behind = { to[i]->bdev, 2 * PART, 8 };
		struct test_request *req = test_request_create(test);
		struct test_request *later = test_request_create(test);

		test_disk_hold_range(to[i], 2 * PART - 1, 1);
		start(test, kc, req, &source, DESTS, dests, 0);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_held(to[i]));
		for (int j = 0; j < DESTS; j++)
			if (j != i)
				KUNIT_ASSERT_TRUE(test, test_disk_wait_ended(to[j], 2));
		/* Had the first one been done, it would have been called back by now. */
		start(test, kc, later, &one, 1, &behind, 0);
		test_request_expect_copied(later, false, 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
		test_disk_release_all(to[i]);
		test_request_expect_copied(req, false, 0);
		for (int j = 0; j < DESTS; j++) {
			test_expect_same(test, to[j]->data, from->data,
					 2 * PART * SECTOR_SIZE, "copy");
			test_disk_forget(to[j]);
			memset(to[j]->data, 0, to[j]->sectors << SECTOR_SHIFT);
		}
	}
}

/* Callbacks that take down in which order they come; the first is told when to return. */
struct order {
	struct completion entered;
	struct completion open;
	struct test_request *req[4];
	struct test_request *called[4];
	unsigned int calls;
};

struct order_context {
	struct order *order;
	struct test_request *req;
};

static void order_done(int read_err, unsigned int write_err, void *context)
{
	struct order_context *this = context;
	struct order *order = this->order;

	if (!order->calls) {
		complete(&order->entered);
		wait_for_completion_timeout(&order->open, TEST_TIMEOUT);
	}
	order->called[order->calls++] = this->req;
	test_request_copy_done(read_err, write_err, this->req);
}

/* Copies are called back in the order in which they ended. */
static void copy_failures_called_back_in_order(struct kunit *test)
{
	static const unsigned int ends[] = { 2, 3, 1 };
	struct order *order = kunit_kzalloc(test, sizeof(*order), GFP_KERNEL);
	struct order_context *contexts = kunit_kcalloc(test, 4, sizeof(*contexts), GFP_KERNEL);
	struct kcopyd_client *kc = test_client_create(test, RESERVE_PAGES);
	struct test_disk *from = source_of(test, 32), *to = disk_of(test, 32);

	KUNIT_ASSERT_NOT_NULL(test, order);
	KUNIT_ASSERT_NOT_NULL(test, contexts);
	init_completion(&order->entered);
	init_completion(&order->open);
	test_disk_hold_range(to, 8, 24);
	test_disk_fail(to, 8 * 3, 1, false, true, BLK_STS_IOERR);
	for (int i = 0; i < 4; i++) {
		struct io_region source = { from->bdev, 8 * i, 8 }, dest = { to->bdev, 8 * i, 8 };
		int ret;

		order->req[i] = test_request_create(test);
		contexts[i] = (struct order_context) { order, order->req[i] };
		ret = kcopyd_copy(kc, &source, 1, &dest, 0, order_done, &contexts[i]);
		KUNIT_ASSERT_EQ(test, test_request_started(order->req[i], ret), 0);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(to, i + 1));
	}
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&order->entered, TEST_TIMEOUT));
	for (int i = 0; i < ARRAY_SIZE(ends); i++)
		test_disk_release(to, ends[i]);
	complete(&order->open);
	for (int i = 0; i < 4; i++)
		test_request_expect_copied(order->req[i], false, i == 3);
	KUNIT_EXPECT_EQ(test, order->calls, 4);
	KUNIT_EXPECT_PTR_EQ(test, order->called[0], order->req[0]);
	for (int i = 0; i < ARRAY_SIZE(ends); i++)
		KUNIT_EXPECT_PTR_EQ(test, order->called[i + 1], order->req[ends[i]]);
}

static struct kunit_case copy_failures_test_cases[] = {
	KUNIT_CASE_PARAM(copy_failures_of_writes, failure_case_gen_params),
	KUNIT_CASE_PARAM(copy_failures_of_reads, failure_case_gen_params),
	KUNIT_CASE(copy_failures_of_pairs),
	KUNIT_CASE(copy_failures_end_with_last_write),
	KUNIT_CASE(copy_failures_called_back_in_order),
	{}
};

static struct kunit_suite copy_failures_test_suite = {
	.name = "dm_io_rust_copy_failures",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = copy_failures_test_cases,
};

kunit_test_suite(copy_failures_test_suite);
