// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of one client beside a long one: none of them waits until that has ended.
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"

/* In the sub-jobs of any client's reserve these are many. */
#define LONG_SECTORS (20 * SZ_512K / SECTOR_SIZE)
#define SHORT_SECTORS 9
#define PAGES 16

/**
 * struct turns - a long copy and short ones
 * @kc: their client
 * @from: all that is copied
 * @to: where the long copy goes
 * @aside: where the short ones go
 * @before: a short copy
 * @long_copy: the long one
 * @behind: a short copy that is started after the long one
 * @was_last: the long copy had ended when that did
 */
struct turns {
	struct copy_client *kc;
	struct test_disk *from;
	struct test_disk *to;
	struct test_disk *aside;
	struct copy_call *before;
	struct copy_call *long_copy;
	struct copy_call *behind;
	bool was_last;
};

static void note_order(struct test_request *req)
{
	struct turns *turns = req->context_of_ended;

	turns->was_last = atomic_read(&turns->long_copy->req->calls);
}

static struct turns *turns_create(struct kunit *test)
{
	struct turns *turns = kunit_kzalloc(test, sizeof(*turns), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, turns);
	turns->from = source_of(test, LONG_SECTORS);
	turns->to = disk_of(test, LONG_SECTORS);
	turns->aside = disk_of(test, SHORT_SECTORS);
	turns->before = copy_call_create(test);
	turns->long_copy = copy_call_create(test);
	turns->behind = copy_call_create(test);
	turns->behind->req->ended = note_order;
	turns->behind->req->context_of_ended = turns;
	turns->kc = copy_client_create(test, test->param_value, PAGES);
	return turns;
}

static void start(struct turns *turns, struct copy_call *call, struct test_disk *to)
{
	struct service_region source = region(turns->from, 0, to->sectors);
	struct service_region dest = region(to, 0, to->sectors);

	KUNIT_ASSERT_EQ(turns->kc->test, 0, copy_start(turns->kc, call, &source, 1, &dest, 0));
}

/* Waits for the short copy, and then for the long one. */
static void expect_turns(struct turns *turns)
{
	struct kunit *test = turns->kc->test;

	test_request_expect_copied(turns->behind->req, false, 0);
	test_disk_release_all(turns->to);
	test_request_expect_copied(turns->long_copy->req, false, 0);
	KUNIT_EXPECT_FALSE(test, turns->was_last);
	test_disk_expect_exactly(turns->to, REQ_OP_WRITE, 0, 0, LONG_SECTORS);
	test_disk_expect_copy(turns->to, 0, turns->from, 0, LONG_SECTORS);
}

/* Both are there when the client sees to them, and each bio has ended when it was submitted. */
static void turns_on_disks_that_end_at_once(struct kunit *test)
{
	struct turns *turns = turns_create(test);

	test_disk_linger(turns->aside);
	start(turns, turns->before, turns->aside);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_lingering(turns->aside, 1));
	start(turns, turns->long_copy, turns->to);
	start(turns, turns->behind, turns->aside);
	test_disk_linger_no_more(turns->aside);
	test_request_expect_copied(turns->before->req, false, 0);
	expect_turns(turns);
}

/* For each part that is begun, and for the short copy that waits, all orders of pages are tried. */
#define MOST_REFUSALS 200

/* The long copy has all the memory that there is, and gives it up for a time. */
static void turns_without_memory(struct kunit *test)
{
	struct turns *turns = turns_create(test);
	unsigned int refusals;
	bool has_begun;

	test_disk_hold_range(turns->to, 0, 1);
	refuse_memory(test);
	start(turns, turns->long_copy, turns->to);
	has_begun = test_disk_wait_held(turns->to);
	start(turns, turns->behind, turns->aside);
	/* After a flush the client has looked for memory. */
	if (turns->kc->service->flush)
		turns->kc->service->flush(turns->kc->client);
	test_disk_hold_range(turns->to, LONG_SECTORS - 1, 1);
	test_disk_release_oldest(turns->to);
	test_request_ends(turns->behind->req);
	refusals = refuse_memory_end(test);
	KUNIT_EXPECT_GT(test, refusals, 0);
	/* Who waits for memory does not ask for it all the time. */
	KUNIT_EXPECT_LT(test, refusals, MOST_REFUSALS);
	KUNIT_EXPECT_TRUE(test, has_begun);
	expect_turns(turns);
}

static struct kunit_case turns_test_cases[] = {
	KUNIT_CASE_PARAM(turns_on_disks_that_end_at_once, copy_service_gen_params),
	KUNIT_CASE_PARAM(turns_without_memory, copy_service_gen_params),
	{}
};

static struct kunit_suite turns_test_suite = {
	.name = "dm_io_rust_turns",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = turns_test_cases,
};

kunit_test_suite(turns_test_suite);
