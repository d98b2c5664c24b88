/* SPDX-License-Identifier: GPL-2.0 */
/* A task with clients of its own, which has several requests in flight. */
#ifndef _SOAK_WORKER_H
#define _SOAK_WORKER_H

#include <linux/prandom.h>
#include <linux/wait.h>

#include "classic.h"
#include "request.h"

#define WORKER_REQUESTS 8

struct dm_io_client;
struct dm_kcopyd_client;
struct task_struct;

/**
 * struct worker - a worker
 * @index: which it is of @of
 * @of: how many there are; each has its part of every disk
 * @task: the task
 * @random: every choice comes from it
 * @io: the client for I/O
 * @kc: the client for copies
 * @classic: what classic requests are made with
 * @writes: how many requests had data to write
 * @requests: the requests, in flight or not
 * @wait: woken when one has ended, or was checked
 */
struct worker {
	unsigned int index;
	unsigned int of;
	struct task_struct *task;
	struct rnd_state random;
	struct dm_io_client *io;
	struct dm_kcopyd_client *kc;
	struct classic classic;
	u64 writes;
	struct request requests[WORKER_REQUESTS];
	wait_queue_head_t wait;
};

u32 worker_below(struct worker *worker, u32 limit);
bool worker_once_in(struct worker *worker, u32 times);
/* Nothing that is in flight is there, nor what a request that is being chosen has by now. */
bool worker_is_free(const struct worker *worker, const struct place *place);

struct worker *worker_create(unsigned int index, unsigned int of, u32 seed);
/* Waits for what is in flight. */
void worker_stop(struct worker *worker);
void worker_destroy(struct worker *worker);
/* Waits for all requests that are in flight now. */
void worker_settle(struct worker *worker);
/* Reports requests that have not ended after so many seconds. */
void worker_find_late(struct worker *worker, unsigned int limit);

#endif /* _SOAK_WORKER_H */
