// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks that start the next request while there is no memory. Such a request
 * is done from the stack of its caller, and its callback is called there, too.
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
 * @td: the disk that they write to
 * @buf: their data, and the client
 * @ended: how many of them have
 * @failed: what any of them was told
 * @done: the last one has ended
 */
struct chain {
	struct test_disk *td;
	struct service_buffer *buf;
	unsigned int ended;
	unsigned long failed;
	struct completion done;
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
		.bi_opf = REQ_OP_WRITE,
		.mem = { .type = DM_IO_KMEM, .ptr.addr = chain->buf->ptr },
		.notify = { .fn = chain_ended, .context = chain },
		.client = chain->buf->client,
	};
	struct dm_io_region where = { .bdev = chain->td->bdev, .sector = 0, .count = 1 };

	if (rust_dm_io(&request, 1, &where, NULL, NULL, IOPRIO_DEFAULT))
		chain->failed = ULONG_MAX;
}

static void chain_run(void *context)
{
	refuse_memory_here_too();
	chain_next(context);
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
static void nested_callbacks_end_before_the_stack_does(struct kunit *test)
{
	struct service_buffer *buf = service_buffer_create(test, &mainline_kmem, 0, SECTOR_SIZE);
	struct chain *chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);
	struct test_disk *slow = disk_of(test, 8);
	struct test_request *req[SERVICE_RESERVED_REQUESTS];
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, chain);
	chain->td = disk_of(test, 8);
	chain->buf = buf;
	init_completion(&chain->done);
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

static struct kunit_case nested_callbacks_test_cases[] = {
	KUNIT_CASE(nested_callbacks_end_before_the_stack_does),
	{}
};

static struct kunit_suite nested_callbacks_test_suite = {
	.name = "dm_io_rust_nested_callbacks",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = nested_callbacks_test_cases,
};

kunit_test_suite(nested_callbacks_test_suite);
