// SPDX-License-Identifier: GPL-2.0
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>

#include "report.h"
#include "worker.h"

/* Of a classic client. */
#define MOST_PAGES 256

u32 worker_below(struct worker *worker, u32 limit)
{
	return ((u64)prandom_u32_state(&worker->random) * limit) >> 32;
}

bool worker_once_in(struct worker *worker, u32 times)
{
	return !worker_below(worker, times);
}

static struct request *find(struct worker *worker, bool (*is_it)(const struct request *request))
{
	for (int i = 0; i < WORKER_REQUESTS; i++)
		if (is_it(&worker->requests[i]))
			return &worker->requests[i];
	return NULL;
}

static bool is_in_use(const struct request *request)
{
	return READ_ONCE(request->in_use);
}

static bool is_idle(const struct request *request)
{
	return !is_in_use(request);
}

static bool has_ended(const struct request *request)
{
	/* What it was called back with is read then. */
	return is_in_use(request) && smp_load_acquire(&request->has_ended);
}

/* A request that has ended is compared with the model, and can be another then. */
static void check_ended(struct worker *worker)
{
	struct request *request;

	while ((request = find(worker, has_ended))) {
		request_check(request);
		/* Its callback has let go of the lock. */
		guard(spinlock_irq)(&worker->wait.lock);
		WRITE_ONCE(request->in_use, false);
		wake_up_all_locked(&worker->wait);
	}
}

static void wait_for_any(struct worker *worker)
{
	wait_event(worker->wait, find(worker, has_ended));
	check_ended(worker);
}

static int create_copies(struct worker *worker)
{
	worker->kc = dm_kcopyd_client_create(NULL);
	return PTR_ERR_OR_ZERO(worker->kc);
}

static int create_classic(struct worker *worker)
{
	return classic_create(&worker->classic, 1 + worker_below(worker, MOST_PAGES));
}

static void find_outlived(struct worker *worker, bool is_classic)
{
	for (int i = 0; i < WORKER_REQUESTS; i++) {
		struct request *request = &worker->requests[i];

		if (is_in_use(request) && request_is_copy(request) && !has_ended(request) &&
		    request->is_classic == is_classic)
			request_report(request, "has outlived its client");
	}
}

/* Destroying a client waits for its copies, whose callbacks have returned then. */
static int renew_copies(struct worker *worker)
{
	bool is_classic = worker_once_in(worker, 2);
	int ret;

	if (is_classic)
		classic_destroy(&worker->classic);
	else
		dm_kcopyd_client_destroy(worker->kc);
	find_outlived(worker, is_classic);
	ret = is_classic ? create_classic(worker) : create_copies(worker);
	if (ret)
		report_wrong("worker %u has no client: %d", worker->index, ret);
	return ret;
}

static int work(void *context)
{
	struct worker *worker = context;
	struct request *request;
	int ret = 0;

	while (!kthread_should_stop() && !ret) {
		request = find(worker, is_idle);
		if (request) {
			request_choose(request);
			request_start(request);
			check_ended(worker);
		} else {
			wait_for_any(worker);
		}
		if (worker_once_in(worker, 256))
			dm_kcopyd_client_flush(worker->kc);
		if (worker_once_in(worker, 512))
			ret = renew_copies(worker);
		cond_resched();
	}
	while (find(worker, is_in_use))
		wait_for_any(worker);
	wait_event_interruptible(worker->wait, kthread_should_stop());
	return ret;
}

static int create(struct worker *worker)
{
	int ret;

	for (int i = 0; i < WORKER_REQUESTS; i++) {
		ret = memory_create(&worker->requests[i].memory);
		worker->requests[i].worker = worker;
		if (ret)
			return ret;
	}
	worker->io = dm_io_client_create();
	if (IS_ERR(worker->io))
		return PTR_ERR(worker->io);
	ret = create_copies(worker) ?: create_classic(worker);
	if (ret)
		return ret;
	worker->task = kthread_run(work, worker, "soak/%u", worker->index);
	return PTR_ERR_OR_ZERO(worker->task);
}

struct worker *worker_create(unsigned int index, unsigned int of, u32 seed)
{
	struct worker *worker = kvzalloc_obj(*worker);
	int ret;

	if (!worker)
		return ERR_PTR(-ENOMEM);
	worker->index = index;
	worker->of = of;
	prandom_seed_state(&worker->random, (u64)seed << 32 | index);
	init_waitqueue_head(&worker->wait);
	ret = create(worker);
	if (!ret)
		return worker;
	worker_destroy(worker);
	return ERR_PTR(ret);
}

void worker_stop(struct worker *worker)
{
	if (!IS_ERR_OR_NULL(worker->task))
		kthread_stop(worker->task);
	worker->task = NULL;
}

void worker_destroy(struct worker *worker)
{
	worker_stop(worker);
	dm_kcopyd_client_destroy(worker->kc);
	classic_destroy(&worker->classic);
	dm_io_client_destroy(worker->io);
	for (int i = 0; i < WORKER_REQUESTS; i++)
		memory_destroy(&worker->requests[i].memory);
	kvfree(worker);
}

void worker_settle(struct worker *worker)
{
	for (int i = 0; i < WORKER_REQUESTS; i++) {
		struct request *request = &worker->requests[i];
		unsigned int serial = READ_ONCE(request->serial);

		wait_event(worker->wait, !is_in_use(request) ||
			   READ_ONCE(request->serial) != serial);
	}
}

void worker_find_late(struct worker *worker, unsigned int limit)
{
	for (int i = 0; i < WORKER_REQUESTS; i++) {
		struct request *request = &worker->requests[i];

		if (!is_in_use(request) || has_ended(request) || READ_ONCE(request->is_late) ||
		    time_before(jiffies, READ_ONCE(request->since) + limit * HZ))
			continue;
		WRITE_ONCE(request->is_late, true);
		request_report(request, "has not ended after %u s", limit);
	}
}
