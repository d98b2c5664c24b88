// SPDX-License-Identifier: GPL-2.0
/*
 * What only rust_dm_io() of mainline.h has: bios of the caller, and clients.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_memory.h"
#include "test_request.h"
#include "test_thread.h"

#define DISK_SECTORS 7000

static const struct service_call sync_bio = { &mainline_bio, false };
static const struct service_call async_bio = { &mainline_bio, true };
static const struct service_call sync_kmem = { &mainline_kmem, false };
static const struct service_call async_kmem = { &mainline_kmem, true };

static struct test_disk *cached_disk(struct kunit *test)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = DISK_SECTORS,
		.write_cache = true,
	});
}

static void expect_bio(struct test_disk *td, unsigned int nr, blk_opf_t opf, sector_t sector,
		       sector_t sectors, unsigned int bvecs)
{
	const struct test_disk_bio *bio = &td->log[nr];

	KUNIT_ASSERT_LT(td->test, nr, td->nr_log);
	KUNIT_EXPECT_EQ(td->test, (u32)(bio->op | bio->flags), (u32)opf);
	KUNIT_EXPECT_EQ(td->test, bio->sector, sector);
	KUNIT_EXPECT_EQ(td->test, bio->sectors, sectors);
	KUNIT_EXPECT_EQ(td->test, bio->bvecs, bvecs);
	KUNIT_EXPECT_EQ(td->test, bio->ioprio, mainline_bio.ioprio);
}

static void expect_only_bio(struct test_disk *td, blk_opf_t opf, sector_t sector,
			    sector_t sectors, unsigned int bvecs)
{
	KUNIT_EXPECT_EQ(td->test, td->nr_log, 1);
	expect_bio(td, 0, opf, sector, sectors, bvecs);
}

/* A clone is over the caller's vectors themselves, and begins where the caller's bio does. */
static void mainline_io_bio_is_cloned(struct kunit *test)
{
	struct test_disk *td = cached_disk(test);
	struct service_buffer *buf = service_buffer_create(test, &mainline_bio, PAGE_SIZE + 100,
							   20 * SECTOR_SIZE);
	struct service_region where[3] = {
		region(td, 0, 20), region(td, 100, 4), region(td, 200, 20),
	};
	const struct bio *of_caller = buf->ptr;

	service_fill(buf, 1);
	test_disk_hold(td);
	KUNIT_ASSERT_EQ(test, service_start(buf, 3, where, REQ_OP_WRITE), 0);
	KUNIT_ASSERT_EQ(test, td->nr_log, 3);
	for (int i = 0; i < 3; i++) {
		const struct bio *bio = td->log[i].bio;
		struct bvec_iter want = of_caller->bi_iter;

		want.bi_sector = where[i].sector;
		want.bi_size = where[i].count * SECTOR_SIZE;
		KUNIT_EXPECT_PTR_NE(test, bio, of_caller);
		KUNIT_EXPECT_PTR_EQ(test, bio->bi_io_vec, of_caller->bi_io_vec);
		KUNIT_EXPECT_MEMEQ(test, &bio->bi_iter, &want, sizeof(want));
		expect_bio(td, i, REQ_OP_WRITE, where[i].sector, where[i].count,
			   service_vectors(buf, where[i].count * SECTOR_SIZE));
	}
	service_expect_intact(buf);
	test_disk_release_reverse(td);
	service_expect_ended(buf, 0, 0);
	service_expect_intact(buf);
	for (int i = 0; i < 3; i++)
		test_expect_same(test, sector_data(td, where[i].sector), buf->data,
				 where[i].count * SECTOR_SIZE, "region");
}

/* A vector of several pages stays one, and so does one that is used in part. */
static void mainline_io_bio_of_multi_page_vectors(struct kunit *test)
{
	struct test_disk *td = cached_disk(test);
	struct test_memory *run = test_memory_create(test, DM_IO_KMEM, 0, 8 * PAGE_SIZE);
	struct service_buffer *buf = service_buffer_create(test, &mainline_bio, 0, SECTOR_SIZE);
	struct page *page = virt_to_page(run->map);
	struct service_region where = region(td, 10, 34);
	struct bio_vec vecs[3];
	struct bvec_iter start;
	struct bio bio;

	bvec_set_page(&vecs[0], page, 3 * PAGE_SIZE, 0);
	bvec_set_page(&vecs[1], page + 3, 1024, 512);
	bvec_set_page(&vecs[2], page + 4, 4 * PAGE_SIZE, 0);
	bio_init(&bio, NULL, vecs, ARRAY_SIZE(vecs), REQ_OP_READ);
	bio.bi_vcnt = ARRAY_SIZE(vecs);
	bio.bi_iter.bi_size = 7 * PAGE_SIZE + 1024;
	bio_advance(&bio, PAGE_SIZE);
	start = bio.bi_iter;

	test_memory_fill(run, 1);
	buf->ptr = &bio;
	service_expect_done(buf, &sync_bio, 1, &where, REQ_OP_WRITE);
	expect_only_bio(td, REQ_OP_WRITE | REQ_SYNC, 10, 34, 3);
	test_expect_same(test, sector_data(td, 10), run->data + PAGE_SIZE, 2 * PAGE_SIZE, "first");
	test_expect_same(test, sector_data(td, 26), run->data + 3 * PAGE_SIZE + 512, 1024,
			 "second");
	test_expect_same(test, sector_data(td, 28), run->data + 4 * PAGE_SIZE, 16 * SECTOR_SIZE,
			 "third");
	KUNIT_EXPECT_MEMEQ(test, &bio.bi_iter, &start, sizeof(start));
	bio_uninit(&bio);
}

/* What there is of a bio beyond the region is neither read into, nor zeroed if that fails. */
static void mainline_io_bio_longer_than_region(struct kunit *test)
{
	struct test_disk *td = cached_disk(test);
	struct service_buffer *buf = service_buffer_create(test, &mainline_bio, 512,
							   64 * SECTOR_SIZE);
	u8 *before = kunit_kmalloc(test, buf->bytes, GFP_KERNEL);
	struct service_region where = region(td, 7, 5);

	KUNIT_ASSERT_NOT_NULL(test, before);
	test_fill(td->data, DISK_SECTORS * SECTOR_SIZE, 1);
	service_fill(buf, 2);
	memcpy(before, buf->data, buf->bytes);
	service_expect_done(buf, &async_bio, 1, &where, REQ_OP_READ);
	expect_only_bio(td, REQ_OP_READ, 7, 5, 1);
	test_expect_same(test, buf->data, sector_data(td, 7), 5 * SECTOR_SIZE, "read");
	test_expect_same(test, buf->data + 5 * SECTOR_SIZE, before + 5 * SECTOR_SIZE,
			 59 * SECTOR_SIZE, "behind");
	service_expect_intact(buf);

	test_disk_fail(td, 9, 1, true, false, BLK_STS_IOERR);
	service_expect_failed(buf, &sync_bio, 1, &where, REQ_OP_READ, 1, 0);
	test_expect_zeroes(test, buf->data, 5 * SECTOR_SIZE, "unread");
	test_expect_same(test, buf->data + 5 * SECTOR_SIZE, before + 5 * SECTOR_SIZE,
			 59 * SECTOR_SIZE, "behind");
	service_expect_intact(buf);
}

/* A flush is none the less one when all of the client's memory is in use. */
static void mainline_io_empty_flush_without_memory(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	const blk_opf_t opf = REQ_OP_WRITE | REQ_PREFLUSH;
	struct test_disk *slow = cached_disk(test);
	struct test_disk *one = cached_disk(test), *other = cached_disk(test);
	struct service_region held[2] = { region(slow, 0, 1), region(slow, 8, 1) };
	struct service_region where[2] = { region(one, 0, 0), region(other, 5, 0) };
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, SECTOR_SIZE);
	struct test_request *req[SERVICE_RESERVED_REQUESTS];

	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++)
		req[i] = test_request_create(test);
	test_disk_hold(slow);
	refuse_memory(test);
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++) {
		int regions = i < SERVICE_RESERVED_CHILDREN ? 2 : 1;
		int ret = c->service->io(buf, regions, held, REQ_OP_WRITE, req[i]);

		KUNIT_ASSERT_EQ(test, test_request_started(req[i], ret), 0);
	}
	buf->ptr = NULL;
	service_expect_done(buf, c, 2, where, opf);
	refuse_memory_end(test);
	expect_only_bio(one, opf | service_flags(c), 0, 0, 0);
	expect_only_bio(other, opf | service_flags(c), 5, 0, 0);
	KUNIT_EXPECT_EQ(test, slow->nr_log,
			SERVICE_RESERVED_REQUESTS + SERVICE_RESERVED_CHILDREN);
	test_disk_release_all(slow);
	for (int i = 0; i < SERVICE_RESERVED_REQUESTS; i++) {
		test_request_wait(req[i]);
		KUNIT_EXPECT_EQ(test, req[i]->error | req[i]->unsup, 0);
	}
}

static void call_name(const struct service_call *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s", c->async ? "async" : "sync",
		 c->service->name);
}

static const struct service_call kmem_calls[] = {
	{ &mainline_kmem, false },
	{ &mainline_kmem, true },
};

KUNIT_ARRAY_PARAM(kmem_call, kmem_calls, call_name);

/* What one client has in flight is nothing to the other, which may go meanwhile. */
static void mainline_io_two_clients(struct kunit *test)
{
	struct test_disk *slow = cached_disk(test), *fast = cached_disk(test);
	struct service_buffer *one = service_buffer_create(test, &mainline_kmem, 0, PAGE_SIZE);
	struct service_buffer *other = service_buffer_create(test, &mainline_kmem, 0, PAGE_SIZE);
	struct service_region to_slow = region(slow, 0, 8), to_fast = region(fast, 0, 8);

	KUNIT_EXPECT_PTR_NE(test, one->client, other->client);
	service_fill(one, 1);
	other->ptr = one->ptr;
	test_disk_hold(slow);
	KUNIT_ASSERT_EQ(test, service_start(one, 1, &to_slow, REQ_OP_WRITE), 0);
	service_expect_done(other, &sync_kmem, 1, &to_fast, REQ_OP_WRITE);
	service_expect_done(other, &async_kmem, 1, &to_fast, REQ_OP_READ);
	service_buffer_free(other);
	KUNIT_EXPECT_EQ(test, atomic_read(&one->req->calls), 0);
	test_disk_release_all(slow);
	service_expect_ended(one, 0, 0);
	test_expect_same(test, slow->data, one->data, one->bytes, "slow");
	test_expect_same(test, fast->data, one->data, one->bytes, "fast");
}

static void mainline_io_clients_come_and_go(struct kunit *test)
{
	for (int i = 0; i < 20; i++) {
		struct dm_io_client *client = rust_dm_io_client_create();

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
		rust_dm_io_client_destroy(client);
	}
}

static void mainline_io_client_refused(struct kunit *test)
{
	struct dm_io_client *client;

	refuse_memory(test);
	client = rust_dm_io_client_create();
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(client), -ENOMEM);
}

/* More than the client's reserve at one time: who is beyond it waits, and goes on. */
struct flood {
	struct service_buffer *buf;
	struct test_disk *td;
	struct test_request *req[100];
	int ret;
};

static void flood_run(void *context)
{
	struct flood *flood = context;

	refuse_memory_here_too();
	for (int i = 0; i < ARRAY_SIZE(flood->req); i++) {
		struct service_region where = region(flood->td, 8 * i, 8);
		int ret = flood->buf->service->io(flood->buf, 1, &where, REQ_OP_WRITE,
						  flood->req[i]);

		if (test_request_started(flood->req[i], ret))
			flood->ret = ret;
	}
}

static void mainline_io_beyond_reserve(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct flood *flood = kunit_kzalloc(test, sizeof(*flood), GFP_KERNEL);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, flood);
	flood->td = cached_disk(test);
	flood->buf = service_buffer_create(test, c->service, 0, 8 * SECTOR_SIZE);
	service_fill(flood->buf, 1);
	for (int i = 0; i < ARRAY_SIZE(flood->req); i++)
		flood->req[i] = test_request_create(test);
	test_disk_hold(flood->td);
	thread = test_thread_create(test, flood_run, flood);
	refuse_memory(test);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	for (unsigned int i = 0; i < ARRAY_SIZE(flood->req); i++) {
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(flood->td, i + 1));
		KUNIT_ASSERT_TRUE(test, test_disk_release_oldest(flood->td));
	}
	test_thread_wait(thread);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, flood->ret, 0);
	for (int i = 0; i < ARRAY_SIZE(flood->req); i++) {
		test_request_wait(flood->req[i]);
		KUNIT_EXPECT_EQ(test, flood->req[i]->error | flood->req[i]->unsup, 0);
		test_expect_same(test, sector_data(flood->td, 8 * i), flood->buf->data,
				 flood->buf->bytes, "region");
	}
	KUNIT_EXPECT_EQ(test, flood->td->nr_log, ARRAY_SIZE(flood->req));
}

static const struct service_call memory_calls[] = {
	{ &mainline_page_list, true },
	{ &mainline_bio, true },
	{ &mainline_vma, true },
	{ &mainline_kmem, true },
};

KUNIT_ARRAY_PARAM(memory_call, memory_calls, call_name);

/* What is one bio, of whatever length, is on the stack of a caller that waits. */
static void mainline_io_needs_no_memory(struct kunit *test)
{
	static const struct service_call calls[] = {
		{ &mainline_bio, false }, { &mainline_kmem, false },
	};
	struct test_disk *td = cached_disk(test);

	for (int i = 0; i < ARRAY_SIZE(calls); i++) {
		struct service_buffer *buf = service_buffer_create(test, calls[i].service, 514,
								   300 * PAGE_SIZE);
		struct service_region where = region(td, 1, 300 * PAGE_SECTORS);

		service_fill(buf, i + 1);
		refuse_memory_only_here(test);
		service_expect_done(buf, &calls[i], 1, &where, REQ_OP_WRITE);
		KUNIT_EXPECT_EQ(test, refuse_memory_end(test), 0);
		expect_only_bio(td, REQ_OP_WRITE | REQ_SYNC, 1, 300 * PAGE_SECTORS,
				service_vectors(buf, buf->bytes));
		test_expect_same(test, sector_data(td, 1), buf->data, buf->bytes, "disk");
		test_disk_forget(td);
	}
}

/* That is of the sectors of the caller's bio, and of its length. */
static void mainline_io_bio_without_its_protection_information(struct kunit *test)
{
	struct test_disk *td = cached_disk(test);
	struct service_buffer *buf = service_buffer_create(test, &mainline_bio, 0, SECTOR_SIZE);
	struct service_region where[2] = { region(td, 0, 1), region(td, 8, 1) };
	struct bio *of_caller = buf->ptr;

	service_fill(buf, 1);
	of_caller->bi_opf |= REQ_INTEGRITY;
	service_expect_done(buf, &sync_bio, 2, where, REQ_OP_WRITE);
	of_caller->bi_opf &= ~REQ_INTEGRITY;
	for (int i = 0; i < 2; i++)
		expect_bio(td, i, REQ_OP_WRITE | REQ_SYNC, where[i].sector, 1, 1);
}

/* Of a partition's bio that is done the block layer says that its sector is the disk's. */
static void mainline_io_bio_that_was_remapped(struct kunit *test)
{
	struct test_disk *td = cached_disk(test);
	struct service_buffer *buf = service_buffer_create(test, &mainline_bio, 0, SECTOR_SIZE);
	struct service_region where[2] = { region(td, 0, 1), region(td, 8, 1) };
	struct bio *of_caller = buf->ptr;

	service_fill(buf, 1);
	of_caller->bi_bdev = td->bdev;
	bio_set_flag(of_caller, BIO_REMAPPED);
	test_disk_hold(td);
	KUNIT_ASSERT_EQ(test, service_start(buf, 2, where, REQ_OP_WRITE), 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(td, 2));
	for (int i = 0; i < 2; i++)
		KUNIT_EXPECT_FALSE(test, bio_flagged(td->log[i].bio, BIO_REMAPPED));
	test_disk_release_all(td);
	service_expect_ended(buf, 0, 0);
	bio_clear_flag(of_caller, BIO_REMAPPED);
	of_caller->bi_bdev = NULL;
}

static struct kunit_case mainline_io_test_cases[] = {
	KUNIT_CASE(mainline_io_bio_is_cloned),
	KUNIT_CASE(mainline_io_bio_that_was_remapped),
	KUNIT_CASE(mainline_io_bio_without_its_protection_information),
	KUNIT_CASE(mainline_io_bio_of_multi_page_vectors),
	KUNIT_CASE(mainline_io_bio_longer_than_region),
	KUNIT_CASE_PARAM(mainline_io_empty_flush_without_memory, kmem_call_gen_params),
	KUNIT_CASE(mainline_io_two_clients),
	KUNIT_CASE(mainline_io_clients_come_and_go),
	KUNIT_CASE(mainline_io_client_refused),
	KUNIT_CASE_PARAM(mainline_io_beyond_reserve, memory_call_gen_params),
	KUNIT_CASE(mainline_io_needs_no_memory),
	{}
};

static struct kunit_suite mainline_io_test_suite = {
	.name = "dm_io_rust_mainline_io",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_io_test_cases,
};

kunit_test_suite(mainline_io_test_suite);
