// SPDX-License-Identifier: GPL-2.0
/*
 * The reservation of dm_io_get(), and I/O when there is no memory.
 */
#include <dm_io_rust/dm_io.h>
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/kmsg_dump.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "refuse_memory.h"
#include "test_buffer.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define EXCESS_PUT "dm_io_put: more pages than dm_io_get reserved"

/* The refusal itself: without it the cases below would show nothing. */
static void reserve_refusal_works(struct kunit *test)
{
	unsigned int refused;
	struct page *page;
	void *slab, *sure;

	refuse_memory(test);
	slab = kmalloc(64, GFP_KERNEL);
	page = alloc_page(GFP_NOIO);
	sure = kmalloc(64, GFP_NOIO | __GFP_NOFAIL);
	refused = refuse_memory_end(test);
	kfree(sure);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 1);
	KUNIT_EXPECT_PTR_EQ(test, slab, NULL);
	KUNIT_EXPECT_PTR_EQ(test, page, NULL);
	KUNIT_EXPECT_GE(test, refused, 2);

	slab = kunit_kmalloc(test, 64, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, slab);
}

static void put_reservation(void *pages)
{
	dm_io_put((uintptr_t)pages);
}

/* Reserves, until the test ends or give_back() is called. */
static void reserve(struct kunit *test, unsigned int pages)
{
	KUNIT_ASSERT_EQ(test, dm_io_get(pages), 0);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, put_reservation,
						  (void *)(uintptr_t)pages));
}

static void give_back(struct kunit *test, unsigned int pages)
{
	kunit_release_action(test, put_reservation, (void *)(uintptr_t)pages);
}

/**
 * struct burst - writes of @pages pages each, started one after the other
 * @td: the disk they go to, in a row
 * @buf: their data
 * @requests: how many
 * @pages: the pages of each
 * @req: the requests
 * @ret: what the calls returned, as one
 */
struct burst {
	struct test_disk *td;
	struct test_buffer *buf;
	unsigned int requests;
	unsigned int pages;
	struct test_request **req;
	int ret;
};

static struct burst *burst_create(struct kunit *test, unsigned int requests,
				  unsigned int pages,
				  enum test_disk_context context)
{
	struct burst *burst = kunit_kzalloc(test, sizeof(*burst), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, burst);
	burst->requests = requests;
	burst->pages = pages;
	burst->td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = requests * pages * PAGE_SECTORS,
		.context = context,
	});
	burst->buf = test_buffer_create(test, TEST_BUFFER_VMALLOC, 0,
					requests * pages * PAGE_SIZE);
	test_buffer_fill(burst->buf, 1);
	burst->req = kunit_kcalloc(test, requests, sizeof(*burst->req),
				   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, burst->req);
	for (unsigned int i = 0; i < requests; i++)
		burst->req[i] = test_request_create(test);
	return burst;
}

static void burst_run(void *context)
{
	struct burst *burst = context;
	sector_t sectors = burst->pages * PAGE_SECTORS;

	refuse_memory_here_too();
	for (unsigned int i = 0; i < burst->requests; i++) {
		struct io_region where = {
			.bdev = burst->td->bdev,
			.sector = i * sectors,
			.count = sectors,
		};
		void *data = burst->buf->data + i * (sectors << SECTOR_SHIFT);
		int ret = dm_io_async_vm(1, &where, WRITE, data,
					 test_request_io_done, burst->req[i]);

		if (test_request_started(burst->req[i], ret))
			burst->ret = ret;
	}
}

static sector_t sectors_arrived(struct test_disk *td)
{
	sector_t sectors = 0;

	for (unsigned int i = 0; i < READ_ONCE(td->nr_log); i++)
		sectors += td->log[i].sectors;
	return sectors;
}

static void expect_burst_written(struct kunit *test, struct burst *burst)
{
	KUNIT_EXPECT_EQ(test, burst->ret, 0);
	for (unsigned int i = 0; i < burst->requests; i++) {
		test_request_wait(burst->req[i]);
		KUNIT_EXPECT_EQ(test, burst->req[i]->error, 0);
	}
	test_disk_expect_exactly(burst->td, REQ_OP_WRITE, 0, 0,
				 burst->td->sectors);
	test_expect_same(test, burst->td->data, burst->buf->data,
			 burst->buf->bytes, "disk");
}

struct burst_case {
	const char *name;
	unsigned int requests;
	unsigned int pages;
};

static const struct burst_case burst_cases[] = {
	{ "1_of_1_page", 1, 1 },
	{ "100_of_1_page", 100, 1 },
	{ "1000_of_1_page", 1000, 1 },
	{ "50_of_7_pages", 50, 7 },
	{ "1_of_1024_pages", 1, 1024 },
	{ "3_of_300_pages", 3, 300 },
};

KUNIT_ARRAY_PARAM_DESC(burst_case, burst_cases, name);

/* Every call returns, and all is in flight, though there is no memory. */
static void expect_in_flight_at_once(struct kunit *test, struct burst *burst)
{
	struct test_thread *thread;

	test_disk_hold(burst->td);
	thread = test_thread_create(test, burst_run, burst);
	refuse_memory(test);
	test_thread_start(thread);
	test_thread_wait(thread);
	refuse_memory_end_expecting(test, burst->requests);

	KUNIT_EXPECT_EQ(test, sectors_arrived(burst->td), burst->td->sectors);
	for (unsigned int i = 0; i < burst->requests; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&burst->req[i]->calls), 0);

	test_disk_release_all(burst->td);
	expect_burst_written(test, burst);
}

static void reserve_is_in_flight_at_once(struct kunit *test)
{
	const struct burst_case *c = test->param_value;

	reserve(test, c->requests * c->pages);
	expect_in_flight_at_once(test, burst_create(test, c->requests, c->pages,
						    TEST_DISK_INLINE));
}

/* Two reservations add up. */
static void reserve_adds_up(struct kunit *test)
{
	reserve(test, 300);
	reserve(test, 500);
	expect_in_flight_at_once(test, burst_create(test, 800, 1,
						    TEST_DISK_INLINE));
}

/* A page to many regions, which is one of what is reserved for each. */
struct fan_out {
	struct test_disk *td;
	struct test_buffer *buf;
	struct test_request *req[3];
	unsigned int regions;
	int ret;
};

static void fan_out_run(void *context)
{
	struct fan_out *fan = context;
	struct io_region where[BITS_PER_LONG];

	refuse_memory_here_too();
	for (int i = 0; i < ARRAY_SIZE(fan->req); i++) {
		for (unsigned int j = 0; j < fan->regions; j++)
			where[j] = (struct io_region) {
				.bdev = fan->td->bdev,
				.sector = (i * fan->regions + j) * PAGE_SECTORS,
				.count = PAGE_SECTORS,
			};
		fan->ret = fan->ret ?: dm_io_async_vm(fan->regions, where, WRITE, fan->buf->data,
						      test_request_io_done, fan->req[i]);
		test_request_started(fan->req[i], fan->ret);
	}
}

static const unsigned int fans[] = { 1, 2, 17, BITS_PER_LONG };

static void fan_name(const unsigned int *regions, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u_regions", *regions);
}

KUNIT_ARRAY_PARAM(fan, fans, fan_name);

static void reserve_counts_each_region(struct kunit *test)
{
	const unsigned int *regions = test->param_value;
	struct fan_out *fan = kunit_kzalloc(test, sizeof(*fan), GFP_KERNEL);
	struct test_thread *thread;
	sector_t sectors;

	KUNIT_ASSERT_NOT_NULL(test, fan);
	fan->regions = *regions;
	sectors = ARRAY_SIZE(fan->req) * fan->regions * PAGE_SECTORS;
	reserve(test, ARRAY_SIZE(fan->req) * fan->regions);
	fan->td = test_disk_create(test, &(struct test_disk_config) { .sectors = sectors });
	fan->buf = test_buffer_create(test, TEST_BUFFER_VMALLOC, 0, PAGE_SIZE);
	for (int i = 0; i < ARRAY_SIZE(fan->req); i++)
		fan->req[i] = test_request_create(test);
	thread = test_thread_create(test, fan_out_run, fan);
	test_disk_hold(fan->td);
	refuse_memory(test);
	test_thread_start(thread);
	test_thread_wait(thread);
	refuse_memory_end_expecting(test, ARRAY_SIZE(fan->req) * fan->regions);
	KUNIT_EXPECT_EQ(test, fan->ret, 0);
	KUNIT_EXPECT_EQ(test, sectors_arrived(fan->td), sectors);
	test_disk_release_all(fan->td);
	for (int i = 0; i < ARRAY_SIZE(fan->req); i++) {
		test_request_wait(fan->req[i]);
		KUNIT_EXPECT_EQ(test, fan->req[i]->error, 0);
	}
	test_disk_expect_exactly(fan->td, REQ_OP_WRITE, 0, 0, sectors);
}

/* What was given back is reserved no more: the caller waits for it. */
static void reserve_given_back(struct kunit *test)
{
	struct test_thread *thread;
	struct burst *burst;

	reserve(test, 1000);
	give_back(test, 1000);
	burst = burst_create(test, 1000, 1, TEST_DISK_INLINE);
	test_disk_hold(burst->td);

	thread = test_thread_create(test, burst_run, burst);
	refuse_memory(test);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	KUNIT_EXPECT_LT(test, sectors_arrived(burst->td), burst->td->sectors);

	test_disk_release_all(burst->td);
	test_thread_wait(thread);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, refuse_memory_asks_of_reserve(), burst->requests);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 0);
	expect_burst_written(test, burst);
}

/* A reservation may be given back while it is in use, memory or not. */
static void reserve_given_back_in_flight(struct kunit *test)
{
	struct test_thread *thread;
	struct burst *burst;

	reserve(test, 200);
	burst = burst_create(test, 200, 1, TEST_DISK_WORKER);
	test_disk_hold(burst->td);
	thread = test_thread_create(test, burst_run, burst);
	refuse_memory(test);
	test_thread_start(thread);
	test_thread_wait(thread);
	give_back(test, 200);
	test_disk_release_all(burst->td);
	refuse_memory_end_expecting(test, burst->requests);
	expect_burst_written(test, burst);

	reserve(test, 400);
	expect_in_flight_at_once(test, burst_create(test, 400, 1,
						    TEST_DISK_INLINE));
}

/* How often the kernel log has a text in it. */
static unsigned int count_in_log(struct kunit *test, const char *text)
{
	char *line = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct kmsg_dump_iter iter;
	unsigned int count = 0;
	size_t bytes;

	KUNIT_ASSERT_NOT_NULL(test, line);
	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, PAGE_SIZE - 1, &bytes)) {
		line[bytes] = 0;
		count += !!strstr(line, text);
	}
	return count;
}

/* The only puts in all suites that are too large: the first of them has warned. */
static void reserve_survives_excess_put(struct kunit *test)
{
	reserve(test, 5);
	dm_io_put(1000);
	KUNIT_EXPECT_EQ(test, count_in_log(test, EXCESS_PUT), 1);
	dm_io_put(1);
	KUNIT_EXPECT_EQ(test, count_in_log(test, EXCESS_PUT), 1);
	give_back(test, 5);
	KUNIT_EXPECT_EQ(test, count_in_log(test, EXCESS_PUT), 1);

	/* Had the put not been clamped, this would still be owed to it. */
	reserve(test, 500);
	expect_in_flight_at_once(test, burst_create(test, 500, 1,
						    TEST_DISK_INLINE));
}

static void reserve_refused(struct kunit *test)
{
	unsigned int refused;
	int ret;

	refuse_memory(test);
	ret = dm_io_get(1000);
	refused = refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
	KUNIT_EXPECT_GT(test, refused, 0);

	/* Far more than there is: an answer, and no splat. */
	KUNIT_EXPECT_EQ(test, dm_io_get(UINT_MAX), -ENOMEM);
	KUNIT_EXPECT_EQ(test, dm_io_get(0), 0);
	dm_io_put(0);
}

/* Nobody reserved: each bio that ends lets another go. */
static void reserve_base_makes_progress(struct kunit *test)
{
	const enum test_disk_context *context = test->param_value;
	struct test_thread *thread;
	struct burst *burst = burst_create(test, 300, 1, *context);

	test_disk_hold(burst->td);
	thread = test_thread_create(test, burst_run, burst);
	refuse_memory(test);
	test_thread_start(thread);
	for (unsigned int i = 0; i < 300; i++) {
		KUNIT_ASSERT_TRUE(test,
				  test_disk_wait_arrived(burst->td, i + 1));
		KUNIT_ASSERT_TRUE(test, test_disk_release_oldest(burst->td));
	}
	test_thread_wait(thread);
	refuse_memory_end_expecting(test, burst->requests);
	expect_burst_written(test, burst);
}

/* The same for one request of many bios. */
static void reserve_base_serves_a_large_request(struct kunit *test)
{
	const enum test_disk_context *context = test->param_value;
	struct test_thread *thread;
	struct burst *burst = burst_create(test, 1, 2000, *context);

	test_disk_hold(burst->td);
	thread = test_thread_create(test, burst_run, burst);
	refuse_memory(test);
	test_thread_start(thread);
	for (unsigned int i = 0; sectors_arrived(burst->td) < burst->td->sectors;
	     i++) {
		KUNIT_ASSERT_TRUE(test,
				  test_disk_wait_arrived(burst->td, i + 1));
		test_disk_release_oldest(burst->td);
	}
	test_disk_release_all(burst->td);
	test_thread_wait(thread);
	refuse_memory_end_expecting(test, 1);
	expect_burst_written(test, burst);
}

struct service_case {
	enum test_buffer_form form;
	bool async;
	unsigned int reserved;
};

static const struct service_case service_cases[] = {
	{ TEST_BUFFER_PAGES, false, 0 },
	{ TEST_BUFFER_PAGES, true, 0 },
	{ TEST_BUFFER_BVECS, false, 0 },
	{ TEST_BUFFER_BVECS, true, 0 },
	{ TEST_BUFFER_RAGGED, true, 0 },
	{ TEST_BUFFER_VMALLOC, false, 0 },
	{ TEST_BUFFER_VMALLOC, true, 0 },
	{ TEST_BUFFER_PAGES, false, 64 },
	{ TEST_BUFFER_MULTI, true, 64 },
	{ TEST_BUFFER_VMALLOC, true, 64 },
};

static void service_case_name(const struct service_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s_reserved_%u",
		 c->async ? "async" : "sync", test_buffer_form_names[c->form],
		 c->reserved);
}

KUNIT_ARRAY_PARAM(service_case, service_cases, service_case_name);

static unsigned long io_without_memory(struct kunit *test,
				       const struct service_case *c,
				       struct test_buffer *buf,
				       unsigned int num_regions,
				       struct io_region *where, int rw)
{
	struct test_request *req = test_request_create(test);
	unsigned long bits = ~0UL;
	int ret;

	refuse_memory(test);
	if (c->async)
		ret = test_buffer_io_async(buf, num_regions, where, rw,
					   test_request_io_done, req);
	else
		ret = test_buffer_io_sync(buf, num_regions, where, rw, &bits);
	if (c->async && !test_request_started(req, ret))
		test_request_wait(req);
	refuse_memory_end(test);
	/* What the caller waits for has its stack. */
	KUNIT_EXPECT_GE(test, refuse_memory_asks_of_reserve(), c->async);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 0);
	KUNIT_EXPECT_EQ(test, ret, !c->async && bits ? -EIO : 0);
	return c->async ? req->error : bits;
}

static void service_without_memory(struct kunit *test,
				   enum test_disk_context context,
				   unsigned int block, unsigned int sectors)
{
	const struct service_case *c = test->param_value;
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = 3 * sectors,
			.logical_block_size = block,
			.max_discard_sectors = 64,
			.write_cache = true,
			.context = context,
		});
	struct test_buffer *buf = test_buffer_create(test, c->form, 514,
						     sectors * SECTOR_SIZE);
	struct io_region where[3];

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = (struct io_region) {
			td->bdev, i * sectors, sectors,
		};

	test_buffer_fill(buf, 2);
	KUNIT_EXPECT_EQ(test, 0, io_without_memory(test, c, buf, 3, where,
						   REQ_OP_WRITE | REQ_FUA));
	for (int i = 0; i < ARRAY_SIZE(where); i++)
		test_expect_same(test, td->data + i * buf->bytes, buf->data,
				 buf->bytes, "region");

	test_fill(td->data, buf->bytes, 3);
	test_buffer_fill(buf, 4);
	KUNIT_EXPECT_EQ(test, 0,
			io_without_memory(test, c, buf, 1, where, READ));
	test_expect_same(test, buf->data, td->data, buf->bytes, "buffer");

	KUNIT_EXPECT_EQ(test, 0, io_without_memory(test, c, buf, 3, where,
						   REQ_OP_DISCARD));
	test_expect_zeroes(test, td->data, 3 * buf->bytes, "discarded");

	test_disk_fail(td, sectors, 1, true, true, BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, 2,
			io_without_memory(test, c, buf, 3, where, WRITE));
	KUNIT_EXPECT_EQ(test, 1,
			io_without_memory(test, c, buf, 1, &where[1], READ));
}

static void reserve_serves_without_memory(struct kunit *test)
{
	const struct service_case *c = test->param_value;
	static const enum test_disk_context contexts[] = {
		TEST_DISK_INLINE, TEST_DISK_WORKER, TEST_DISK_HARDIRQ,
	};

	reserve(test, c->reserved);
	for (int i = 0; i < ARRAY_SIZE(contexts); i++) {
		service_without_memory(test, contexts[i], 512, 1);
		service_without_memory(test, contexts[i], 512, 8);
		service_without_memory(test, contexts[i], 512, 2100);
		service_without_memory(test, contexts[i], 4096, 2104);
	}
}

/* Requests of a bio for each region, and for how many of those memory is asked for. */
struct need_case {
	const char *name;
	enum test_buffer_form form;
	bool async;
	unsigned int sectors;
	unsigned int regions;
	unsigned int needed;
};

static const struct need_case need_cases[] = {
	{ "sync_page_list_of_4", TEST_BUFFER_PAGES, false, 32, 1, 0 },
	{ "sync_vmalloc_of_4", TEST_BUFFER_VMALLOC, false, 32, 1, 0 },
	{ "sync_bvecs", TEST_BUFFER_BVECS, false, 6000, 1, 0 },
	{ "sync_ragged_bvecs", TEST_BUFFER_RAGGED, false, 6000, 1, 0 },
	{ "sync_page_list_to_3", TEST_BUFFER_PAGES, false, 32, 3, 2 },
	{ "sync_bvecs_to_3", TEST_BUFFER_BVECS, false, 6000, 3, 2 },
	{ "async_page_list_of_4", TEST_BUFFER_PAGES, true, 32, 1, 1 },
	{ "async_bvecs_of_4", TEST_BUFFER_BVECS, true, 32, 1, 1 },
	{ "async_vmalloc_to_3", TEST_BUFFER_VMALLOC, true, 32, 3, 3 },
};

KUNIT_ARRAY_PARAM_DESC(need_case, need_cases, name);

/* What the caller waits for is on its stack, and no bio is in two pieces. */
static void reserve_is_asked_once_for_a_bio(struct kunit *test)
{
	const struct need_case *c = test->param_value;
	struct test_buffer *buf = test_buffer_create(test, c->form, 0, c->sectors * SECTOR_SIZE);
	struct test_request *req = test_request_create(test);
	struct io_region where[3];
	struct test_disk *td[3];
	int ret;

	for (int i = 0; i < c->regions; i++) {
		td[i] = test_disk_create(test, &(struct test_disk_config) {
			.sectors = c->sectors,
		});
		where[i] = (struct io_region) { td[i]->bdev, 0, c->sectors };
	}
	test_buffer_fill(buf, 1);
	refuse_memory_only_here(test);
	if (c->async)
		ret = test_buffer_io_async(buf, c->regions, where, WRITE, test_request_io_done,
					   req);
	else
		ret = test_buffer_io_sync(buf, c->regions, where, WRITE, NULL);
	KUNIT_EXPECT_EQ(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, refuse_memory_asks_of_reserve(), c->needed);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (c->async && !test_request_started(req, ret))
		test_request_wait(req);
	for (int i = 0; i < c->regions; i++) {
		KUNIT_EXPECT_EQ(test, td[i]->nr_log, 1);
		test_expect_same(test, td[i]->data, buf->data, buf->bytes, "region");
	}
}

static struct kunit_case reserve_test_cases[] = {
	KUNIT_CASE(reserve_refusal_works),
	KUNIT_CASE_PARAM(reserve_is_in_flight_at_once, burst_case_gen_params),
	KUNIT_CASE(reserve_adds_up),
	KUNIT_CASE_PARAM(reserve_counts_each_region, fan_gen_params),
	KUNIT_CASE(reserve_given_back),
	KUNIT_CASE(reserve_given_back_in_flight),
	KUNIT_CASE(reserve_survives_excess_put),
	KUNIT_CASE(reserve_refused),
	KUNIT_CASE_PARAM(reserve_base_makes_progress, test_disk_context_gen_params),
	KUNIT_CASE_PARAM(reserve_base_serves_a_large_request,
			 test_disk_context_gen_params),
	KUNIT_CASE_PARAM(reserve_serves_without_memory,
			 service_case_gen_params),
	KUNIT_CASE_PARAM(reserve_is_asked_once_for_a_bio, need_case_gen_params),
	{}
};

static struct kunit_suite reserve_test_suite = {
	.name = "dm_io_rust_reserve",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = reserve_test_cases,
};

kunit_test_suite(reserve_test_suite);
