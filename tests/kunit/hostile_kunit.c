// SPDX-License-Identifier: GPL-2.0
/*
 * Callers that give any arguments at all: a call is refused, or served, as the
 * headers say, and nothing is left of it.
 */
#include <kunit/test.h>
#include <linux/moduleparam.h>
#include <linux/random.h>

#include "hostile.h"

static uint hostile_seed;
module_param(hostile_seed, uint, 0444);
MODULE_PARM_DESC(hostile_seed, "Seed of the hostile calls, 0 for a new one each time");

static uint hostile_calls = 2000;
module_param(hostile_calls, uint, 0444);
MODULE_PARM_DESC(hostile_calls, "How many hostile calls there are of each kind");

static struct hostile *create(struct kunit *test)
{
	return hostile_create(test, hostile_seed ?: get_random_u32());
}

/* Neither all calls are refused, nor all served. */
static void expect_both(struct hostile *h)
{
	kunit_info(h->test, "%u calls, %u served", h->calls, h->served);
	KUNIT_EXPECT_GT(h->test, h->served, h->calls / 8);
	KUNIT_EXPECT_GT(h->test, h->calls - h->served, h->calls / 8);
}

static void hostile_requests(struct kunit *test)
{
	struct hostile *h = create(test);
	struct hostile_io *io = hostile_io_create(h);

	while (h->calls < hostile_calls)
		hostile_io_call(io);
	expect_both(h);
}

static void hostile_copies(struct kunit *test)
{
	struct hostile *h = create(test);
	struct hostile_copy *copy = hostile_copy_create(h);

	while (h->calls < hostile_calls)
		hostile_copy_call(copy);
	expect_both(h);
}

static struct kunit_case hostile_test_cases[] = {
	KUNIT_CASE_SLOW(hostile_requests),
	KUNIT_CASE_SLOW(hostile_copies),
	{}
};

static struct kunit_suite hostile_test_suite = {
	.name = "dm_io_rust_hostile",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = hostile_test_cases,
};

kunit_test_suite(hostile_test_suite);
