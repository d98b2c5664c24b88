// SPDX-License-Identifier: GPL-2.0
/*
 * The least that it can cost to have another task do something and to wait for
 * it, as a copy's callback must not run within the caller's call.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "bench.h"

struct queue {
	struct workqueue_struct *workqueue;
	struct work_struct work;
	struct completion done;
};

static void queue_answer(struct work_struct *work)
{
	complete(&container_of(work, struct queue, work)->done);
}

static void *queue_create(void)
{
	struct queue *queue = kzalloc_obj(*queue);

	if (!queue)
		return ERR_PTR(-ENOMEM);
	INIT_WORK(&queue->work, queue_answer);
	queue->workqueue = alloc_workqueue("dm_io_rust_bench_wake", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	if (queue->workqueue)
		return queue;
	kfree(queue);
	return ERR_PTR(-ENOMEM);
}

static void queue_destroy(void *client)
{
	struct queue *queue = client;

	destroy_workqueue(queue->workqueue);
	kfree(queue);
}

static int queue_run(void *client, const struct load *load, unsigned int times)
{
	struct queue *queue = client;

	while (times--) {
		init_completion(&queue->done);
		queue_work(queue->workqueue, &queue->work);
		wait_for_completion(&queue->done);
	}
	return 0;
}

struct thread {
	struct task_struct *task;
	bool asked;
	struct completion done;
};

static int thread_main(void *context)
{
	struct thread *thread = context;

	while (!kthread_should_stop()) {
		if (xchg(&thread->asked, false))
			complete(&thread->done);
		set_current_state(TASK_IDLE);
		if (!READ_ONCE(thread->asked) && !kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static void *thread_create(void)
{
	struct thread *thread = kzalloc_obj(*thread);
	struct task_struct *task;

	if (!thread)
		return ERR_PTR(-ENOMEM);
	task = kthread_run(thread_main, thread, "dm_io_rust_bench");
	thread->task = task;
	if (!IS_ERR(task))
		return thread;
	kfree(thread);
	return task;
}

static void thread_destroy(void *client)
{
	struct thread *thread = client;

	kthread_stop(thread->task);
	kfree(thread);
}

static int thread_run(void *client, const struct load *load, unsigned int times)
{
	struct thread *thread = client;

	while (times--) {
		init_completion(&thread->done);
		WRITE_ONCE(thread->asked, true);
		wake_up_process(thread->task);
		wait_for_completion(&thread->done);
	}
	return 0;
}

/* What the floor has of this, which no bio is needed for. */
const struct service wake_service = {
	.name = "floor",
	.ways = {
		[QUEUE_WORK] = { queue_create, queue_destroy, queue_run },
		[WAKE_UP] = { thread_create, thread_destroy, thread_run },
	},
};
