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

static void chain_run(void *context)
{
	struct chain *chain = context;
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE,
		.mem = { .type = DM_IO_KMEM, .ptr.addr = chain->buf->ptr },
		.client = chain->buf->client,
	};
	struct dm_io_region where = { .count = 1 };

	refuse_memory_here_too();
	if (!chain->upper)
		return chain_next(chain);
	where.bdev = chain->upper->bdev;
	if (rust_dm_io(&request, 1, &where, NULL, NULL, IOPRIO_DEFAULT))
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
 */
struct one_more {
	struct service_buffer *buf;
	struct test_disk *td;
	struct test_request *req;
	struct completion returned;
	unsigned int refusals;
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
	test_request_wait(more->req);
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++)
		test_request_wait(req[i]);
}

static struct kunit_case nested_callbacks_test_cases[] = {
	KUNIT_CASE(nested_callbacks_end_before_the_stack_does),
	KUNIT_CASE(nested_callbacks_in_a_map_function),
	KUNIT_CASE_PARAM(nested_callbacks_of_what_ends_at_once, at_once_case_gen_params),
	KUNIT_CASE(nested_callback_does_not_wait_for_its_device),
	{}
};

static struct kunit_suite nested_callbacks_test_suite = {
	.name = "dm_io_rust_nested_callbacks",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = nested_callbacks_test_cases,
};

kunit_test_suite(nested_callbacks_test_suite);
