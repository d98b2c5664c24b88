// SPDX-License-Identifier: GPL-2.0
/*
 * What rust_dm_kcopyd_client_flush() promises: it returns after the callback of
 * every copy whose I/O had ended before, and of every one that had been done.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

/* A callback that takes until it is let go. */
struct gate {
	struct test_request *req;
	struct completion entered;
	struct completion open;
};

static void gate_done(int read_err, unsigned long write_err, void *context)
{
	struct gate *gate = context;

	complete(&gate->entered);
	wait_for_completion_timeout(&gate->open, TEST_TIMEOUT);
	test_request_dm_kcopyd_done(read_err, write_err, gate->req);
}

static struct gate *gate_create(struct kunit *test)
{
	struct gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, gate);
	init_completion(&gate->entered);
	init_completion(&gate->open);
	gate->req = test_request_create(test);
	return gate;
}

/**
 * struct client - a client that is flushed
 * @test: the case
 * @kc: the client
 * @flusher: who does it
 */
struct client {
	struct kunit *test;
	struct dm_kcopyd_client *kc;
	struct test_thread *flusher;
};

static void flush(void *kc)
{
	rust_dm_kcopyd_client_flush(kc);
}

static struct client *client_create(struct kunit *test)
{
	struct client *client = kunit_kzalloc(test, sizeof(*client), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, client);
	client->test = test;
	client->kc = copy_client_create(test, &mainline_copies, 128)->client;
	client->flusher = test_thread_create(test, flush, client->kc);
	return client;
}

static void call_back_through(struct client *client, struct gate *gate)
{
	void *job = rust_dm_kcopyd_prepare_callback(client->kc, gate_done, gate);

	KUNIT_ASSERT_NOT_NULL(client->test, job);
	test_request_started(gate->req, 0);
	rust_dm_kcopyd_do_callback(job, 0, 0);
}

static void expect_entered(struct client *client, struct gate *gate)
{
	KUNIT_ASSERT_NE(client->test, 0,
			wait_for_completion_timeout(&gate->entered, TEST_TIMEOUT));
}

/* A flush that is fooled has the time to return: none of it decides the result of others. */
static void expect_flush_waits(struct client *client)
{
	synchronize_rcu();
	test_thread_wait_blocked(client->flusher);
	KUNIT_EXPECT_FALSE(client->test, test_thread_has_ended(client->flusher));
}

static void expect_flushed(struct client *client)
{
	test_thread_wait(client->flusher);
}

/* A callback at a time, each of which holds up those behind it. */
static void flush_waits_for_all_callbacks(struct kunit *test)
{
	struct client *client = client_create(test);
	struct gate *gates[6];

	for (int i = 0; i < ARRAY_SIZE(gates); i++) {
		gates[i] = gate_create(test);
		call_back_through(client, gates[i]);
		/* The first is alone, and those behind it come together. */
		if (i == 0)
			expect_entered(client, gates[i]);
	}
	test_thread_start(client->flusher);
	for (int i = 0; i < ARRAY_SIZE(gates); i++) {
		if (i)
			expect_entered(client, gates[i]);
		expect_flush_waits(client);
		complete(&gates[i]->open);
	}
	expect_flushed(client);
	for (int i = 0; i < ARRAY_SIZE(gates); i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&gates[i]->req->calls), 1);
}

/* A copy between two disks of its own. */
struct copy {
	struct client *client;
	struct test_disk *from;
	struct test_disk *to;
	struct gate *gate;
};

static struct copy *copy_create(struct kunit *test, struct client *client)
{
	struct copy *copy = kunit_kzalloc(test, sizeof(*copy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	copy->client = client;
	copy->from = test_disk_create(test, &(struct test_disk_config) { .sectors = 8 });
	copy->to = test_disk_create(test, &(struct test_disk_config) { .sectors = 8 });
	copy->gate = gate_create(test);
	return copy;
}

static void copy_run(void *context)
{
	struct copy *copy = context;
	struct dm_io_region from = { copy->from->bdev, 0, 8 }, to = { copy->to->bdev, 0, 8 };

	test_request_started(copy->gate->req, 0);
	rust_dm_kcopyd_copy(copy->client->kc, &from, 1, &to, 0, gate_done, copy->gate);
}

/* Starts a copy whose task, be it a worker or who started it, is then held by the driver. */
static struct test_thread *hold_submission(struct kunit *test, struct copy *copy)
{
	struct test_thread *thread = test_thread_create(test, copy_run, copy);

	test_disk_linger(copy->from);
	test_thread_start(thread);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_lingering(copy->from, 1));
	return thread;
}

/* The I/O of a copy has ended, and who would see to it is held in a driver. */
static void flush_waits_for_held_submission(struct kunit *test)
{
	struct client *client = client_create(test);
	struct copy *ended = copy_create(test, client), *other = copy_create(test, client);

	test_disk_hold(ended->to);
	copy_run(ended);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_held(ended->to));
	complete(&other->gate->open);
	hold_submission(test, other);
	test_disk_release_all(ended->to);

	test_thread_start(client->flusher);
	expect_flush_waits(client);
	test_disk_linger_no_more(other->from);
	expect_entered(client, ended->gate);
	expect_flush_waits(client);
	complete(&ended->gate->open);
	expect_flushed(client);
	KUNIT_EXPECT_EQ(test, atomic_read(&ended->gate->req->calls), 1);
}

/*
 * The submission goes on when the first of two held callbacks has returned, so
 * that the copy's callback comes behind the second: the third round in all.
 */
static void flush_waits_for_callback_behind_callbacks(struct kunit *test)
{
	struct client *client = client_create(test);
	struct copy *ended = copy_create(test, client), *other = copy_create(test, client);
	struct gate *first = gate_create(test), *second = gate_create(test);
	struct test_thread *thread;

	call_back_through(client, first);
	expect_entered(client, first);
	call_back_through(client, second);
	test_disk_hold(ended->to);
	copy_run(ended);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_held(ended->to));
	complete(&other->gate->open);
	thread = hold_submission(test, other);
	test_disk_release_all(ended->to);

	test_thread_start(client->flusher);
	expect_flush_waits(client);
	complete(&first->open);
	expect_entered(client, second);
	expect_flush_waits(client);
	test_disk_linger_no_more(other->from);
	test_thread_wait(thread);
	expect_flush_waits(client);
	complete(&second->open);
	expect_entered(client, ended->gate);
	expect_flush_waits(client);
	complete(&ended->gate->open);
	expect_flushed(client);
	KUNIT_EXPECT_EQ(test, atomic_read(&second->req->calls), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&ended->gate->req->calls), 1);
}

/* Callbacks that are done while a flush waits are none of its promises, and do it no harm. */
static void flush_and_later_callbacks(struct kunit *test)
{
	struct client *client = client_create(test);
	struct gate *before = gate_create(test), *after = gate_create(test);

	call_back_through(client, before);
	expect_entered(client, before);
	test_thread_start(client->flusher);
	expect_flush_waits(client);
	call_back_through(client, after);
	complete(&before->open);
	complete(&after->open);
	expect_flushed(client);
	KUNIT_EXPECT_EQ(test, atomic_read(&before->req->calls), 1);
	test_request_wait(after->req);
}

static struct kunit_case flush_test_cases[] = {
	KUNIT_CASE(flush_waits_for_all_callbacks),
	KUNIT_CASE(flush_waits_for_held_submission),
	KUNIT_CASE(flush_waits_for_callback_behind_callbacks),
	KUNIT_CASE(flush_and_later_callbacks),
	{}
};

static struct kunit_suite flush_test_suite = {
	.name = "dm_io_rust_flush",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = flush_test_cases,
};

kunit_test_suite(flush_test_suite);
