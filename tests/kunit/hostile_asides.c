// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that do no I/O: of objects that there are, and mostly of such that there
 * are not. Most of them return nothing, and what they refuse is in the log.
 */
#include "hostile.h"

#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/err.h>

#include "test_request.h"

static void destroy_no_io_client(struct hostile *h)
{
	void *client = hostile_no_io_client(h);

	rust_dm_io_client_destroy(client);
	hostile_expect_lines(h, !IS_ERR_OR_NULL(client));
}

static void destroy_no_copy_client(struct hostile *h)
{
	void *kc = hostile_no_copy_client(h);

	rust_dm_kcopyd_client_destroy(kc);
	hostile_expect_lines(h, !IS_ERR_OR_NULL(kc));
}

static void flush_no_copy_client(struct hostile *h)
{
	rust_dm_kcopyd_client_flush(hostile_no_copy_client(h));
	hostile_expect_lines(h, 1);
}

static void flush_copy_client(struct hostile *h)
{
	struct copy_client *kc = h->kcs[hostile_below(h, h->nr_kcs)];

	if (kc->service->flush)
		kc->service->flush(kc->client);
	hostile_expect_lines(h, 0);
}

static void do_no_callback(struct hostile *h)
{
	void *job = hostile_once_in(h, 2) ? hostile_no_copy_client(h) : hostile_no_io_client(h);
	u32 errors = prandom_u32_state(&h->random);

	rust_dm_kcopyd_do_callback(job, (int)errors, errors);
	hostile_expect_lines(h, !!job);
}

static void prepare_no_callback(struct hostile *h)
{
	void *kc = hostile_no_copy_client(h);
	dm_kcopyd_notify_fn fn = hostile_once_in(h, 2) ? NULL : test_request_dm_kcopyd_done;

	KUNIT_EXPECT_PTR_EQ(h->test, NULL, rust_dm_kcopyd_prepare_callback(kc, fn, NULL));
	hostile_expect_lines(h, 1);
}

static void io_client_comes_and_goes(struct hostile *h)
{
	struct dm_io_client *client = rust_dm_io_client_create();

	KUNIT_ASSERT_NOT_ERR_OR_NULL(h->test, client);
	rust_dm_io_client_destroy(client);
	hostile_expect_lines(h, 0);
}

/* The numbers of a throttle are its owner's business. */
static void copy_client_comes_and_goes(struct hostile *h)
{
	struct dm_kcopyd_throttle throttle;
	struct dm_kcopyd_client *kc;

	prandom_bytes_state(&h->random, &throttle, sizeof(throttle));
	kc = rust_dm_kcopyd_client_create(hostile_once_in(h, 2) ? NULL : &throttle);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(h->test, kc);
	rust_dm_kcopyd_client_destroy(kc);
	hostile_expect_lines(h, 0);
}

static void (* const asides[])(struct hostile *h) = {
	destroy_no_io_client,
	destroy_no_copy_client,
	flush_no_copy_client,
	flush_copy_client,
	do_no_callback,
	prepare_no_callback,
	io_client_comes_and_goes,
	copy_client_comes_and_goes,
#ifndef CONFIG_DM_IO_IN_RUST
	hostile_get,
	hostile_put,
	hostile_create_no_kcopyd_client,
	hostile_destroy_no_kcopyd_client,
#endif
};

void hostile_aside(struct hostile *h)
{
	if (hostile_once_in(h, 8))
		asides[hostile_below(h, ARRAY_SIZE(asides))](h);
}
