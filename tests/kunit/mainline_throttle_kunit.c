// SPDX-License-Identifier: GPL-2.0
/*
 * The throttle of mainline.h's clients.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "test_data.h"
#include "test_disk.h"
#include "test_jobs.h"
#include "test_request.h"

/* What is on its way is counted, at both ends of a copy, and not held back. */
static void mainline_throttle_counts_jobs(struct kunit *test)
{
	struct dm_kcopyd_throttle throttle = { .throttle = 100, .last_jiffies = jiffies };
	struct dm_kcopyd_client *kc = test_jobs_client(test, &throttle);
	struct test_disk *from = source_of(test, 24), *to = disk_of(test, 48);
	struct test_request *req[3];

	test_disk_hold(from);
	test_disk_hold(to);
	for (int i = 0; i < ARRAY_SIZE(req); i++) {
		struct dm_io_region source = region(from, 8 * i, 8);
		struct dm_io_region dests[2] = { region(to, 8 * i, 8), region(to, 24 + 8 * i, 8) };

		req[i] = test_request_create(test);
		test_job_copy(kc, req[i], &source, 2, dests, 0);
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
	test_jobs_client_destroy(test, kc);
}

static void mainline_throttle_is_shared(struct kunit *test)
{
	struct dm_kcopyd_throttle throttle = { .throttle = 100 };
	struct dm_kcopyd_client *kc[2] = {
		test_jobs_client(test, &throttle), test_jobs_client(test, &throttle),
	};
	struct test_disk *td[2] = { source_of(test, 16), source_of(test, 16) };
	struct test_request *req[2];

	for (int i = 0; i < 2; i++) {
		struct dm_io_region source = region(td[i], 0, 8), dest = region(td[i], 8, 8);

		req[i] = test_request_create(test);
		test_disk_hold(td[i]);
		test_job_copy(kc[i], req[i], &source, 1, &dest, 0);
		rust_dm_kcopyd_client_flush(kc[i]);
		KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), i + 1);
	}
	test_disk_release_all(td[0]);
	test_request_expect_copied(req[0], false, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 1);
	test_jobs_client_destroy(test, kc[0]);
	test_disk_release_all(td[1]);
	test_request_expect_copied(req[1], false, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 0);
	test_jobs_client_destroy(test, kc[1]);
}

/*
 * An account of which more is used up than the limit allows. The read and the
 * write are held back for a while, and are done all the same. Only that it was
 * no less than a pause each is looked at, which no slow machine can belie.
 */
static void mainline_throttle_holds_back(struct kunit *test)
{
	struct dm_kcopyd_throttle throttle = {
		.throttle = 1,
		.io_period = HZ - 1,
		.total_period = HZ - 1,
		.last_jiffies = jiffies,
	};
	struct dm_kcopyd_client *kc = test_jobs_client(test, &throttle);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);
	struct test_request *req = test_request_create(test);
	unsigned long started = jiffies;

	test_job_copy(kc, req, &source, 1, &dest, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, started + msecs_to_jiffies(200)));
	KUNIT_EXPECT_EQ(test, READ_ONCE(throttle.num_io_jobs), 0);
	KUNIT_EXPECT_EQ(test, from->nr_log, 1);
	KUNIT_EXPECT_EQ(test, to->nr_log, 1);
	test_disk_expect_copy(to, 0, from, 0, 8);
	test_jobs_client_destroy(test, kc);
}

/*
 * A client that is destroyed while it pauses: another copy, which the limit does
 * not hold back any more, has brought the paused one along. Nothing of the client
 * runs afterwards, when its throttle is gone.
 */
static void mainline_throttle_destroy_in_pause(struct kunit *test)
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
		kc = test_jobs_client(test, throttle);
		test_job_copy(kc, paused, &from, 1, &to, 0);
		WRITE_ONCE(throttle->throttle, 100);
		test_job_copy(kc, other, &from, 1, &to, 0);
		test_request_expect_copied(paused, false, 0);
		test_request_expect_copied(other, false, 0);
		test_jobs_client_destroy(test, kc);
		kfree(throttle);
	}
}

static struct kunit_case mainline_throttle_test_cases[] = {
	KUNIT_CASE(mainline_throttle_counts_jobs),
	KUNIT_CASE(mainline_throttle_is_shared),
	KUNIT_CASE(mainline_throttle_holds_back),
	KUNIT_CASE(mainline_throttle_destroy_in_pause),
	{}
};

static struct kunit_suite mainline_throttle_test_suite = {
	.name = "dm_io_rust_mainline_throttle",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_throttle_test_cases,
};

kunit_test_suite(mainline_throttle_test_suite);
