// SPDX-License-Identifier: GPL-2.0
/*
 * What the services of dm_io.h tell and leave behind when a device fails, be
 * there memory or not.
 */
#include <dm_io_rust/dm_io.h>
#include <kunit/test.h>

#include "refuse_memory.h"
#include "test_buffer.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

/* How a case calls the services. */
struct failure_case {
	enum test_buffer_form form;
	unsigned int offset;
	bool async;
	bool memory;
};

static const struct failure_case failure_cases[] = {
	{ TEST_BUFFER_PAGES, PAGE_SIZE - 2, false, true },
	{ TEST_BUFFER_PAGES, PAGE_SIZE - 2, false, false },
	{ TEST_BUFFER_PAGES, PAGE_SIZE - 2, true, true },
	{ TEST_BUFFER_PAGES, PAGE_SIZE - 2, true, false },
	{ TEST_BUFFER_BVECS, 1026, false, true },
	{ TEST_BUFFER_BVECS, 1026, false, false },
	{ TEST_BUFFER_BVECS, 1026, true, true },
	{ TEST_BUFFER_BVECS, 1026, true, false },
	{ TEST_BUFFER_MULTI, 3584, false, true },
	{ TEST_BUFFER_MULTI, 3584, false, false },
	{ TEST_BUFFER_MULTI, 3584, true, true },
	{ TEST_BUFFER_MULTI, 3584, true, false },
	{ TEST_BUFFER_RAGGED, 6, false, true },
	{ TEST_BUFFER_RAGGED, 6, false, false },
	{ TEST_BUFFER_RAGGED, 6, true, true },
	{ TEST_BUFFER_RAGGED, 6, true, false },
	{ TEST_BUFFER_VMALLOC, 34, false, true },
	{ TEST_BUFFER_VMALLOC, 34, false, false },
	{ TEST_BUFFER_VMALLOC, 34, true, true },
	{ TEST_BUFFER_VMALLOC, 34, true, false },
};

static void failure_case_name(const struct failure_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s_%s", c->async ? "async" : "sync",
		 test_buffer_form_names[c->form], c->memory ? "with_memory" : "without_memory");
}

KUNIT_ARRAY_PARAM(failure_case, failure_cases, failure_case_name);

/**
 * struct call - a call of a service
 * @c: how
 * @buf: with what
 * @num_regions: the number of regions
 * @where: the regions
 * @rw: the operation
 * @req: the request of an asynchronous one
 * @ret: what was returned
 * @bits: the error set
 */
struct call {
	const struct failure_case *c;
	struct test_buffer *buf;
	unsigned int num_regions;
	struct io_region *where;
	int rw;
	struct test_request *req;
	int ret;
	unsigned long bits;
};

static void call_run(void *context)
{
	struct call *call = context;

	if (!call->c->memory)
		refuse_memory_here_too();
	call->bits = ~0UL;
	if (!call->c->async) {
		call->ret = test_buffer_io_sync(call->buf, call->num_regions, call->where,
						call->rw, &call->bits);
		return;
	}
	call->ret = test_buffer_io_async(call->buf, call->num_regions, call->where, call->rw,
					 test_request_io_done, call->req);
	test_request_started(call->req, call->ret);
}

/* Waits for the end, and returns the error set. */
static unsigned long call_wait(struct call *call, struct kunit *test)
{
	if (call->c->async) {
		test_request_wait(call->req);
		call->bits = call->req->error;
		KUNIT_EXPECT_EQ(test, call->ret, 0);
	} else {
		KUNIT_EXPECT_EQ(test, call->ret, call->bits ? -EIO : 0);
	}
	return call->bits;
}

static unsigned long do_io(struct kunit *test, struct test_buffer *buf, unsigned int num_regions,
			   struct io_region *where, int rw)
{
	struct call call = {
		.c = test->param_value,
		.buf = buf,
		.num_regions = num_regions,
		.where = where,
		.rw = rw,
		.req = test_request_create(test),
	};
	unsigned long bits;

	if (!call.c->memory)
		refuse_memory(test);
	call_run(&call);
	bits = call_wait(&call, test);
	if (!call.c->memory)
		refuse_memory_end(test);
	test_request_free(call.req);
	return bits;
}

/*
 * The last one says what the bio carries that is set up first: of the others
 * some get less of it, some more than there are vectors for, and one nothing.
 */
static const unsigned int counts[] = { 100, 1, 0, 2100, 120, 40, 90 };
#define REGIONS ARRAY_SIZE(counts)
#define LONGEST 2100

struct regions {
	struct test_disk *td[REGIONS];
	struct io_region where[REGIONS];
	struct test_buffer *buf;
};

static struct regions *regions_create(struct kunit *test)
{
	const struct failure_case *c = test->param_value;
	struct regions *regions = kunit_kzalloc(test, sizeof(*regions), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, regions);
	for (int i = 0; i < REGIONS; i++) {
		regions->td[i] = test_disk_create(test, &(struct test_disk_config) {
			.sectors = LONGEST + 20,
		});
		regions->where[i] = (struct io_region) { regions->td[i]->bdev, i, counts[i] };
	}
	regions->buf = test_buffer_create(test, c->form, c->offset, LONGEST * SECTOR_SIZE);
	return regions;
}

/* Expects each region to have been written once, and to hold the buffer unless it failed. */
static void regions_expect_written(struct regions *regions, unsigned long failed)
{
	const struct failure_case *c = regions->buf->test->param_value;

	for (int i = 0; i < REGIONS; i++) {
		struct test_disk *td = regions->td[i];
		u8 *data = td->data + i * SECTOR_SIZE;
		size_t bytes = counts[i] * SECTOR_SIZE;

		test_disk_expect_exactly(td, REQ_OP_WRITE, c->async ? 0 : REQ_SYNC, i, counts[i]);
		test_expect_zeroes(td->test, td->data, i * SECTOR_SIZE, "before");
		if (!(failed & BIT(i)))
			test_expect_same(td->test, data, regions->buf->data, bytes, "region");
		test_expect_zeroes(td->test, data + bytes, SECTOR_SIZE, "behind");
	}
}

static void regions_forget(struct regions *regions)
{
	for (int i = 0; i < REGIONS; i++) {
		test_disk_fail_nothing(regions->td[i]);
		test_disk_forget(regions->td[i]);
		memset(regions->td[i]->data, 0, regions->td[i]->sectors << SECTOR_SHIFT);
	}
}

/* Each is told by its bit, and takes nothing from the others. */
static void failures_of_regions(struct kunit *test)
{
	static const unsigned long failed[] = {
		BIT(0), BIT(1), BIT(3), BIT(4), BIT(5), BIT(6), BIT(0) | BIT(3) | BIT(6),
		BIT(1) | BIT(4) | BIT(5),
	};
	struct regions *regions = regions_create(test);

	for (int n = 0; n < ARRAY_SIZE(failed); n++) {
		test_buffer_fill(regions->buf, n + 1);
		for (int i = 0; i < REGIONS; i++)
			if (failed[n] & BIT(i))
				test_disk_fail(regions->td[i], i + counts[i] / 2, 1, false, true,
					       BLK_STS_IOERR);
		KUNIT_EXPECT_EQ(test, failed[n], do_io(test, regions->buf, REGIONS,
						       regions->where, WRITE));
		regions_expect_written(regions, failed[n]);
		regions_forget(regions);
	}
}

/* The end is not told before the last bio's, whichever region that is of. */
static void failures_end_with_last_region(struct kunit *test)
{
	struct regions *regions = regions_create(test);
	const struct failure_case *c = test->param_value;

	for (int i = 0; i < REGIONS; i++) {
		struct call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);
		struct test_thread *thread;

		if (!counts[i])
			continue;
		KUNIT_ASSERT_NOT_NULL(test, call);
		*call = (struct call) {
			.c = c,
			.buf = regions->buf,
			.num_regions = REGIONS,
			.where = regions->where,
			.rw = WRITE,
			.req = test_request_create(test),
		};
		thread = test_thread_create(test, call_run, call);
		test_buffer_fill(regions->buf, i + 1);
		test_disk_hold_range(regions->td[i], i + counts[i] - 1, 1);
		test_disk_fail(regions->td[i], i, 1, false, true, BLK_STS_IOERR);
		if (!c->memory)
			refuse_memory(test);
		test_thread_start(thread);
		test_thread_wait_blocked(thread);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_held(regions->td[i]));
		KUNIT_EXPECT_EQ(test, atomic_read(&call->req->calls), 0);
		if (!c->async)
			KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
		test_disk_release_all(regions->td[i]);
		test_thread_wait(thread);
		KUNIT_EXPECT_EQ(test, call_wait(call, test), BIT(i));
		if (!c->memory)
			refuse_memory_end(test);
		regions_expect_written(regions, BIT(i));
		regions_forget(regions);
	}
}

/* What bios failed is zeroes, what bios succeeded is data: the log knows. */
static void expect_read(struct test_disk *td, struct test_buffer *buf, sector_t sector)
{
	for (unsigned int i = 0; i < td->nr_log; i++) {
		const struct test_disk_bio *bio = &td->log[i];
		size_t at = (bio->sector - sector) << SECTOR_SHIFT;
		size_t bytes = bio->sectors << SECTOR_SHIFT;

		if (bio->status)
			test_expect_zeroes(td->test, buf->data + at, bytes, "failed part");
		else
			test_expect_same(td->test, buf->data + at,
					 td->data + (bio->sector << SECTOR_SHIFT), bytes,
					 "good part");
	}
}

/* How many bios a read is, where that does not depend on where its pages are. */
static unsigned int bios_of(const struct failure_case *c, unsigned int sectors)
{
	bool is_array = c->form != TEST_BUFFER_PAGES && c->form != TEST_BUFFER_VMALLOC;

	if (!c->async && is_array)
		return 1;
	if (c->memory && sectors <= 100)
		return 1;
	return 0;
}

static void failed_read(struct kunit *test, bool keep_iter, unsigned int sectors, unsigned int bad)
{
	const struct failure_case *c = test->param_value;
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = LONGEST + 20,
		.keep_iter = keep_iter,
	});
	struct test_buffer *buf = test_buffer_create(test, c->form, c->offset,
						     sectors * SECTOR_SIZE);
	struct io_region where = { td->bdev, 3, sectors };

	test_fill(td->data, td->sectors << SECTOR_SHIFT, 1);
	test_buffer_fill(buf, 2);
	test_disk_fail(td, 3 + bad, 1, true, false, BLK_STS_MEDIUM);
	KUNIT_EXPECT_EQ(test, 1, do_io(test, buf, 1, &where, READ));
	test_disk_expect_exactly(td, REQ_OP_READ, c->async ? 0 : REQ_SYNC, 3, sectors);
	if (bios_of(c, sectors))
		KUNIT_EXPECT_EQ(test, td->nr_log, bios_of(c, sectors));
	expect_read(td, buf, 3);
	test_buffer_expect_margins_intact(buf);
	test_buffer_free(buf);
	test_disk_free(td);
}

/* Bios of one vector, of some, of many, and several of them: one fails. */
static void failures_of_reads(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 9, 100, LONGEST };

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int keep_iter = 0; keep_iter < 2; keep_iter++) {
			failed_read(test, keep_iter, sizes[i], 0);
			failed_read(test, keep_iter, sizes[i], sizes[i] / 2);
			failed_read(test, keep_iter, sizes[i], sizes[i] - 1);
		}
	}
}

static struct kunit_case io_failures_test_cases[] = {
	KUNIT_CASE_PARAM(failures_of_regions, failure_case_gen_params),
	KUNIT_CASE_PARAM(failures_end_with_last_region, failure_case_gen_params),
	KUNIT_CASE_PARAM(failures_of_reads, failure_case_gen_params),
	{}
};

static struct kunit_suite io_failures_test_suite = {
	.name = "dm_io_rust_io_failures",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = io_failures_test_cases,
};

kunit_test_suite(io_failures_test_suite);
