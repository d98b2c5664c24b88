// SPDX-License-Identifier: GPL-2.0
/*
 * Callers of a copy hold locks that the devices beneath want as well: dm-snapshot
 * its _origins_lock. So nothing is submitted from within their call.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define PART (SZ_512K / SECTOR_SIZE)

static void expect_not_from_here(struct test_disk *td)
{
	unsigned int from_here = 0;

	for (unsigned int i = 0; i < td->nr_log; i++)
		from_here += td->log[i].task == current;
	KUNIT_EXPECT_GT(td->test, td->nr_log, 0);
	KUNIT_EXPECT_EQ(td->test, from_here, 0);
}

static void caller_locks_copy(struct kunit *test)
{
	static const sector_t lengths[] = { 1, 8, PART, 3 * PART + 5 };
	struct copy_client *kc = copy_client_create(test, test->param_value, 1024);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct test_disk *from = disk_of(test, lengths[i]), *to = disk_of(test, lengths[i]);
		struct service_region source = { from->bdev, 0, lengths[i] };
		struct service_region dest = { to->bdev, 0, lengths[i] };
		struct copy_call *call = copy_call_create(test);

		KUNIT_ASSERT_EQ(test, 0, copy_start(kc, call, &source, 1, &dest, 0));
		test_request_expect_copied(call->req, false, 0);
		expect_not_from_here(from);
		expect_not_from_here(to);
	}
}

static void caller_locks_zeroing(struct kunit *test)
{
	static const unsigned int limits[] = { 0, PART };
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 128);

	for (int i = 0; i < ARRAY_SIZE(limits); i++) {
		struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
			.sectors = PART,
			.max_write_zeroes_sectors = limits[i],
		});
		struct dm_io_region dest = { td->bdev, 0, PART };
		struct test_request *req = test_request_create(test);

		test_request_started(req, 0);
		rust_dm_kcopyd_zero(kc->client, 1, &dest, 0, test_request_dm_kcopyd_done, req);
		test_request_expect_copied(req, false, 0);
		expect_not_from_here(td);
	}
}

/* Locks of targets. Where a task is stuck at one it stays so: hence none is for two cases. */
static DEFINE_MUTEX(mutex_of_mainline);
static DECLARE_RWSEM(rwsem_of_mainline);
#ifndef CONFIG_DM_IO_IN_RUST
static DEFINE_MUTEX(mutex_of_kcopyd);
static DECLARE_RWSEM(rwsem_of_kcopyd);
#endif

struct lock_case {
	const char *name;
	const struct copy_service *service;
	/* Held when a copy is started; if there is none the semaphore is. */
	struct mutex *mutex;
	struct rw_semaphore *rwsem;
};

static const struct lock_case lock_cases[] = {
#ifndef CONFIG_DM_IO_IN_RUST
	{ "kcopyd_mutex", &kcopyd_copies, .mutex = &mutex_of_kcopyd },
	{ "kcopyd_rwsem", &kcopyd_copies, .rwsem = &rwsem_of_kcopyd },
#endif
	{ "mainline_mutex", &mainline_copies, .mutex = &mutex_of_mainline },
	{ "mainline_rwsem", &mainline_copies, .rwsem = &rwsem_of_mainline },
};

KUNIT_ARRAY_PARAM_DESC(lock_case, lock_cases, name);

static void lock(const struct lock_case *c)
{
	if (c->mutex)
		mutex_lock(c->mutex);
	else
		down_read(c->rwsem);
}

static void unlock(const struct lock_case *c)
{
	if (c->mutex)
		mutex_unlock(c->mutex);
	else
		up_read(c->rwsem);
}

/* A target whose map takes the lock under which its copies are started. */
struct target {
	const struct lock_case *c;
	struct test_disk *upper;
	struct test_disk *lower;
	struct copy_client *kc;
	struct copy_call *call;
	struct test_thread *writer;
	int ret;
};

static void target_map(struct bio *bio, void *context)
{
	struct target *target = context;

	lock(target->c);
	unlock(target->c);
	test_disk_end_mapped(target->upper, bio, BLK_STS_OK);
}

static void write_rwsem(void *rwsem)
{
	down_write(rwsem);
	up_write(rwsem);
}

static void target_copy(void *context)
{
	struct target *target = context;
	struct service_region source = { target->upper->bdev, 0, 8 };
	struct service_region dests[2] = {
		{ target->lower->bdev, 0, 8 }, { target->upper->bdev, 8, 8 },
	};

	lock(target->c);
	if (target->c->rwsem) {
		test_thread_start(target->writer);
		test_thread_wait_blocked(target->writer);
	}
	target->ret = copy_start(target->kc, target->call, &source, 2, dests, 0);
	unlock(target->c);
}

static void caller_locks_are_wanted_below(struct kunit *test)
{
	struct target *target = kunit_kzalloc(test, sizeof(*target), GFP_KERNEL);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, target);
	target->c = test->param_value;
	target->lower = disk_of(test, 16);
	target->upper = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 16,
		.map = target_map,
		.context_of_hooks = target,
	});
	target->kc = copy_client_create(test, target->c->service, 16);
	target->call = copy_call_create(test);
	target->writer = test_thread_create(test, write_rwsem, target->c->rwsem);
	thread = test_thread_create(test, target_copy, target);
	test_thread_start(thread);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, target->ret, 0);
	test_request_expect_copied(target->call->req, false, 0);
	if (target->c->rwsem)
		test_thread_wait(target->writer);
}

static struct kunit_case caller_locks_test_cases[] = {
	KUNIT_CASE_PARAM(caller_locks_copy, copy_service_gen_params),
	KUNIT_CASE(caller_locks_zeroing),
	KUNIT_CASE_PARAM(caller_locks_are_wanted_below, lock_case_gen_params),
	{}
};

static struct kunit_suite caller_locks_test_suite = {
	.name = "dm_io_rust_caller_locks",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = caller_locks_test_cases,
};

kunit_test_suite(caller_locks_test_suite);
