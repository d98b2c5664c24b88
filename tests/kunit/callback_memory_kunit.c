// SPDX-License-Identifier: GPL-2.0
/*
 * What a callback starts when there is no memory: its first copy need not wait for
 * another job, whoever has the memory of the one that it is called back for.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

/* More than a client has jobs set aside for. */
#define MOST_JOBS 64

/**
 * struct contest - a callback and another task that both start a copy
 * @kc: the client
 * @first_disk: where the first copy is, and the one that its callback starts
 * @td: where all others are
 * @first: the call whose callback starts another
 * @next: that one
 * @calls: those that use up the client's memory; the last waits for some
 * @started: how many of them were
 * @filler: who starts them
 * @ret: what the callback's start returned
 * @called_back: when it had
 */
struct contest {
	struct copy_client *kc;
	struct test_disk *first_disk;
	struct test_disk *td;
	struct copy_call first;
	struct copy_call *next;
	struct copy_call *calls[MOST_JOBS];
	unsigned int started;
	struct test_thread *filler;
	int ret;
	struct completion called_back;
};

static int start_one(struct contest *contest, struct test_disk *td, struct copy_call *call)
{
	struct service_region from = { td->bdev, 0, 8 }, to = { td->bdev, 8, 8 };

	return copy_start(contest->kc, call, &from, 1, &to, 0);
}

/* If the other task is to have this job's memory it has it before the copy is started. */
static void start_next(struct copy_call *call, int read_err, unsigned long write_err)
{
	struct contest *contest = container_of(call, struct contest, first);

	test_thread_wait_blocked(contest->filler);
	contest->ret = start_one(contest, contest->first_disk, contest->next);
	complete(&contest->called_back);
	copy_call_done(call, read_err, write_err);
}

static void use_up(void *context)
{
	struct contest *contest = context;

	refuse_memory_here_too();
	for (unsigned int i = 0; i < MOST_JOBS; i++) {
		start_one(contest, contest->td, contest->calls[i]);
		WRITE_ONCE(contest->started, i + 1);
	}
}

static struct contest *contest_create(struct kunit *test)
{
	struct contest *contest = kunit_kzalloc(test, sizeof(*contest), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, contest);
	contest->first_disk = test_disk_create(test, &(struct test_disk_config) { .sectors = 16 });
	contest->td = test_disk_create(test, &(struct test_disk_config) { .sectors = 16 });
	contest->kc = copy_client_create(test, test->param_value, 16);
	contest->first.fn = start_next;
	contest->first.req = test_request_create(test);
	contest->next = copy_call_create(test);
	for (int i = 0; i < MOST_JOBS; i++)
		contest->calls[i] = copy_call_create(test);
	contest->filler = test_thread_create(test, use_up, contest);
	init_completion(&contest->called_back);
	return contest;
}

static void callback_memory_is_its_own(struct kunit *test)
{
	struct contest *contest = contest_create(test);

	test_disk_hold(contest->first_disk);
	test_disk_hold(contest->td);
	refuse_memory(test);
	KUNIT_ASSERT_EQ(test, 0, start_one(contest, contest->first_disk, &contest->first));
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(contest->first_disk, 1));
	test_thread_start(contest->filler);
	test_thread_wait_blocked(contest->filler);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(contest->filler));

	test_disk_release_all(contest->first_disk);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&contest->called_back, TEST_TIMEOUT));
	KUNIT_EXPECT_EQ(test, contest->ret, 0);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(contest->filler));

	test_disk_release_all(contest->td);
	test_thread_wait(contest->filler);
	test_request_expect_copied(contest->first.req, false, 0);
	test_request_expect_copied(contest->next->req, false, 0);
	for (int i = 0; i < MOST_JOBS; i++)
		test_request_expect_copied(contest->calls[i]->req, false, 0);
	refuse_memory_end(test);
	/* A job and a sub-job for each, and in the callback the kernel's memory: it cannot wait. */
	KUNIT_EXPECT_GE(test, refuse_memory_asks_of_reserve(), 2 * (MOST_JOBS + 2));
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 1);
}

static struct kunit_case callback_memory_test_cases[] = {
	KUNIT_CASE_PARAM(callback_memory_is_its_own, copy_service_gen_params),
	{}
};

static struct kunit_suite callback_memory_test_suite = {
	.name = "dm_io_rust_callback_memory",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = callback_memory_test_cases,
};

kunit_test_suite(callback_memory_test_suite);
