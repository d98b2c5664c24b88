/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thread for a call that a test expects to wait.
 */
#ifndef _DM_IO_RUST_TEST_THREAD_H
#define _DM_IO_RUST_TEST_THREAD_H

#include <linux/completion.h>
#include <linux/types.h>

struct kunit;
struct task_struct;

/**
 * struct test_thread - the thread
 * @task: it
 * @ended: completed when the function has returned
 */
struct test_thread {
	struct task_struct *task;
	struct completion ended;
	/* private: */
	struct kunit *test;
	void (*fn)(void *context);
	void *context;
	bool started;
};

/*
 * A thread for @fn, which runs once it is started: that needs no memory. The
 * test's cleanup releases what disks hold, and waits for the thread.
 */
struct test_thread *test_thread_create(struct kunit *test,
				       void (*fn)(void *context),
				       void *context);
void test_thread_start(struct test_thread *thread);

bool test_thread_has_ended(struct test_thread *thread);
void test_thread_wait(struct test_thread *thread);

/* Waits until the thread sleeps and nothing wakes it, or has ended. */
void test_thread_wait_blocked(struct test_thread *thread);

#endif /* _DM_IO_RUST_TEST_THREAD_H */
