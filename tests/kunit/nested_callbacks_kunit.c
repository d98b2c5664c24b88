// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks that start the next request, which ends before its call returns: one
 * that has nothing to wait for, or one without memory, which is done from the
 * stack of its caller. Its callback is called there, too, or by a worker.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

/* More than any stack has room for. */
#define REQUESTS 1000

/**
 * struct chain - requests, each of which is started by the callback of the one before
 * @opf: what they do
 * @where: the region
 * @buf: their data, and the client
 * @ended: how many of them have
 * @failed: what any of them was told
 * @done: the last one has ended
 * @upper: if set, a disk whose map function starts the chain
 */
struct chain {
	blk_opf_t opf;
	struct dm_io_region where;
	struct service_buffer *buf;
	unsigned int ended;
	unsigned long failed;
	struct completion done;
	struct test_disk *upper;
};

static void chain_next(struct chain *chain);

static void chain_ended(unsigned long error, unsigned long unsup, void *context)
{
	struct chain *chain = context;

	chain->failed |= error | unsup;
	if (++chain->ended == REQUESTS)
		complete(&chain->done);
	else
		chain_next(chain);
}

static void chain_next(struct chain *chain)
{
	struct dm_io_request request = {
		.bi_opf = chain->opf,
		.mem = { .type = DM_IO_KMEM, .ptr.addr = chain->buf->ptr },
		.notify = { .fn = chain_ended, .context = chain },
		.client = chain->buf->client,
	};

	if (rust_dm_io(&request, 1, &chain->where, NULL, NULL, IOPRIO_DEFAULT))
		chain->failed = ULONG_MAX;
}

static struct chain *chain_create(struct service_buffer *buf, blk_opf_t opf,
				  struct dm_io_region where)
{
	struct chain *chain = kunit_kzalloc(buf->test, sizeof(*chain), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(buf->test, chain);
	chain->opf = opf;
	chain->where = where;
	chain->buf = buf;
	init_completion(&chain->done);
	return chain;
}

/* What is submitted here is looked at when this has returned, but for what is waited for. */
static void map_chain(struct bio *bio, void *context)
{
	struct chain *chain = context;

	chain_next(chain);
	test_disk_end_mapped(chain->upper, bio, BLK_STS_OK);
}

/* Has the map function of a disk called. Returns 0, or what has failed. */
static unsigned long write_to_upper(struct service_buffer *buf, struct test_disk *upper)
{
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE,
		.mem = { .type = DM_IO_KMEM, .ptr.addr = buf->ptr },
		.client = buf->client,
	};
	struct dm_io_region where = { .bdev = upper->bdev, .count = 1 };

	return rust_dm_io(&request, 1, &where, NULL, NULL, IOPRIO_DEFAULT);
}

static void chain_run(void *context)
{
	struct chain *chain = context;

	refuse_memory_here_too();
	if (!chain->upper)
		chain_next(chain);
	else if (write_to_upper(chain->buf, chain->upper))
		chain->failed = ULONG_MAX;
}

/* Takes all that the client has set aside. */
static void use_up_reserve(struct service_buffer *buf, struct test_disk *slow,
			   struct test_request **req)
{
	struct service_region where = region(slow, 0, 1);

	test_disk_hold(slow);
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++) {
		int ret = buf->service->io(buf, 1, &where, REQ_OP_WRITE, req[i]);

		KUNIT_ASSERT_EQ(buf->test, test_request_started(req[i], ret), 0);
	}
	KUNIT_ASSERT_EQ(buf->test, slow->nr_log, SERVICE_RESERVED_REQUESTS);
}

/* Before the stack is used up, one waits for memory instead, and is asynchronous again. */
static void end_before_the_stack_does(struct kunit *test, bool from_map)
{
	struct service_buffer *buf = service_buffer_create(test, &mainline_kmem, 0, SECTOR_SIZE);
	struct dm_io_region where = { .bdev = disk_of(test, 8)->bdev, .count = 1 };
	struct chain *chain = chain_create(buf, REQ_OP_WRITE, where);
	struct test_disk *slow = disk_of(test, 8);
	struct test_request *req[SERVICE_RESERVED_REQUESTS];
	struct test_thread *thread;

	if (from_map)
		chain->upper = test_disk_create(test, &(struct test_disk_config) {
			.sectors = 8, .map = map_chain, .context_of_hooks = chain,
		});
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++)
		req[i] = test_request_create(test);
	thread = test_thread_create(test, chain_run, chain);
	refuse_memory(test);
	use_up_reserve(buf, slow, req);

	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	KUNIT_EXPECT_GT(test, READ_ONCE(chain->ended), 1);
	KUNIT_EXPECT_LT(test, READ_ONCE(chain->ended), REQUESTS);
	KUNIT_ASSERT_TRUE(test, test_disk_release_oldest(slow));

	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&chain->done, TEST_TIMEOUT));
	test_thread_wait(thread);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 0);
	KUNIT_EXPECT_EQ(test, chain->ended, REQUESTS);
	KUNIT_EXPECT_EQ(test, chain->failed, 0);
	test_disk_release_all(slow);
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++)
		test_request_wait(req[i]);
}

static void nested_callbacks_end_before_the_stack_does(struct kunit *test)
{
	end_before_the_stack_does(test, false);
}

static void nested_callbacks_in_a_map_function(struct kunit *test)
{
	end_before_the_stack_does(test, true);
}

/**
 * struct at_once_case - requests that end before their call returns
 * @name: of the case
 * @opf: what they do
 * @sector: where, on a disk of 8 sectors without a cache
 * @count: how many sectors
 * @failed: what each is told
 */
static const struct at_once_case {
	const char *name;
	blk_opf_t opf;
	sector_t sector;
	sector_t count;
	unsigned long failed;
} at_once_cases[] = {
	{ "flush", REQ_OP_WRITE | REQ_PREFLUSH, 0, 0, 0 },
	{ "no_sectors", REQ_OP_WRITE, 0, 0, 0 },
	{ "write_beyond_the_end", REQ_OP_WRITE, 8, 1, 1 },
	{ "read_beyond_the_end", REQ_OP_READ, 8, 1, 1 },
};

KUNIT_ARRAY_PARAM_DESC(at_once_case, at_once_cases, name);

/* With all the memory that there is. */
static void nested_callbacks_of_what_ends_at_once(struct kunit *test)
{
	const struct at_once_case *c = test->param_value;
	struct service_buffer *buf = service_buffer_create(test, &mainline_kmem, 0, SECTOR_SIZE);
	struct dm_io_region where = {
		.bdev = disk_of(test, 8)->bdev, .sector = c->sector, .count = c->count,
	};
	struct chain *chain = chain_create(buf, c->opf, where);

	chain_next(chain);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&chain->done, TEST_TIMEOUT));
	KUNIT_EXPECT_EQ(test, chain->ended, REQUESTS);
	KUNIT_EXPECT_EQ(test, chain->failed, c->failed);
}

/**
 * struct one_more - a request beyond what the client has set aside
 * @buf: its data, and the client
 * @td: the disk that it writes to
 * @req: what it is told at its end
 * @returned: its call has returned
 * @refusals: how often that was refused memory
 * @unrefusable: how often it would have waited for memory as long as there is none
 */
struct one_more {
	struct service_buffer *buf;
	struct test_disk *td;
	struct test_request *req;
	struct completion returned;
	unsigned int refusals;
	unsigned int unrefusable;
};

static void one_more_run(void *context)
{
	struct one_more *more = context;
	struct kunit *test = more->buf->test;
	struct service_region where = region(more->td, 0, 1);
	int ret;

	refuse_memory_at_hand_only_here(test);
	ret = more->buf->service->io(more->buf, 1, &where, REQ_OP_WRITE, more->req);
	complete(&more->returned);
	more->refusals = refuse_memory_end(test);
	more->unrefusable = refuse_memory_unrefusable();
	test_request_started(more->req, ret);
}

/* The task may be the one that is to end those bios: it waits for none. */
static void nested_callback_does_not_wait_for_its_device(struct kunit *test)
{
	struct service_buffer *buf = service_buffer_create(test, &mainline_kmem, 0, SECTOR_SIZE);
	struct one_more *more = kunit_kzalloc(test, sizeof(*more), GFP_KERNEL);
	struct test_disk *slow = disk_of(test, 8);
	struct test_request *req[SERVICE_RESERVED_REQUESTS];
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, more);
	*more = (struct one_more) { .buf = buf, .td = slow, .req = test_request_create(test) };
	init_completion(&more->returned);
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++)
		req[i] = test_request_create(test);
	thread = test_thread_create(test, one_more_run, more);
	use_up_reserve(buf, slow, req);

	test_thread_start(thread);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&more->returned, TEST_TIMEOUT));
	KUNIT_EXPECT_EQ(test, atomic_read(&more->req->calls), 0);
	test_disk_release_all(slow);
	test_thread_wait(thread);
	KUNIT_EXPECT_GT(test, more->refusals, 0);
	KUNIT_EXPECT_EQ(test, more->unrefusable, 0);
	test_request_wait(more->req);
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++)
		test_request_wait(req[i]);
}

/* More than the client has set aside. */
#define FAN (SERVICE_RESERVED_REQUESTS + 1)
/* Of the stack, in 32nds: less than a callback is called with; less than a submission needs. */
#define ALL 32
#define LITTLE 9
#define TOO_LITTLE 7

/**
 * struct fan - requests that are all started in one place
 * @buf: their data, and the client
 * @where: where those write that end before their call returns: nothing, or to a disk
 * @left: how much of the stack is left in that place, in 32nds
 * @start: starts them
 * @slow: a disk that holds bios
 * @upper: if set, a disk whose map function starts them; otherwise that is a worker
 * @thread: what has them started
 * @many: if there are some whose callbacks wait: their contexts
 * @go_on: what those wait for
 * @ended: how many of them have
 * @failed: what any of them was told
 * @done: all of them have ended
 */
struct fan {
	struct service_buffer *buf;
	struct dm_io_region where;
	unsigned int left;
	void (*start)(struct fan *fan);
	struct test_disk *slow;
	struct test_disk *upper;
	struct test_thread *thread;
	struct one_of_many *many;
	struct completion go_on;
	atomic_t ended;
	unsigned long failed;
	struct completion done;
};

static void fan_write(struct fan *fan, unsigned int num, struct dm_io_region *where,
		      io_notify_fn fn)
{
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE,
		.mem = { .type = DM_IO_KMEM, .ptr.addr = fan->buf->ptr },
		.notify = { .fn = fn, .context = fan },
		.client = fan->buf->client,
	};

	if (rust_dm_io(&request, num, where, NULL, NULL, IOPRIO_DEFAULT))
		fan->failed = ULONG_MAX;
}

/* Workers may do so at the same time: what one has failed no other clears. */
static void fan_note(struct fan *fan, unsigned long failed)
{
	if (failed)
		WRITE_ONCE(fan->failed, failed);
}

static void fan_ended(unsigned long error, unsigned long unsup, void *context)
{
	struct fan *fan = context;

	fan_note(fan, error | unsup);
	if (atomic_inc_return(&fan->ended) == FAN)
		complete(&fan->done);
}

static void start_many(struct fan *fan)
{
	for (int i = 0; i < FAN; i++)
		fan_write(fan, 1, &fan->where, fan_ended);
}

static void release_slow(unsigned long error, unsigned long unsup, void *context)
{
	struct fan *fan = context;

	fan_note(fan, error | unsup);
	test_disk_release_all(fan->slow);
}

static void both_ended(unsigned long error, unsigned long unsup, void *context)
{
	struct fan *fan = context;

	fan_note(fan, error | unsup);
	complete(&fan->done);
}

/* The second waits for its first bio, which ends when the callback of the first was called. */
static void start_dependent(struct fan *fan)
{
	struct dm_io_region two[] = {
		{ .bdev = fan->slow->bdev, .sector = 0, .count = 1 },
		{ .bdev = fan->slow->bdev, .sector = 1, .count = 1 },
	};

	fan_write(fan, 1, &fan->where, release_slow);
	fan_write(fan, 2, two, both_ended);
}

static void start_two_regions(struct fan *fan)
{
	struct dm_io_region two[] = { fan->where, fan->where };

	fan_write(fan, 2, two, both_ended);
}

static noinline void fan_start(struct fan *fan)
{
	char frame[256];
	unsigned long left = (unsigned long)frame - (unsigned long)end_of_stack(current);

	memset(frame, 0, sizeof(frame));
	barrier_data(frame);
	if (left > THREAD_SIZE / 32 * fan->left)
		fan_start(fan);
	else
		fan->start(fan);
	barrier_data(frame);
}

/* Callbacks nest until a worker calls the next. */
static void fan_reach_worker(unsigned long error, unsigned long unsup, void *context)
{
	struct fan *fan = context;

	if (!(current->flags & PF_WQ_WORKER))
		return fan_write(fan, 1, &fan->where, fan_reach_worker);
	refuse_memory_here_too();
	fan_start(fan);
}

static void map_fan(struct bio *bio, void *context)
{
	struct fan *fan = context;

	fan_start(fan);
	test_disk_end_mapped(fan->upper, bio, BLK_STS_OK);
}

static void fan_run(void *context)
{
	struct fan *fan = context;

	refuse_memory_here_too();
	if (!fan->upper)
		fan_reach_worker(0, 0, fan);
	else if (write_to_upper(fan->buf, fan->upper))
		fan->failed = ULONG_MAX;
}

static struct fan *fan_create(struct kunit *test, void (*start)(struct fan *), unsigned int left)
{
	struct service_buffer *buf = service_buffer_create(test, &mainline_kmem, 0, SECTOR_SIZE);
	struct fan *fan = kunit_kzalloc(test, sizeof(*fan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fan);
	fan->buf = buf;
	fan->where.bdev = disk_of(test, 8)->bdev;
	fan->left = left;
	fan->start = start;
	fan->slow = disk_of(test, 8);
	fan->thread = test_thread_create(test, fan_run, fan);
	init_completion(&fan->done);
	return fan;
}

static void fan_from_map(struct kunit *test, struct fan *fan)
{
	fan->where.count = 1;
	fan->upper = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 8, .map = map_fan, .context_of_hooks = fan,
	});
}

static void expect_refusals(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 0);
}

/* Whatever happens, nothing is left to wait for when this returns. */
static void fan_expect_end(struct kunit *test, struct fan *fan)
{
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&fan->done, TEST_TIMEOUT));
	test_disk_release_all(fan->slow);
	test_thread_wait(fan->thread);
	KUNIT_EXPECT_EQ(test, fan->failed, 0);
}

/* All workers but this one have memory, so that there are others. */
static void start_many_in_a_worker(struct kunit *test, unsigned int left)
{
	struct fan *fan = fan_create(test, start_many, left);

	refuse_memory_only_here(test);
	test_thread_start(fan->thread);
	fan_expect_end(test, fan);
	KUNIT_EXPECT_EQ(test, atomic_read(&fan->ended), FAN);
}

/* Callbacks nest there as they do anywhere. */
static void nested_callback_in_a_worker_starts_many(struct kunit *test)
{
	start_many_in_a_worker(test, ALL);
	refuse_memory_end(test);
}

/* All that is set aside is in requests that have ended, which other workers free. */
static void nested_callback_deep_in_a_worker_starts_many(struct kunit *test)
{
	start_many_in_a_worker(test, LITTLE);
	expect_refusals(test);
}

/* As many callbacks as may wait at a time, the first, and that which they wait for. */
#define WAITING 15
#define MANY (WAITING + 2)

/**
 * struct one_of_many - a request whose callback may wait for that of the last
 * @fan: all of them
 * @nr: its number
 */
struct one_of_many {
	struct fan *fan;
	unsigned int nr;
};

static void one_of_many_ended(unsigned long error, unsigned long unsup, void *context)
{
	struct one_of_many *one = context;
	struct fan *fan = one->fan;

	if (one->nr == MANY - 1)
		complete_all(&fan->go_on);
	else if (one->nr)
		wait_for_completion(&fan->go_on);
	fan_note(fan, error | unsup);
	if (atomic_inc_return(&fan->ended) == MANY)
		complete(&fan->done);
}

static void start_waiting(struct fan *fan)
{
	for (unsigned int i = 0; i < MANY; i++) {
		struct dm_io_request request = {
			.bi_opf = REQ_OP_WRITE,
			.mem = { .type = DM_IO_KMEM, .ptr.addr = fan->buf->ptr },
			.notify = { .fn = one_of_many_ended, .context = &fan->many[i] },
			.client = fan->buf->client,
		};

		fan->many[i] = (struct one_of_many) { .fan = fan, .nr = i };
		if (rust_dm_io(&request, 1, &fan->where, NULL, NULL, IOPRIO_DEFAULT))
			fan->failed = ULONG_MAX;
	}
}

/* What no work had time for is not behind a callback that waits when another work has. */
static void nested_callbacks_of_which_most_wait(struct kunit *test)
{
	struct fan *fan = fan_create(test, start_waiting, LITTLE);

	fan->many = kunit_kcalloc(test, MANY, sizeof(*fan->many), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fan->many);
	init_completion(&fan->go_on);
	test_thread_start(fan->thread);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&fan->done, TEST_TIMEOUT));
	complete_all(&fan->go_on);
	test_thread_wait(fan->thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&fan->ended), MANY);
	KUNIT_EXPECT_EQ(test, fan->failed, 0);
}

/* The bios of the others are on the list of the task: it waits until the kernel has memory. */
static void nested_callback_deep_in_a_map_function_starts_many(struct kunit *test)
{
	struct fan *fan = fan_create(test, start_many, LITTLE);

	fan_from_map(test, fan);
	refuse_memory(test);
	test_thread_start(fan->thread);
	test_thread_wait_blocked(fan->thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&fan->ended), 0);
	expect_refusals(test);
	fan_expect_end(test, fan);
	KUNIT_EXPECT_EQ(test, atomic_read(&fan->ended), FAN);
}

/* Has all memory for children used by a request whose bios are held. */
static struct test_request *use_up_children(struct kunit *test, struct fan *fan,
					    struct test_disk *held)
{
	struct service_region all[SERVICE_RESERVED_CHILDREN + 1];
	struct test_request *req = test_request_create(test);
	int ret;

	for (int i = 0; i < ARRAY_SIZE(all); i++)
		all[i] = region(held, i, 1);
	test_disk_hold(held);
	refuse_memory_only_here(test);
	ret = fan->buf->service->io(fan->buf, ARRAY_SIZE(all), all, REQ_OP_WRITE, req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	KUNIT_ASSERT_EQ(test, held->nr_log, ARRAY_SIZE(all));
	return req;
}

/* A worker that waits for a device holds up no callback but its own. */
static void nested_callback_in_a_worker_waits(struct kunit *test)
{
	struct fan *fan = fan_create(test, start_dependent, LITTLE);
	struct test_disk *held = disk_of(test, 32);
	struct test_request *req = use_up_children(test, fan, held);

	test_disk_hold(fan->slow);
	test_thread_start(fan->thread);
	fan_expect_end(test, fan);
	expect_refusals(test);
	test_disk_release_all(held);
	test_request_wait(req);
}

/* Nobody waits for it, and it does not fail: it waits for memory. */
static void nested_callback_too_deep_for_another_submission(struct kunit *test)
{
	struct fan *fan = fan_create(test, start_two_regions, TOO_LITTLE);
	struct test_disk *held = disk_of(test, 32);
	struct test_request *req;

	fan_from_map(test, fan);
	req = use_up_children(test, fan, held);
	test_thread_start(fan->thread);
	test_thread_wait_blocked(fan->thread);
	KUNIT_ASSERT_TRUE(test, test_disk_release_oldest(held));
	fan_expect_end(test, fan);
	expect_refusals(test);
	test_disk_release_all(held);
	test_request_wait(req);
}

static struct kunit_case nested_callbacks_test_cases[] = {
	KUNIT_CASE(nested_callbacks_end_before_the_stack_does),
	KUNIT_CASE(nested_callbacks_in_a_map_function),
	KUNIT_CASE_PARAM(nested_callbacks_of_what_ends_at_once, at_once_case_gen_params),
	KUNIT_CASE(nested_callback_does_not_wait_for_its_device),
	KUNIT_CASE(nested_callback_in_a_worker_starts_many),
	KUNIT_CASE(nested_callback_deep_in_a_worker_starts_many),
	KUNIT_CASE(nested_callbacks_of_which_most_wait),
	KUNIT_CASE(nested_callback_deep_in_a_map_function_starts_many),
	KUNIT_CASE(nested_callback_in_a_worker_waits),
	KUNIT_CASE(nested_callback_too_deep_for_another_submission),
	{}
};

static struct kunit_suite nested_callbacks_test_suite = {
	.name = "dm_io_rust_nested_callbacks",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = nested_callbacks_test_cases,
};

kunit_test_suite(nested_callbacks_test_suite);
