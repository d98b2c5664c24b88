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

/* Without a limit nothing is held back; and the throttle is its owner's. */
static void mainline_throttle_of_all_the_time(struct kunit *test)
{
	const struct dm_kcopyd_throttle owners = { .throttle = 100, .last_jiffies = jiffies };
	struct dm_kcopyd_throttle throttle = owners;
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
	}
	KUNIT_EXPECT_MEMEQ(test, &throttle, &owners, sizeof(owners));
	test_disk_release_all(from);
	rust_dm_kcopyd_client_flush(kc);
	KUNIT_EXPECT_EQ(test, to->nr_log, 6);

	test_disk_release_all(to);
	for (int i = 0; i < ARRAY_SIZE(req); i++)
		test_request_expect_copied(req[i], false, 0);
	test_expect_same(test, to->data, from->data, 24 * SECTOR_SIZE, "copies");
	test_jobs_client_destroy(test, kc);
	KUNIT_EXPECT_MEMEQ(test, &throttle, &owners, sizeof(owners));
}

/* Lets more time pass than has since @since. */
static void outlast_time(unsigned long since)
{
	schedule_timeout_uninterruptible(jiffies - since + 5);
}

/*
 * What one client has in flight counts for the other, until it has ended; also when
 * its client is gone.
 */
static void mainline_throttle_is_shared(struct kunit *test)
{
	const struct dm_kcopyd_throttle owners = { .throttle = 50, .last_jiffies = jiffies };
	const unsigned long started = jiffies;
	struct dm_kcopyd_throttle throttle = owners;
	struct dm_kcopyd_client *kc[2] = {
		test_jobs_client(test, &throttle), test_jobs_client(test, &throttle),
	};
	struct test_disk *td = source_of(test, 32);
	struct dm_io_region source = region(td, 0, 8), dests[3];
	struct test_request *req[3];
	unsigned int nr_log;

	for (int i = 0; i < ARRAY_SIZE(req); i++) {
		req[i] = test_request_create(test);
		dests[i] = region(td, 8 + 8 * i, 8);
	}
	test_disk_hold(td);
	test_job_copy(kc[0], req[0], &source, 1, &dests[0], 0);
	rust_dm_kcopyd_client_flush(kc[0]);
	KUNIT_EXPECT_EQ(test, td->nr_log, 1);
	outlast_time(started);
	test_job_copy(kc[1], req[1], &source, 1, &dests[1], 0);
	rust_dm_kcopyd_client_flush(kc[1]);
	KUNIT_EXPECT_EQ(test, td->nr_log, 1);
	test_disk_release_all(td);
	test_request_expect_copied(req[0], false, 0);
	test_request_expect_copied(req[1], false, 0);
	test_jobs_client_destroy(test, kc[0]);

	outlast_time(started);
	nr_log = td->nr_log;
	test_disk_hold(td);
	test_job_copy(kc[1], req[2], &source, 1, &dests[2], 0);
	rust_dm_kcopyd_client_flush(kc[1]);
	KUNIT_EXPECT_EQ(test, td->nr_log, nr_log + 1);
	test_disk_release_all(td);
	test_request_expect_copied(req[2], false, 0);
	test_jobs_client_destroy(test, kc[1]);
	KUNIT_EXPECT_MEMEQ(test, &throttle, &owners, sizeof(owners));
}

/* A limit of which all has been used, or nothing yet. */
static struct dm_kcopyd_throttle throttle_used_for(unsigned int ticks)
{
	return (struct dm_kcopyd_throttle) {
		.throttle = 1,
		.io_period = ticks,
		.total_period = ticks,
		.last_jiffies = jiffies,
	};
}

/* Whether a copy by the client is started at once. It ends when there is no limit. */
static bool starts_at_once(struct kunit *test, struct test_disk *td, struct dm_kcopyd_client *kc,
			   struct test_request *req)
{
	struct dm_io_region from = region(td, 0, 8), to = region(td, 8, 8);
	unsigned int nr_log = td->nr_log;

	test_job_copy(kc, req, &from, 1, &to, 0);
	rust_dm_kcopyd_client_flush(kc);
	return td->nr_log == nr_log + 1;
}

/*
 * Each throttle has an account of its own, whichever of them had users first, and
 * begins anew with what its owner says when it has users again.
 */
static void mainline_throttle_each_has_an_account(struct kunit *test)
{
	struct test_disk *td = source_of(test, 16);

	for (int gone = 0; gone < 3; gone++) {
		struct dm_kcopyd_throttle throttles[3];
		struct dm_kcopyd_client *kc[3];
		struct test_request *req[3];

		for (int i = 0; i < 3; i++) {
			throttles[i] = throttle_used_for(0);
			kc[i] = test_jobs_client(test, &throttles[i]);
			req[i] = test_request_create(test);
		}
		for (int i = 0; i < 3; i++)
			throttles[i] = throttle_used_for(HZ - 1);
		test_jobs_client_destroy(test, kc[gone]);
		kc[gone] = test_jobs_client(test, &throttles[gone]);
		test_disk_hold(td);
		for (int i = 0; i < 3; i++)
			KUNIT_EXPECT_EQ(test, starts_at_once(test, td, kc[i], req[i]), i != gone);
		for (int i = 0; i < 3; i++)
			WRITE_ONCE(throttles[i].throttle, 100);
		test_disk_release_all(td);
		for (int i = 0; i < 3; i++) {
			test_request_expect_copied(req[i], false, 0);
			test_jobs_client_destroy(test, kc[i]);
		}
	}
}

/*
 * An account of which more is used up than the limit allows. The read and the
 * write are held back for a while, and are done all the same. Only that it was
 * no less than a pause each is looked at, which no slow machine can belie.
 */
static void mainline_throttle_holds_back(struct kunit *test)
{
	const struct dm_kcopyd_throttle owners = throttle_used_for(HZ - 1);
	struct dm_kcopyd_throttle throttle = owners;
	struct dm_kcopyd_client *kc = test_jobs_client(test, &throttle);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);
	struct test_request *req = test_request_create(test);
	unsigned long started = jiffies;

	test_job_copy(kc, req, &source, 1, &dest, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, started + msecs_to_jiffies(200)));
	KUNIT_EXPECT_EQ(test, from->nr_log, 1);
	KUNIT_EXPECT_EQ(test, to->nr_log, 1);
	test_disk_expect_copy(to, 0, from, 0, 8);
	test_jobs_client_destroy(test, kc);
	KUNIT_EXPECT_MEMEQ(test, &throttle, &owners, sizeof(owners));
}

/*
 * Another client has an I/O in flight all the while, which uses up what the limit
 * allows: a copy is held back, and is done all the same.
 */
static void mainline_throttle_beside_another(struct kunit *test)
{
	struct dm_kcopyd_throttle throttle = throttle_used_for(0);
	struct test_disk *held = source_of(test, 16), *td = source_of(test, 16);
	struct dm_kcopyd_client *kc[2] = {
		test_jobs_client(test, &throttle), test_jobs_client(test, &throttle),
	};
	struct test_request *req[2] = { test_request_create(test), test_request_create(test) };
	const unsigned long started = jiffies;

	test_disk_hold(held);
	KUNIT_EXPECT_TRUE(test, starts_at_once(test, held, kc[0], req[0]));
	outlast_time(started);
	KUNIT_EXPECT_FALSE(test, starts_at_once(test, td, kc[1], req[1]));
	test_request_expect_copied(req[1], false, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&req[0]->calls), 0);
	test_disk_release_all(held);
	test_request_expect_copied(req[0], false, 0);
	for (int i = 0; i < 2; i++)
		test_jobs_client_destroy(test, kc[i]);
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
		*throttle = throttle_used_for(HZ - 1);
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
	KUNIT_CASE(mainline_throttle_of_all_the_time),
	KUNIT_CASE(mainline_throttle_is_shared),
	KUNIT_CASE(mainline_throttle_each_has_an_account),
	KUNIT_CASE(mainline_throttle_holds_back),
	KUNIT_CASE(mainline_throttle_beside_another),
	KUNIT_CASE(mainline_throttle_destroy_in_pause),
	{}
};

static struct kunit_suite mainline_throttle_test_suite = {
	.name = "dm_io_rust_mainline_throttle",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_throttle_test_cases,
};

kunit_test_suite(mainline_throttle_test_suite);
