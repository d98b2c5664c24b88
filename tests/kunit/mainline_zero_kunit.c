// SPDX-License-Identifier: GPL-2.0
/*
 * The zeroings of mainline.h: as WRITE_ZEROES where each destination can do it, and
 * else as writes of zeroes.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "refuse_memory.h"
#include "test_data.h"
#include "test_disk.h"
#include "test_jobs.h"
#include "test_request.h"

/* The default of kcopyd_subjob_size_kb, in sectors. */
#define PART (SZ_512K / SECTOR_SIZE)
#define IGNORE_ERROR BIT(DM_KCOPYD_IGNORE_ERROR)

/* One that writes up to @max sectors of zeroes at a time. */
static struct test_disk *zeroing_disk(struct kunit *test, sector_t sectors, unsigned int max)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.max_write_zeroes_sectors = max,
	});
}

static void mainline_zero_nothing(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td = zeroing_disk(test, 64, 8);
	struct dm_io_region dest = region(td, 8, 0);
	struct test_request *req = test_request_create(test);

	test_job_zero(kc, req, 1, &dest, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
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

static void mainline_zero_destinations(struct kunit *test)
{
	const struct zero_case *c = test->param_value;
	bool is_data = !c->max[0] || !c->max[1];
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct dm_io_region dests[2];
	struct test_request *req;
	struct test_disk *td[2];

	for (int i = 0; i < 2; i++) {
		td[i] = zeroing_disk(test, 5100, c->max[i]);
		memset(td[i]->data, 0xff, td[i]->sectors << SECTOR_SHIFT);
		dests[i] = region(td[i], 10 * i, c->sectors);
	}
	req = test_request_create(test);
	test_job_zero(kc, req, 2, dests, 0);
	test_request_expect_copied(req, false, 0);
	for (int i = 0; i < 2; i++) {
		test_disk_expect_parts(td[i], is_data ? REQ_OP_WRITE : REQ_OP_WRITE_ZEROES, 10 * i,
				       c->sectors, c->part);
		test_disk_expect_zeroed(td[i], 10 * i, c->sectors);
		/* Zeroes that are data are the same page over and over. */
		for (int j = 0; j < td[i]->nr_log; j++)
			KUNIT_EXPECT_EQ(test, td[i]->log[j].bvecs, is_data ?
					DIV_ROUND_UP(td[i]->log[j].sectors, PAGE_SECTORS) : 0);
	}
}

static void mainline_zero_most_destinations(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td = zeroing_disk(test, 8 * 20, 64);
	struct test_request *req = test_request_create(test);
	struct dm_io_region dests[DM_KCOPYD_MAX_REGIONS];

	memset(td->data, 0xff, td->sectors << SECTOR_SHIFT);
	for (int i = 0; i < ARRAY_SIZE(dests); i++)
		dests[i] = region(td, 20 * i, 20);
	test_job_zero(kc, req, ARRAY_SIZE(dests), dests, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 8);
	test_disk_expect_exactly(td, REQ_OP_WRITE_ZEROES, 0, 0, 8 * 20);
	test_disk_expect_zeroed(td, 0, 8 * 20);
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

/* That a device can write zeroes is what it says; that it cannot is then an error. */
static void mainline_zero_error(struct kunit *test)
{
	const struct flags_case *c = test->param_value;
	unsigned int parts = c->flags & IGNORE_ERROR ? 4 : 1;
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td[2] = { zeroing_disk(test, 400, 100), zeroing_disk(test, 400, 100) };
	struct dm_io_region dests[2] = { region(td[0], 0, 400), region(td[1], 0, 400) };
	struct test_request *req = test_request_create(test);

	for (int i = 0; i < 2; i++)
		memset(td[i]->data, 0xff, td[i]->sectors << SECTOR_SHIFT);
	test_disk_fail(td[1], 50, 1, false, true, BLK_STS_NOTSUPP);
	test_job_zero(kc, req, 2, dests, c->flags);
	test_request_expect_copied(req, false, 2);
	for (int i = 0; i < 2; i++)
		test_disk_expect_parts(td[i], REQ_OP_WRITE_ZEROES, 0, parts * 100, 100);
	test_disk_expect_zeroed(td[0], 0, parts * 100);
	KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(td[1]->data, 0xff, 100 * SECTOR_SIZE));
}

/* Errors are ignored part by part also where one bio could zero all of the disk. */
static void mainline_zero_dead_device(struct kunit *test)
{
	struct test_disk *td = zeroing_disk(test, 32 * PART, 32 * PART);
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_request *req = test_request_create(test);
	struct dm_io_region dest = region(td, 0, 32 * PART);

	test_disk_fail(td, 0, td->sectors, false, true, BLK_STS_IOERR);
	test_job_zero(kc, req, 1, &dest, IGNORE_ERROR);
	test_request_expect_copied(req, false, 1);
	KUNIT_EXPECT_GE(test, td->nr_log, 1024);
	/* For each part in flight what leads to a single block, and each part and its rest. */
	KUNIT_EXPECT_LE(test, td->nr_log, 1024 + 8 * 10 + 2 * 32);
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
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
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
	test_job_zero(kc, req, ARRAY_SIZE(dests), dests, c->flags);
	test_request_expect_copied(req, false, BIT(bad));
	if (!c->memory) {
		refuse_memory_end(test);
		/* A job, a sub-job, and a child for each part's write to another destination. */
		KUNIT_EXPECT_EQ(test, refuse_memory_asks_of_reserve(),
				2 + parts * (ARRAY_SIZE(dests) - 1));
	}
	for (int i = 0; i < ARRAY_SIZE(td); i++)
		if (i != bad || !(c->flags & IGNORE_ERROR))
			test_disk_expect_parts(td[i], REQ_OP_WRITE, 0, parts * PART, PART);
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
		test_disk_expect_zeroed(td[i], 0, parts * PART);
	test_request_free(req);
	for (int i = 0; i < ARRAY_SIZE(td); i++)
		test_disk_free(td[i]);
}

static void mainline_zero_data_error(struct kunit *test)
{
	for (unsigned int bad = 0; bad < 3; bad++)
		for (unsigned int part = 0; part < 5; part += 2)
			zero_with_bad_part(test, bad, part);
}

/* All parts are over one array of vectors, and may end in any order. */
static void mainline_zero_in_parallel(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td[2] = { disk_of(test, 5 * PART), disk_of(test, 5 * PART) };
	struct dm_io_region dests[2] = { region(td[0], 0, 5 * PART), region(td[1], 0, 5 * PART) };
	struct test_request *req = test_request_create(test);

	for (int i = 0; i < 2; i++) {
		memset(td[i]->data, 0xff, td[i]->sectors << SECTOR_SHIFT);
		test_disk_hold(td[i]);
	}
	test_job_zero(kc, req, 2, dests, 0);
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
		test_disk_expect_parts(td[i], REQ_OP_WRITE, 0, 5 * PART, PART);
		test_disk_expect_zeroed(td[i], 0, 5 * PART);
	}
}

static struct kunit_case mainline_zero_test_cases[] = {
	KUNIT_CASE(mainline_zero_nothing),
	KUNIT_CASE_PARAM(mainline_zero_destinations, zero_case_gen_params),
	KUNIT_CASE(mainline_zero_most_destinations),
	KUNIT_CASE_PARAM(mainline_zero_error, flags_case_gen_params),
	KUNIT_CASE(mainline_zero_dead_device),
	KUNIT_CASE_PARAM(mainline_zero_data_error, zeroing_case_gen_params),
	KUNIT_CASE(mainline_zero_in_parallel),
	{}
};

static struct kunit_suite mainline_zero_test_suite = {
	.name = "dm_io_rust_mainline_zero",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_zero_test_cases,
};

kunit_test_suite(mainline_zero_test_suite);
