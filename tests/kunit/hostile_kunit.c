// SPDX-License-Identifier: GPL-2.0
/*
 * Callers that give any arguments at all: a call is refused, or served, as the
 * headers say, and nothing is left of it.
 */
#include <kunit/test.h>
#include <linux/math.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>

#include "hostile.h"
#include "spare_pages.h"
#include "test_batches.h"

#define CALLS_OF_A_CASE 1000
/* What is taken once is taken in the first part of the calls; what loses pages does so in each. */
#define PARTS 4
/*
 * What others take or give back meanwhile is less. In all cases together it is not much more: the
 * checkers keep the stacks of allocations, of which there are ever fewer new ones.
 */
#define NOISE 32
#define NOISE_OF_ALL 256
#define NOISE_OF_A_CASE 8

static uint hostile_seed;
module_param(hostile_seed, uint, 0444);
MODULE_PARM_DESC(hostile_seed, "Seed of the hostile calls, 0 for a new one each time");

static uint hostile_calls = 2000;
module_param(hostile_calls, uint, 0444);
MODULE_PARM_DESC(hostile_calls, "How many hostile calls there are of each kind");

static const void *calls_gen_params(struct kunit *test, const void *prev, char *name)
{
	return test_batch_gen_params(hostile_calls, CALLS_OF_A_CASE, prev, name);
}

static long pages_now(struct hostile *h)
{
	hostile_settle(h);
	rcu_barrier();
	return spare_pages();
}

/**
 * struct kind - a kind of calls
 * @call: makes one
 * @first: the pages that there were after the first case
 * @cases: how many there were
 */
struct kind {
	void (*call)(struct hostile *h);
	long first;
	unsigned int cases;
};

/* What loses pages now and then has lost many in the end. */
static void expect_pages_of_first_case(struct hostile *h, struct kind *kind)
{
	long lost;

	if (!kind->first)
		kind->first = pages_now(h);
	lost = kind->first - pages_now(h);
	kunit_info(h->test, "%ld pages fewer than after the first case", lost);
	KUNIT_EXPECT_LT(h->test, lost, NOISE_OF_ALL + NOISE_OF_A_CASE * kind->cases++);
}

/* Calls, and expects no pages to be gone. */
static void make_calls(struct hostile *h, struct kind *kind, unsigned int calls)
{
	long lost = LONG_MAX;

	for (unsigned int part = 0; part < PARTS; part++) {
		unsigned int end = calls * (part + 1) / PARTS;
		long before = pages_now(h);

		while (h->calls < end) {
			hostile_aside(h);
			kind->call(h);
		}
		lost = min(lost, before - pages_now(h));
	}
	KUNIT_EXPECT_LT(h->test, lost, NOISE);
	expect_pages_of_first_case(h, kind);
}

/* Neither all calls are refused, nor all served. */
static void expect_both(struct hostile *h)
{
	kunit_info(h->test, "%u calls, %u served", h->calls, h->served);
	if (h->calls < CALLS_OF_A_CASE)
		return;
	KUNIT_EXPECT_GT(h->test, h->served, h->calls / 8);
	KUNIT_EXPECT_GT(h->test, h->calls - h->served, h->calls / 8);
}

/* Afterwards the module is as it was, but for what it has counted. */
static void hostile(struct kunit *test, struct kind *kind)
{
	struct hostile *h = hostile_create(test, test_batch_seed(test, hostile_seed));
	struct hostile_reserves *reserves = hostile_reserves_create(h);
	u64 counters[TEST_COUNTERS];

	test_counters_read(test, counters);
	make_calls(h, kind, test_batch_calls(test, hostile_calls, CALLS_OF_A_CASE));
	expect_both(h);
	test_counters_expect_more(test, counters, h->counted);
	hostile_expect_reserves(reserves);
}

static void hostile_requests(struct kunit *test)
{
	static struct kind requests = { .call = hostile_io_call };

	hostile(test, &requests);
}

static void hostile_copies(struct kunit *test)
{
	static struct kind copies = { .call = hostile_copy_call };

	hostile(test, &copies);
}

static struct kunit_case hostile_test_cases[] = {
	KUNIT_CASE_PARAM_ATTR(hostile_requests, calls_gen_params, { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(hostile_copies, calls_gen_params, { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite hostile_test_suite = {
	.name = "dm_io_rust_hostile",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = hostile_test_cases,
};

kunit_test_suite(hostile_test_suite);
