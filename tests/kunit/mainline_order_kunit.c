// SPDX-License-Identifier: GPL-2.0
/*
 * Copies and zeroings of mainline.h that write in order: by DM_KCOPYD_WRITE_SEQ, or
 * for the sake of a zoned destination.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "test_data.h"
#include "test_disk.h"
#include "test_jobs.h"
#include "test_request.h"

/* The default of kcopyd_subjob_size_kb, in sectors. */
#define PART (SZ_512K / SECTOR_SIZE)
#define IGNORE_ERROR BIT(DM_KCOPYD_IGNORE_ERROR)
#define WRITE_SEQ BIT(DM_KCOPYD_WRITE_SEQ)

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

/* A disk with data on it. */
static struct test_disk *order_source(struct kunit *test)
{
	struct test_disk *td = order_disk(test, false);

	test_fill(td->data, ORDER_SECTORS << SECTOR_SHIFT, 1);
	return td;
}

/* At no time is there more than one write on its way to a destination. */
static void mainline_order_of_copy(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *from = order_source(test);
	struct test_disk *to[2] = { order_disk(test, false), order_disk(test, c->zoned) };
	struct dm_io_region source = region(from, 0, ORDER_SECTORS);
	struct dm_io_region dests[2] = {
		region(to[0], 0, ORDER_SECTORS), region(to[1], 0, ORDER_SECTORS),
	};
	struct test_request *req = test_request_create(test);

	KUNIT_ASSERT_EQ(test, bdev_is_zoned(to[1]->bdev), c->zoned);
	test_disk_hold(to[0]);
	test_disk_hold(to[1]);
	test_job_copy(kc, req, &source, 2, dests, c->flags);
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
		test_disk_expect_parts(to[i], REQ_OP_WRITE, 0, ORDER_SECTORS, PART);
		test_disk_expect_copy(to[i], 0, from, 0, ORDER_SECTORS);
	}
}

/* A hole in what is written in order would be the end of it. */
static void mainline_order_stops_at_error(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *from = order_source(test);
	struct test_disk *to[2] = { order_disk(test, c->zoned), order_disk(test, false) };
	struct dm_io_region source = region(from, 0, ORDER_SECTORS);
	struct dm_io_region dests[2] = {
		region(to[0], 0, ORDER_SECTORS), region(to[1], 0, ORDER_SECTORS),
	};
	struct test_request *req = test_request_create(test);

	test_disk_fail(to[1], PART + 7, 1, false, true, BLK_STS_IOERR);
	test_job_copy(kc, req, &source, 2, dests, c->flags);
	test_request_expect_copied(req, false, 2);
	for (int i = 0; i < 2; i++)
		test_disk_expect_parts(to[i], REQ_OP_WRITE, 0, 2 * PART, PART);
	test_disk_expect_parts(from, REQ_OP_READ, 0, 2 * PART, PART);

	/* Nor is there a hole where the source cannot be read. */
	test_disk_fail(from, 3, 1, true, false, BLK_STS_MEDIUM);
	test_disk_forget(to[0]);
	test_request_reset(req);
	test_job_copy(kc, req, &source, 1, dests, c->flags);
	test_request_expect_copied(req, true, 0);
	KUNIT_EXPECT_EQ(test, to[0]->nr_log, 0);
}

static void mainline_order_of_zeroing(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td = order_disk(test, c->zoned);
	struct dm_io_region dest = region(td, 0, ORDER_SECTORS);
	struct test_request *req = test_request_create(test);

	memset(td->data, 0xff, td->sectors << SECTOR_SHIFT);
	test_disk_hold(td);
	test_job_zero(kc, req, 1, &dest, c->flags);
	for (unsigned int part = 0; part < 5; part++) {
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(td, part + 1));
		rust_dm_kcopyd_client_flush(kc);
		KUNIT_EXPECT_EQ(test, td->nr_log, part + 1);
		KUNIT_EXPECT_TRUE(test, test_disk_release_oldest(td));
	}
	test_request_expect_copied(req, false, 0);
	test_disk_expect_parts(td, REQ_OP_WRITE, 0, ORDER_SECTORS, PART);
	test_disk_expect_zeroed(td, 0, ORDER_SECTORS);
}

static struct kunit_case mainline_order_test_cases[] = {
	KUNIT_CASE_PARAM(mainline_order_of_copy, order_case_gen_params),
	KUNIT_CASE_PARAM(mainline_order_stops_at_error, order_case_gen_params),
	KUNIT_CASE_PARAM(mainline_order_of_zeroing, order_case_gen_params),
	{}
};

static struct kunit_suite mainline_order_test_suite = {
	.name = "dm_io_rust_mainline_order",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_order_test_cases,
};

kunit_test_suite(mainline_order_test_suite);
