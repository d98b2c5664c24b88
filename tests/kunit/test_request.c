// SPDX-License-Identifier: GPL-2.0
#include "test_request.h"

#include <kunit/test.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "test_disk.h"

static void test_request_destroy(void *data)
{
	struct test_request *req = data;

	if (req->started) {
		test_disks_release_all();
		if (!wait_for_completion_timeout(&req->done, TEST_TIMEOUT)) {
			KUNIT_FAIL(req->test, "a request never ended");
			return;
		}
	}
	KUNIT_EXPECT_EQ(req->test, atomic_read(&req->calls),
			(int)req->started);
	kfree(req);
}

struct test_request *test_request_create(struct kunit *test)
{
	struct test_request *req = kzalloc(sizeof(*req), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, req);
	req->test = test;
	init_completion(&req->done);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, test_request_destroy,
						  req));
	return req;
}

void test_request_free(struct test_request *req)
{
	kunit_release_action(req->test, test_request_destroy, req);
}

int test_request_started(struct test_request *req, int ret)
{
	req->started = !ret;
	return ret;
}

void test_request_reset(struct test_request *req)
{
	reinit_completion(&req->done);
	atomic_set(&req->calls, 0);
	req->started = false;
	req->error = 0;
	req->unsup = 0;
	req->read_err = 0;
	req->write_err = 0;
}

bool test_request_ends(struct test_request *req)
{
	return wait_for_completion_timeout(&req->done, TEST_TIMEOUT);
}

void test_request_wait(struct test_request *req)
{
	KUNIT_ASSERT_TRUE(req->test, req->started);
	KUNIT_ASSERT_TRUE(req->test, test_request_ends(req));
	KUNIT_EXPECT_EQ(req->test, atomic_read(&req->calls), 1);
}

void test_request_expect_copied(struct test_request *req, bool read_err, unsigned long write_err)
{
	test_request_wait(req);
	KUNIT_EXPECT_EQ(req->test, !!req->read_err, read_err);
	KUNIT_EXPECT_EQ(req->test, req->write_err, write_err);
}

static void test_request_done(struct test_request *req)
{
	req->in_hardirq = in_hardirq();
	atomic_inc(&req->calls);
	if (req->ended)
		req->ended(req);
	complete_all(&req->done);
}

void test_request_io_done(unsigned long error, void *context)
{
	struct test_request *req = context;

	req->error = error;
	test_request_done(req);
}

void test_request_dm_io_done(unsigned long error, unsigned long unsup,
			     void *context)
{
	struct test_request *req = context;

	req->error = error;
	req->unsup = unsup;
	test_request_done(req);
}

void test_request_copy_done(int read_err, unsigned int write_err, void *context)
{
	test_request_dm_kcopyd_done(read_err, write_err, context);
}

void test_request_dm_kcopyd_done(int read_err, unsigned long write_err,
				 void *context)
{
	struct test_request *req = context;

	/* The callback of a copy may sleep. */
	might_sleep();
	req->read_err = read_err;
	req->write_err = write_err;
	test_request_done(req);
}
