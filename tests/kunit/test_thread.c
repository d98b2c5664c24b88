// SPDX-License-Identifier: GPL-2.0
#include "test_thread.h"

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "test_disk.h"

static int run(void *data)
{
	struct test_thread *thread = data;

	thread->fn(thread->context);
	complete_all(&thread->ended);
	return 0;
}

static void test_thread_destroy(void *data)
{
	struct test_thread *thread = data;

	test_disks_release_all();
	if (thread->started &&
	    !wait_for_completion_timeout(&thread->ended, TEST_TIMEOUT)) {
		KUNIT_FAIL(thread->test, "a call never returned");
		return;
	}
	kthread_stop(thread->task);
	put_task_struct(thread->task);
	kfree(thread);
}

struct test_thread *test_thread_create(struct kunit *test,
				       void (*fn)(void *context),
				       void *context)
{
	struct test_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, thread);
	thread->test = test;
	thread->fn = fn;
	thread->context = context;
	init_completion(&thread->ended);
	thread->task = kthread_create(run, thread, "dm_io_rust_test");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread->task);
	get_task_struct(thread->task);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, test_thread_destroy,
						  thread));
	return thread;
}

void test_thread_start(struct test_thread *thread)
{
	thread->started = true;
	wake_up_process(thread->task);
}

bool test_thread_has_ended(struct test_thread *thread)
{
	return completion_done(&thread->ended);
}

void test_thread_wait(struct test_thread *thread)
{
	KUNIT_ASSERT_NE(thread->test, 0,
			wait_for_completion_timeout(&thread->ended,
						    TEST_TIMEOUT));
}

void test_thread_wait_blocked(struct test_thread *thread)
{
	while (!test_thread_has_ended(thread) &&
	       !wait_task_inactive(thread->task, TASK_NORMAL))
		cond_resched();
}
