// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters of the module, which hold for the clients that are created
 * afterwards: what a client sets aside, and how much it copies at a time.
 */
#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/stringify.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_parameter.h"
#include "test_request.h"
#include "test_thread.h"

struct part_case {
	const char *value;
	unsigned int kib;
};

static const struct part_case part_cases[] = {
	{ "1", 1 },
	{ "5", 5 },
	{ "520", 520 },
	{ "1023", 1023 },
	{ "1024", 1024 },
	{ "0", 512 },
	{ "5000", 1024 },
};

KUNIT_ARRAY_PARAM_DESC(part_case, part_cases, value);

#define COPY_SECTORS (SZ_2M / SECTOR_SIZE + 9)

static void expect_short(struct test_disk *td, unsigned int kib)
{
	sector_t longest = 0;

	for (unsigned int i = 0; i < td->nr_log; i++)
		longest = max(longest, td->log[i].sectors);
	KUNIT_EXPECT_LE(td->test, longest, 2 * kib);
}

static void expect_parts(struct test_disk *td, enum req_op op, unsigned int kib)
{
	test_disk_expect_exactly(td, op, 0, 0, COPY_SECTORS);
	expect_short(td, kib);
}

static void expect_copied_in_parts(struct copy_client *kc, unsigned int kib)
{
	struct kunit *test = kc->test;
	struct test_disk *from = source_of(test, COPY_SECTORS), *to = source_of(test, COPY_SECTORS);
	struct service_region source = { from->bdev, 0, COPY_SECTORS };
	struct service_region dest = { to->bdev, 0, COPY_SECTORS };
	struct copy_call *call = copy_call_create(test);

	KUNIT_ASSERT_EQ(test, 0, copy_start(kc, call, &source, 1, &dest, 0));
	test_request_expect_copied(call->req, false, 0);
	expect_parts(from, REQ_OP_READ, kib);
	expect_parts(to, REQ_OP_WRITE, kib);
	test_expect_same(test, to->data, from->data, COPY_SECTORS << SECTOR_SHIFT, "copy");
}

/* What is read before any of it is written has to fit into a bio without memory. */
static void expect_moved_in_parts(struct copy_client *kc, unsigned int kib)
{
	struct test_disk *td = source_of(kc->test, COPY_SECTORS + 9);
	struct service_region source = { td->bdev, 0, COPY_SECTORS };
	struct service_region dest = { td->bdev, 9, COPY_SECTORS };
	struct copy_call *call = copy_call_create(kc->test);

	KUNIT_ASSERT_EQ(kc->test, 0, copy_start(kc, call, &source, 1, &dest, 0));
	test_request_expect_copied(call->req, false, 0);
	expect_short(td, min(kib, 512));
}

/* No bio is longer, be it read into what the client set aside or into more than that. */
static void parameters_subjob_size(struct kunit *test)
{
	const struct part_case *c = test->param_value;
	struct test_disk *slow = source_of(test, COPY_SECTORS), *to = source_of(test, COPY_SECTORS);
	struct service_region source = { slow->bdev, 0, 2 * c->kib };
	struct service_region dest = { to->bdev, 0, 2 * c->kib };
	struct copy_client *kc;
	struct copy_call *held;

	test_parameter_set(test, "kcopyd_subjob_size_kb", c->value);
	kc = copy_client_create(test, &mainline_copies, 0);
	expect_copied_in_parts(kc, c->kib);
	expect_moved_in_parts(kc, c->kib);

	held = copy_call_create(test);
	test_disk_hold(slow);
	KUNIT_ASSERT_EQ(test, 0, copy_start(kc, held, &source, 1, &dest, 0));
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(slow, 1));
	expect_copied_in_parts(kc, c->kib);
	test_disk_release_all(slow);
	test_request_expect_copied(held->req, false, 0);
}

struct reserve_case {
	const char *value;
	unsigned int ios;
};

static const struct reserve_case reserve_cases[] = {
	{ "16", 16 },
	{ "1", 1 },
	{ "3", 3 },
	{ "100", 100 },
	{ "1024", 1024 },
	{ "0", 16 },
	{ "1025", 1024 },
	{ "4294967295", 1024 },
};

KUNIT_ARRAY_PARAM_DESC(reserve_case, reserve_cases, value);

/* I/Os of a page, by one client, started one after the other without any memory. */
struct burst {
	struct test_disk *td;
	struct service_buffer *buf;
	struct test_request **req;
	unsigned int ios;
	/* How many calls have returned. */
	unsigned int returned;
	int ret;
};

static void burst_run(void *context)
{
	struct burst *burst = context;

	refuse_memory_here_too();
	for (unsigned int i = 0; i < burst->ios; i++) {
		struct service_region where = {
			burst->td->bdev, i * PAGE_SECTORS, PAGE_SECTORS,
		};
		int ret = burst->buf->service->io(burst->buf, 1, &where, REQ_OP_WRITE,
						  burst->req[i]);

		if (test_request_started(burst->req[i], ret))
			burst->ret = ret;
		WRITE_ONCE(burst->returned, i + 1);
	}
}

static struct burst *burst_create(struct kunit *test, unsigned int ios)
{
	struct burst *burst = kunit_kzalloc(test, sizeof(*burst), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, burst);
	burst->ios = ios;
	burst->td = source_of(test, ios * PAGE_SECTORS);
	burst->buf = service_buffer_create(test, &mainline_vma, 0, PAGE_SIZE);
	service_fill(burst->buf, 2);
	burst->req = kunit_kcalloc(test, ios, sizeof(*burst->req), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, burst->req);
	for (unsigned int i = 0; i < ios; i++)
		burst->req[i] = test_request_create(test);
	return burst;
}

/* Twice as many are in flight at once, and who starts the next waits for it. */
static void parameters_reserved_ios(struct kunit *test)
{
	const struct reserve_case *c = test->param_value;
	const unsigned int at_once = 2 * c->ios;
	struct test_thread *thread;
	struct burst *burst;

	test_parameter_set(test, "reserved_bio_based_ios", c->value);
	burst = burst_create(test, at_once + 1);
	thread = test_thread_create(test, burst_run, burst);
	test_disk_hold(burst->td);
	refuse_memory(test);
	test_thread_start(thread);
	KUNIT_EXPECT_TRUE(test, test_disk_wait_arrived(burst->td, at_once + 1));
	test_thread_wait_blocked(thread);
	refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, burst->returned, at_once);
	KUNIT_EXPECT_EQ(test, burst->td->nr_log, at_once + 1);
	for (unsigned int i = 0; i < burst->ios; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&burst->req[i]->calls), 0);

	test_disk_release_all(burst->td);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, burst->ret, 0);
	for (unsigned int i = 0; i < burst->ios; i++) {
		test_request_wait(burst->req[i]);
		KUNIT_EXPECT_EQ(test, burst->req[i]->error | burst->req[i]->unsup, 0);
	}
	test_disk_expect_exactly(burst->td, REQ_OP_WRITE, 0, 0, burst->td->sectors);
}

/* An I/O to k regions takes k of what is reserved. */
struct fan_out {
	struct service_buffer *buf;
	struct service_region where[BITS_PER_LONG];
	int ret;
};

static void fan_out_run(void *context)
{
	struct fan_out *fan = context;

	refuse_memory_here_too();
	fan->ret = service_start(fan->buf, BITS_PER_LONG, fan->where, REQ_OP_WRITE);
}

static void parameters_reserved_ios_of_regions(struct kunit *test)
{
	struct fan_out *fan = kunit_kzalloc(test, sizeof(*fan), GFP_KERNEL);
	struct test_disk *td = source_of(test, BITS_PER_LONG * PAGE_SECTORS);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, fan);
	test_parameter_set(test, "reserved_bio_based_ios", __stringify(BITS_PER_LONG));
	fan->buf = service_buffer_create(test, &mainline_vma, 0, PAGE_SIZE);
	for (int i = 0; i < BITS_PER_LONG; i++)
		fan->where[i] = (struct service_region) {
			td->bdev, i * PAGE_SECTORS, PAGE_SECTORS,
		};
	thread = test_thread_create(test, fan_out_run, fan);
	test_disk_hold(td);
	refuse_memory(test);
	test_thread_start(thread);
	test_thread_wait(thread);
	refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, fan->ret, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, BITS_PER_LONG);
	test_disk_release_all(td);
	test_request_wait(fan->buf->req);
	KUNIT_EXPECT_EQ(test, fan->buf->req->error | fan->buf->req->unsup, 0);
}

static struct kunit_case parameters_test_cases[] = {
	KUNIT_CASE_PARAM(parameters_subjob_size, part_case_gen_params),
	KUNIT_CASE_PARAM(parameters_reserved_ios, reserve_case_gen_params),
	KUNIT_CASE(parameters_reserved_ios_of_regions),
	{}
};

static struct kunit_suite parameters_test_suite = {
	.name = "dm_io_rust_parameters",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = parameters_test_cases,
};

kunit_test_suite(parameters_test_suite);
