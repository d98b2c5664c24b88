// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that stop discarding or writing zeroes, or do less of it at a time,
 * while a request or a job is under way: sd and dm do so from a completion.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/slab.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define SECTORS 64
#define LIMIT 8

/* What the disk of a case does when its first bio ends. */
struct change {
	enum req_op op;
	unsigned int sectors;
};

static void change_limit(struct test_disk *td, const struct test_disk_bio *bio, void *context)
{
	const struct change *change = context;

	if (change && td->nr_ended == 0)
		test_disk_limit(td, change->op, change->sectors);
}

static struct test_disk *changing_disk(struct kunit *test, sector_t sectors, unsigned int limit,
				       const struct change *change)
{
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.max_discard_sectors = limit,
		.max_write_zeroes_sectors = limit,
		.ending = change_limit,
		.context_of_hooks = (void *)change,
	});

	memset(td->data, 0xff, sectors << SECTOR_SHIFT);
	return td;
}

/* A call in a thread of its own: where limits change it has spun for ever. */
struct call {
	const struct service_call *c;
	struct service_buffer *buf;
	struct service_region where;
	blk_opf_t opf;
	int ret;
};

static void call_run(void *context)
{
	struct call *call = context;

	call->ret = service_io(call->buf, call->c, 1, &call->where, call->opf);
}

static struct call *call_in_time(struct kunit *test, struct test_disk *td, enum req_op op)
{
	struct call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, call);
	*call = (struct call) {
		.c = test->param_value,
		.where = { td->bdev, 0, td->sectors },
		.opf = op,
	};
	call->buf = service_buffer_create(test, call->c->service, 0, SECTOR_SIZE);
	thread = test_thread_create(test, call_run, call);
	test_thread_start(thread);
	test_thread_wait(thread);
	return call;
}

static const enum req_op ops[] = { REQ_OP_DISCARD, REQ_OP_WRITE_ZEROES };

/* The device cannot do it after all: the request ends, with the region's bit. */
static void changing_limits_to_nothing(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(ops); i++) {
		struct change change = { ops[i], 0 };
		struct test_disk *td = changing_disk(test, SECTORS, LIMIT, &change);
		struct call *call;

		test_disk_fail(td, 0, LIMIT, true, true, BLK_STS_TARGET);
		call = call_in_time(test, td, ops[i]);
		KUNIT_EXPECT_EQ(test, call->ret, call->c->async ? 0 : -EIO);
		/* The first bio failed; those that follow are unsupported. */
		KUNIT_EXPECT_EQ(test, call->buf->error, 1);
		KUNIT_EXPECT_EQ(test, call->buf->unsup & ~1UL, 0);
		test_disk_free(td);
	}
}

/* The same of a device whose first bio was done. */
static void changing_limits_after_first_bio(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(ops); i++) {
		struct change change = { ops[i], 0 };
		struct test_disk *td = changing_disk(test, SECTORS, LIMIT, &change);
		struct call *call = call_in_time(test, td, ops[i]);

		KUNIT_EXPECT_EQ(test, call->buf->error | call->buf->unsup, 1);
		if (call->c->service->is_request_api)
			KUNIT_EXPECT_EQ(test, call->buf->unsup, 1);
		test_disk_free(td);
	}
}

/* Success is that of every sector, however many are done at a time. */
static void changing_limits_to_less(struct kunit *test)
{
	const struct service_call *c = test->param_value;

	for (int i = 0; i < ARRAY_SIZE(ops); i++) {
		struct change change = { ops[i], 2 * LIMIT };
		struct test_disk *td = changing_disk(test, 5 * SECTORS, SECTORS, &change);
		struct call *call = call_in_time(test, td, ops[i]);

		KUNIT_EXPECT_EQ(test, call->ret, 0);
		KUNIT_EXPECT_EQ(test, call->buf->error | call->buf->unsup, 0);
		test_disk_expect_exactly(td, ops[i], c->async ? 0 : REQ_SYNC, 0, td->sectors);
		test_disk_free(td);
	}
}

/* A zeroing to some disks, begun in a thread: who begins it may be held by the driver. */
struct zeroing {
	struct copy_client *kc;
	struct test_request *req;
	unsigned int num_dests;
	struct dm_io_region dests[3];
};

static void zeroing_run(void *context)
{
	struct zeroing *z = context;

	test_request_started(z->req, 0);
	rust_dm_kcopyd_zero(z->kc->client, z->num_dests, z->dests, 0,
			    test_request_dm_kcopyd_done, z->req);
}

static struct zeroing *zeroing_create(struct kunit *test, struct copy_client *kc,
				      struct test_disk **td, unsigned int num_dests)
{
	struct zeroing *z = kunit_kzalloc(test, sizeof(*z), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, z);
	z->kc = kc;
	z->req = test_request_create(test);
	z->num_dests = num_dests;
	for (int i = 0; i < num_dests; i++)
		z->dests[i] = (struct dm_io_region) { td[i]->bdev, 0, SECTORS };
	return z;
}

struct queued_case {
	const char *name;
	unsigned int dests;
	unsigned int lost;
};

static const struct queued_case queued_cases[] = {
	{ "one", 1, 0 },
	{ "first_of_three", 3, 0 },
	{ "last_of_three", 3, 2 },
};

KUNIT_ARRAY_PARAM_DESC(queued_case, queued_cases, name);

/* A job that was accepted as one of WRITE_ZEROES, and cannot be done so when it is begun. */
static void changing_limits_of_queued_zeroing(struct kunit *test)
{
	const struct queued_case *c = test->param_value;
	struct test_disk *first = changing_disk(test, SECTORS, SECTORS, NULL), *td[3];
	struct zeroing *one, *two, *later;
	struct test_thread *thread;
	struct copy_client *kc;

	for (int i = 0; i < c->dests; i++)
		td[i] = changing_disk(test, SECTORS, SECTORS, NULL);
	kc = copy_client_create(test, &mainline_copies, 128);
	one = zeroing_create(test, kc, &first, 1);
	two = zeroing_create(test, kc, td, c->dests);
	later = zeroing_create(test, kc, &td[c->lost], 1);

	test_disk_linger(first);
	thread = test_thread_create(test, zeroing_run, one);
	test_thread_start(thread);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_lingering(first, 1));
	zeroing_run(two);
	test_disk_limit(td[c->lost], REQ_OP_WRITE_ZEROES, 0);
	test_disk_linger_no_more(first);

	test_request_expect_copied(one->req, false, 0);
	test_request_expect_copied(two->req, false, BIT(c->lost));
	for (int i = 0; i < c->dests; i++)
		if (i != c->lost)
			test_expect_zeroes(test, td[i]->data, SECTORS * SECTOR_SIZE, "zeroed");

	/* Pages of zeroes it takes all the same. */
	zeroing_run(later);
	test_request_expect_copied(later->req, false, 0);
	test_disk_expect_exactly(td[c->lost], REQ_OP_WRITE, 0, 0, SECTORS);
	test_expect_zeroes(test, td[c->lost]->data, SECTORS * SECTOR_SIZE, "zeroed later");
	copy_client_destroy(kc);
}

/* In a job of many parts the limit goes after the first. */
static void changing_limits_of_running_zeroing(struct kunit *test)
{
	struct change change = { REQ_OP_WRITE_ZEROES, 0 };
	struct test_disk *td = changing_disk(test, SECTORS, LIMIT, &change);
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 128);
	struct zeroing *z = zeroing_create(test, kc, &td, 1);

	zeroing_run(z);
	test_request_expect_copied(z->req, false, 1);
	copy_client_destroy(kc);
}

static struct kunit_case changing_limits_test_cases[] = {
	KUNIT_CASE_PARAM(changing_limits_of_queued_zeroing, queued_case_gen_params),
	KUNIT_CASE(changing_limits_of_running_zeroing),
	KUNIT_CASE_PARAM(changing_limits_to_less, service_gen_params),
	KUNIT_CASE_PARAM(changing_limits_to_nothing, service_gen_params),
	KUNIT_CASE_PARAM(changing_limits_after_first_bio, service_gen_params),
	{}
};

static struct kunit_suite changing_limits_test_suite = {
	.name = "dm_io_rust_changing_limits",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = changing_limits_test_cases,
};

kunit_test_suite(changing_limits_test_suite);
