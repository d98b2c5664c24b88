// SPDX-License-Identifier: GPL-2.0
/*
 * rust_dm_io() of mainline.h, called as a target calls dm_io().
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/err.h>
#include <linux/ioprio.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "refuse_memory.h"
#include "test_disk.h"
#include "test_memory.h"
#include "test_request.h"
#include "test_thread.h"

#define DISK_SECTORS 7000
#define PRIORITY IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 3)

KUNIT_DEFINE_ACTION_WRAPPER(client_destroy, rust_dm_io_client_destroy,
			    struct dm_io_client *);

static struct dm_io_client *client_create(struct kunit *test)
{
	struct dm_io_client *client = rust_dm_io_client_create();

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, client_destroy, client));
	return client;
}

static struct test_disk *disk_in(struct kunit *test, enum test_disk_context context)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = DISK_SECTORS,
		.max_discard_sectors = 512,
		.max_write_zeroes_sectors = 512,
		.write_cache = true,
		.context = context,
	});
}

static struct test_disk *disk_of(struct kunit *test)
{
	return disk_in(test, TEST_DISK_INLINE);
}

/* One that can neither discard nor write zeroes. */
static struct test_disk *plain_disk(struct kunit *test)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = DISK_SECTORS,
	});
}

static struct dm_io_region region(struct test_disk *td, sector_t sector, sector_t count)
{
	return (struct dm_io_region) {
		.bdev = td->bdev,
		.sector = sector,
		.count = count,
	};
}

/* How a case calls the service. */
struct io_case {
	enum dm_io_mem_type type;
	unsigned int offset;
	bool async;
};

/* Of a page list the offset is one into its first page. */
static const struct io_case io_cases[] = {
	{ DM_IO_PAGE_LIST, 0, false },
	{ DM_IO_PAGE_LIST, 0, true },
	{ DM_IO_PAGE_LIST, 512, false },
	{ DM_IO_PAGE_LIST, 512, true },
	{ DM_IO_PAGE_LIST, PAGE_SIZE - 2, false },
	{ DM_IO_PAGE_LIST, PAGE_SIZE - 2, true },
	{ DM_IO_BIO, 0, false },
	{ DM_IO_BIO, 0, true },
	{ DM_IO_BIO, 1026, false },
	{ DM_IO_BIO, 1026, true },
	{ DM_IO_BIO, 2 * PAGE_SIZE + 514, false },
	{ DM_IO_BIO, 2 * PAGE_SIZE + 514, true },
	{ DM_IO_VMA, 0, false },
	{ DM_IO_VMA, 0, true },
	{ DM_IO_VMA, 34, false },
	{ DM_IO_VMA, 34, true },
	{ DM_IO_VMA, 3 * PAGE_SIZE - 2, false },
	{ DM_IO_VMA, 3 * PAGE_SIZE - 2, true },
	{ DM_IO_KMEM, 0, false },
	{ DM_IO_KMEM, 0, true },
	{ DM_IO_KMEM, 512, false },
	{ DM_IO_KMEM, 512, true },
	{ DM_IO_KMEM, 3 * PAGE_SIZE - 2, false },
	{ DM_IO_KMEM, 3 * PAGE_SIZE - 2, true },
};

static void io_case_name(const struct io_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s_at_%u", c->async ? "async" : "sync",
		 test_memory_names[c->type], c->offset);
}

KUNIT_ARRAY_PARAM(io_case, io_cases, io_case_name);

static const void *first_of_type(struct kunit *test, const void *prev, char *name, bool async)
{
	const struct io_case *c = prev;

	do {
		c = io_case_gen_params(test, c, name);
	} while (c && (c->offset || c->async != async));
	return c;
}

/* Each memory type once. */
static const void *type_gen_params(struct kunit *test, const void *prev, char *name)
{
	return first_of_type(test, prev, name, true);
}

static const struct io_case sync_kmem = { DM_IO_KMEM, 0, false };
static const struct io_case async_kmem = { DM_IO_KMEM, 0, true };

static blk_opf_t flags_of(const struct io_case *c)
{
	return c->async ? 0 : REQ_SYNC;
}

struct bits {
	unsigned long error;
	unsigned long unsup;
};

static int outcome(struct bits bits)
{
	if (bits.error)
		return -EIO;
	return bits.unsup ? -EOPNOTSUPP : 0;
}

/* Does the I/O as the case says, to its end. */
static struct bits do_io(struct kunit *test, struct dm_io_client *client,
			 const struct io_case *c, struct dm_io_memory mem,
			 unsigned int num_regions, struct dm_io_region *where, blk_opf_t opf)
{
	struct dm_io_request io = { .bi_opf = opf, .mem = mem, .client = client };
	struct bits bits = { ~0UL, ~0UL };
	struct test_request *req;
	int ret;

	if (!c->async) {
		ret = rust_dm_io(&io, num_regions, where, &bits.error, &bits.unsup, PRIORITY);
		KUNIT_EXPECT_EQ(test, ret, outcome(bits));
		return bits;
	}
	req = test_request_create(test);
	io.notify.fn = test_request_dm_io_done;
	io.notify.context = req;
	ret = rust_dm_io(&io, num_regions, where, &bits.error, &bits.unsup, PRIORITY);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	/* Only one who waits is told in this way. */
	KUNIT_EXPECT_EQ(test, bits.error, ~0UL);
	KUNIT_EXPECT_EQ(test, bits.unsup, ~0UL);
	return (struct bits) { req->error, req->unsup };
}

static void expect_bits(struct kunit *test, struct bits bits, unsigned long error,
			unsigned long unsup)
{
	KUNIT_EXPECT_EQ(test, bits.error, error);
	KUNIT_EXPECT_EQ(test, bits.unsup, unsup);
}

static void expect_bio(struct test_disk *td, unsigned int nr, blk_opf_t opf, sector_t sector,
		       sector_t sectors, unsigned int bvecs)
{
	const struct test_disk_bio *bio = &td->log[nr];

	KUNIT_ASSERT_LT(td->test, nr, td->nr_log);
	KUNIT_EXPECT_EQ(td->test, (u32)bio->op, (u32)(opf & REQ_OP_MASK));
	KUNIT_EXPECT_EQ(td->test, (u32)bio->flags, (u32)(opf & ~REQ_OP_MASK));
	KUNIT_EXPECT_EQ(td->test, bio->sector, sector);
	KUNIT_EXPECT_EQ(td->test, bio->sectors, sectors);
	KUNIT_EXPECT_EQ(td->test, bio->bvecs, bvecs);
	KUNIT_EXPECT_EQ(td->test, bio->ioprio, PRIORITY);
}

static void expect_only_bio(struct test_disk *td, blk_opf_t opf, sector_t sector,
			    sector_t sectors, unsigned int bvecs)
{
	KUNIT_EXPECT_EQ(td->test, td->nr_log, 1);
	expect_bio(td, 0, opf, sector, sectors, bvecs);
}

/* Each is one bio, of as many vectors as there are runs in memory. */
static void mainline_io_write_then_read(struct kunit *test)
{
	static const unsigned int lengths[] = { 1, 7, 8, 9, 100 };
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t bytes = lengths[i] * SECTOR_SIZE;
		struct test_memory *out = test_memory_create(test, c->type, c->offset, bytes);
		struct test_memory *in = test_memory_create(test, c->type, c->offset, bytes);
		struct dm_io_region where = region(td, 3 + i * 200, lengths[i]);
		unsigned int vectors = test_memory_vectors(out, bytes);

		test_memory_fill(out, i + 1);
		expect_bits(test, do_io(test, client, c, out->mem, 1, &where,
					REQ_OP_WRITE | REQ_META | REQ_FUA), 0, 0);
		expect_only_bio(td, REQ_OP_WRITE | REQ_META | REQ_FUA | flags_of(c),
				where.sector, where.count, vectors);
		test_expect_same(test, sector_data(td, where.sector), out->data, bytes, "disk");
		test_expect_zeroes(test, sector_data(td, where.sector + where.count),
				   SECTOR_SIZE, "behind");
		test_memory_expect_intact(out);
		test_disk_forget(td);

		test_memory_fill(in, 99);
		expect_bits(test, do_io(test, client, c, in->mem, 1, &where,
					REQ_OP_READ | REQ_PRIO), 0, 0);
		expect_only_bio(td, REQ_OP_READ | REQ_PRIO | flags_of(c), where.sector,
				where.count, vectors);
		test_expect_same(test, in->data, out->data, bytes, "memory");
		test_memory_expect_intact(in);
		test_disk_forget(td);
	}
}

/* All get the same data, from the start; the longest says how much there is. */
static void mainline_io_regions(struct kunit *test)
{
	static const unsigned int lengths[] = { 1, 0, 24, 8, 16, 0 };
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, c->type, c->offset,
							24 * SECTOR_SIZE);
	struct dm_io_region where[ARRAY_SIZE(lengths)];
	unsigned int nr = 0;

	for (int i = 0; i < ARRAY_SIZE(lengths); i++)
		where[i] = region(td, 50 * i, lengths[i]);
	test_memory_fill(memory, 1);
	expect_bits(test, do_io(test, client, c, memory->mem, ARRAY_SIZE(where), where,
				REQ_OP_WRITE), 0, 0);
	test_memory_expect_intact(memory);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t bytes = lengths[i] * SECTOR_SIZE;

		test_expect_same(test, sector_data(td, 50 * i), memory->data, bytes, "region");
		test_expect_zeroes(test, sector_data(td, 50 * i) + bytes, SECTOR_SIZE, "behind");
		if (bytes)
			expect_bio(td, nr++, REQ_OP_WRITE | flags_of(c), 50 * i, lengths[i],
				   test_memory_vectors(memory, bytes));
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, nr);
}

/*
 * A bio has 256 vectors at the most. That of the caller has what it has, and a
 * run of memory needs but one.
 */
static void mainline_io_many_vectors(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, c->type, 0, 300 * PAGE_SIZE);
	struct dm_io_region where = region(td, 5, 300 * PAGE_SECTORS);

	test_memory_fill(memory, 1);
	expect_bits(test, do_io(test, client, c, memory->mem, 1, &where, REQ_OP_WRITE), 0, 0);
	test_expect_same(test, sector_data(td, 5), memory->data, memory->bytes, "disk");
	if (c->type == DM_IO_KMEM || c->type == DM_IO_BIO) {
		expect_only_bio(td, REQ_OP_WRITE | flags_of(c), 5, 300 * PAGE_SECTORS,
				c->type == DM_IO_KMEM ? 1 : 300);
		return;
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, 2);
	expect_bio(td, 0, REQ_OP_WRITE | flags_of(c), 5, 256 * PAGE_SECTORS, 256);
	expect_bio(td, 1, REQ_OP_WRITE | flags_of(c), 5 + 256 * PAGE_SECTORS, 44 * PAGE_SECTORS,
		   44);
}

/* Starts a request that the disk is to hold back. */
static void start_io(struct kunit *test, struct dm_io_client *client, struct test_request *req,
		     struct dm_io_memory mem, unsigned int num_regions,
		     struct dm_io_region *where, blk_opf_t opf)
{
	struct dm_io_request io = {
		.bi_opf = opf,
		.mem = mem,
		.client = client,
		.notify = { test_request_dm_io_done, req },
	};
	int ret = rust_dm_io(&io, num_regions, where, NULL, NULL, PRIORITY);

	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
}

static void expect_ended(struct test_request *req, struct kunit *test, unsigned long error,
			 unsigned long unsup)
{
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->error, error);
	KUNIT_EXPECT_EQ(test, req->unsup, unsup);
}

/* It is over the caller's vectors themselves, and begins where the caller's does. */
static void mainline_io_bio_is_cloned(struct kunit *test)
{
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, DM_IO_BIO, PAGE_SIZE + 100,
							20 * SECTOR_SIZE);
	struct dm_io_region where[3] = {
		region(td, 0, 20), region(td, 100, 4), region(td, 200, 20),
	};
	struct test_request *req = test_request_create(test);
	const struct bio *of_caller = memory->mem.ptr.bio;

	test_memory_fill(memory, 1);
	test_disk_hold(td);
	start_io(test, client, req, memory->mem, 3, where, REQ_OP_WRITE);
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
			   test_memory_vectors(memory, where[i].count * SECTOR_SIZE));
	}
	test_memory_expect_intact(memory);
	test_disk_release_reverse(td);
	expect_ended(req, test, 0, 0);
	test_memory_expect_intact(memory);
	for (int i = 0; i < 3; i++)
		test_expect_same(test, sector_data(td, where[i].sector), memory->data,
				 where[i].count * SECTOR_SIZE, "region");
}

/* A vector of several pages stays one, and so does one that is used in part. */
static void mainline_io_bio_of_multi_page_vectors(struct kunit *test)
{
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *run = test_memory_create(test, DM_IO_KMEM, 0, 8 * PAGE_SIZE);
	struct page *page = virt_to_page(run->map);
	struct dm_io_region where = region(td, 10, 34);
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
	expect_bits(test, do_io(test, client, &sync_kmem,
				(struct dm_io_memory) { .type = DM_IO_BIO, .ptr.bio = &bio },
				1, &where, REQ_OP_WRITE), 0, 0);
	expect_only_bio(td, REQ_OP_WRITE | REQ_SYNC, 10, 34, 3);
	test_expect_same(test, sector_data(td, 10), run->data + PAGE_SIZE, 2 * PAGE_SIZE, "first");
	test_expect_same(test, sector_data(td, 26), run->data + 3 * PAGE_SIZE + 512, 1024,
			 "second");
	test_expect_same(test, sector_data(td, 28), run->data + 4 * PAGE_SIZE, 16 * SECTOR_SIZE,
			 "third");
	KUNIT_EXPECT_MEMEQ(test, &bio.bi_iter, &start, sizeof(start));
	bio_uninit(&bio);
}

/* What there is of a bio beyond the region is not read into. */
static void mainline_io_bio_longer_than_region(struct kunit *test)
{
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, DM_IO_BIO, 512, 64 * SECTOR_SIZE);
	u8 *before = kunit_kmalloc(test, memory->bytes, GFP_KERNEL);
	struct dm_io_region where = region(td, 7, 5);

	KUNIT_ASSERT_NOT_NULL(test, before);
	test_fill(td->data, DISK_SECTORS * SECTOR_SIZE, 1);
	test_memory_fill(memory, 2);
	memcpy(before, memory->data, memory->bytes);
	expect_bits(test, do_io(test, client, &async_kmem, memory->mem, 1, &where, REQ_OP_READ),
		    0, 0);
	expect_only_bio(td, REQ_OP_READ, 7, 5, 1);
	test_expect_same(test, memory->data, sector_data(td, 7), 5 * SECTOR_SIZE, "read");
	test_expect_same(test, memory->data + 5 * SECTOR_SIZE, before + 5 * SECTOR_SIZE,
			 59 * SECTOR_SIZE, "behind");
	test_memory_expect_intact(memory);

	/* Nor zeroed, if that fails. */
	test_disk_fail(td, 9, 1, true, false, BLK_STS_IOERR);
	expect_bits(test, do_io(test, client, &sync_kmem, memory->mem, 1, &where, REQ_OP_READ),
		    1, 0);
	test_expect_zeroes(test, memory->data, 5 * SECTOR_SIZE, "unread");
	test_expect_same(test, memory->data + 5 * SECTOR_SIZE, before + 5 * SECTOR_SIZE,
			 59 * SECTOR_SIZE, "behind");
	test_memory_expect_intact(memory);
}

/* The caller has all that is not memory to transfer back when the call returns. */
static void mainline_io_keeps_no_arguments(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, c->type, c->offset,
							300 * PAGE_SIZE);
	struct test_request *req = test_request_create(test);
	struct dm_io_region *where = kunit_kmalloc(test, sizeof(*where), GFP_KERNEL);
	struct dm_io_request *io = kunit_kmalloc(test, sizeof(*io), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, where);
	KUNIT_ASSERT_NOT_NULL(test, io);
	test_memory_fill(memory, 1);
	*where = region(td, 0, 300 * PAGE_SECTORS);
	*io = (struct dm_io_request) {
		.bi_opf = REQ_OP_WRITE,
		.mem = memory->mem,
		.client = client,
		.notify = { test_request_dm_io_done, req },
	};
	test_disk_hold(td);
	ret = rust_dm_io(io, 1, where, NULL, NULL, PRIORITY);
	kunit_kfree(test, where);
	kunit_kfree(test, io);
	test_memory_forget_arguments(memory);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	test_disk_release_all(td);
	expect_ended(req, test, 0, 0);
	test_expect_same(test, td->data, memory->data, memory->bytes, "disk");
}

/* What a device answers, and whether that means that it cannot do what it was asked. */
struct status_case {
	const char *name;
	blk_status_t status;
	bool unsup;
};

static const struct status_case status_cases[] = {
	{ "ioerr", BLK_STS_IOERR, false },
	{ "notsupp", BLK_STS_NOTSUPP, true },
	{ "inval", BLK_STS_INVAL, true },
	{ "medium", BLK_STS_MEDIUM, false },
	{ "target", BLK_STS_TARGET, false },
	{ "nospc", BLK_STS_NOSPC, false },
	{ "resource", BLK_STS_RESOURCE, false },
	{ "protection", BLK_STS_PROTECTION, false },
	{ "offline", BLK_STS_OFFLINE, false },
};

KUNIT_ARRAY_PARAM_DESC(status_case, status_cases, name);

static void mainline_io_status(struct kunit *test)
{
	const struct status_case *s = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);

	test_disk_fail(td, 10, 1, true, true, s->status);
	for (int i = 0; i < ARRAY_SIZE(io_cases); i++) {
		const struct io_case *c = &io_cases[i];
		struct test_memory *memory = test_memory_create(test, c->type, c->offset,
								8 * SECTOR_SIZE);
		struct dm_io_region where[3] = {
			region(td, 20, 8), region(td, 8, 8), region(td, 0, 8),
		};

		test_memory_fill(memory, 1);
		expect_bits(test, do_io(test, client, c, memory->mem, 3, where, REQ_OP_WRITE),
			    s->unsup ? 0 : 2, s->unsup ? 2 : 0);
		expect_bits(test, do_io(test, client, c, memory->mem, 1, &where[1], REQ_OP_READ),
			    s->unsup ? 0 : 1, s->unsup ? 1 : 0);
		test_expect_zeroes(test, memory->data, memory->bytes, "unread");
		test_memory_expect_intact(memory);
	}
}

/* An error decides what is returned, but takes no other bit away. */
static void mainline_io_mixed_status(struct kunit *test)
{
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, DM_IO_KMEM, 0, 8 * SECTOR_SIZE);
	struct dm_io_region where[5];

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(td, 8 * i, 8);
	test_memory_fill(memory, 1);
	test_disk_fail(td, 9, 1, true, true, BLK_STS_NOTSUPP);
	test_disk_fail(td, 31, 1, true, true, BLK_STS_INVAL);
	expect_bits(test, do_io(test, client, &sync_kmem, memory->mem, 5, where, REQ_OP_WRITE),
		    0, BIT(1) | BIT(3));
	expect_bits(test, do_io(test, client, &async_kmem, memory->mem, 5, where, REQ_OP_WRITE),
		    0, BIT(1) | BIT(3));

	test_disk_fail(td, 16, 1, true, true, BLK_STS_IOERR);
	expect_bits(test, do_io(test, client, &sync_kmem, memory->mem, 5, where, REQ_OP_WRITE),
		    BIT(2), BIT(1) | BIT(3));
	expect_bits(test, do_io(test, client, &async_kmem, memory->mem, 5, where, REQ_OP_WRITE),
		    BIT(2), BIT(1) | BIT(3));
	KUNIT_EXPECT_EQ(test, td->nr_log, 20);
	test_expect_same(test, td->data, memory->data, memory->bytes, "first");
	test_expect_same(test, sector_data(td, 32), memory->data, memory->bytes, "last");
}

static void mainline_io_most_regions(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, c->type, c->offset, SECTOR_SIZE);
	struct dm_io_region where[BITS_PER_LONG];

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(td, 2 * i, 1);
	test_memory_fill(memory, 1);
	test_disk_fail(td, 0, 1, true, true, BLK_STS_IOERR);
	test_disk_fail(td, 2 * (BITS_PER_LONG - 1), 1, true, true, BLK_STS_NOTSUPP);
	expect_bits(test, do_io(test, client, c, memory->mem, BITS_PER_LONG, where,
				REQ_OP_WRITE), 1, BIT(BITS_PER_LONG - 1));
	KUNIT_EXPECT_EQ(test, td->nr_log, BITS_PER_LONG);
	for (int i = 1; i < BITS_PER_LONG - 1; i++)
		test_expect_same(test, sector_data(td, 2 * i), memory->data, SECTOR_SIZE,
				 "region");
}

static void mainline_io_bits_may_be_null(struct kunit *test)
{
	static const struct {
		blk_status_t status;
		int ret;
	} ends[] = {
		{ BLK_STS_OK, 0 },
		{ BLK_STS_IOERR, -EIO },
		{ BLK_STS_NOTSUPP, -EOPNOTSUPP },
	};
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, DM_IO_KMEM, 0, SECTOR_SIZE);
	struct dm_io_request io = {
		.bi_opf = REQ_OP_WRITE,
		.mem = memory->mem,
		.client = client_create(test),
	};
	struct dm_io_region where = region(td, 0, 1);

	for (int i = 0; i < ARRAY_SIZE(ends); i++) {
		unsigned long bits = ~0UL;

		test_disk_fail_nothing(td);
		test_disk_fail(td, 0, 1, true, true, ends[i].status);
		KUNIT_EXPECT_EQ(test, rust_dm_io(&io, 1, &where, NULL, NULL, 0), ends[i].ret);
		KUNIT_EXPECT_EQ(test, rust_dm_io(&io, 1, &where, &bits, NULL, 0), ends[i].ret);
		KUNIT_EXPECT_EQ(test, bits, ends[i].ret == -EIO);
		KUNIT_EXPECT_EQ(test, rust_dm_io(&io, 1, &where, NULL, &bits, 0), ends[i].ret);
		KUNIT_EXPECT_EQ(test, bits, ends[i].ret == -EOPNOTSUPP);
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, 9);
}

/* Operations that carry no data, with a disk that cannot do them. */
struct no_data_case {
	const char *name;
	enum req_op op;
	bool async;
};

static const struct no_data_case no_data_cases[] = {
	{ "sync_discard", REQ_OP_DISCARD, false },
	{ "async_discard", REQ_OP_DISCARD, true },
	{ "sync_write_zeroes", REQ_OP_WRITE_ZEROES, false },
	{ "async_write_zeroes", REQ_OP_WRITE_ZEROES, true },
};

KUNIT_ARRAY_PARAM_DESC(no_data_case, no_data_cases, name);

/* The memory may be none, whatever its type. */
static void mainline_io_without_data(struct kunit *test)
{
	const struct no_data_case *n = test->param_value;
	const struct io_case *c = n->async ? &async_kmem : &sync_kmem;
	struct dm_io_client *client = client_create(test);

	for (int type = 0; type < TEST_MEMORY_TYPES; type++) {
		struct test_disk *good = disk_of(test), *bad = plain_disk(test);
		struct dm_io_region where[3] = {
			region(good, 8, 1000), region(bad, 8, 8), region(good, 2000, 512),
		};
		struct dm_io_memory none = { .type = type };
		blk_opf_t opf = n->op | flags_of(c);

		test_fill(good->data, DISK_SECTORS * SECTOR_SIZE, 1);
		expect_bits(test, do_io(test, client, c, none, 3, where, n->op), 0, 2);
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
		KUNIT_EXPECT_EQ(test, good->nr_log, 3);
		expect_bio(good, 0, opf, 8, 512, 0);
		expect_bio(good, 1, opf, 520, 488, 0);
		expect_bio(good, 2, opf, 2000, 512, 0);
		test_expect_zeroes(test, sector_data(good, 8), 1000 * SECTOR_SIZE, "first");
		test_expect_zeroes(test, sector_data(good, 2000), 512 * SECTOR_SIZE, "last");

		expect_bits(test, do_io(test, client, c, none, 1, &where[1], n->op), 0, 1);
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
	}
}

/* As a target flushes its log: memory that is none, and regions of nothing. */
static void mainline_io_empty_flush(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *one = disk_of(test), *other = disk_of(test);
	struct dm_io_region where[2] = { region(one, 0, 0), region(other, 5, 0) };
	struct dm_io_memory none = { .type = c->type };

	expect_bits(test, do_io(test, client, c, none, 2, where, REQ_OP_WRITE | REQ_PREFLUSH),
		    0, 0);
	expect_only_bio(one, REQ_OP_WRITE | REQ_PREFLUSH | flags_of(c), 0, 0, 0);
	expect_only_bio(other, REQ_OP_WRITE | REQ_PREFLUSH | flags_of(c), 5, 0, 0);

	/* Without the flag there is nothing to do. */
	expect_bits(test, do_io(test, client, c, none, 2, where, REQ_OP_WRITE), 0, 0);
	KUNIT_EXPECT_EQ(test, one->nr_log, 1);
	KUNIT_EXPECT_EQ(test, other->nr_log, 1);

	test_disk_fail(other, 5, 1, true, true, BLK_STS_IOERR);
	expect_bits(test, do_io(test, client, c, none, 2, where, REQ_OP_WRITE | REQ_PREFLUSH),
		    2, 0);
}

#define RESERVED_IOS 16

/* A flush is none the less one when all of the client's memory is in use. */
static void mainline_io_empty_flush_without_memory(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_disk *slow = disk_of(test), *one = disk_of(test), *other = disk_of(test);
	struct dm_io_region held[2] = { region(slow, 0, 1), region(slow, 8, 1) };
	struct dm_io_region where[2] = { region(one, 0, 0), region(other, 5, 0) };
	struct test_memory *memory = test_memory_create(test, DM_IO_KMEM, 0, SECTOR_SIZE);
	struct dm_io_client *client = client_create(test);
	struct test_request *req[RESERVED_IOS], *flush = test_request_create(test);
	struct dm_io_request io = {
		.bi_opf = REQ_OP_WRITE | REQ_PREFLUSH,
		.mem.type = DM_IO_KMEM,
		.client = client,
	};
	int ret;

	for (int i = 0; i < RESERVED_IOS; i++)
		req[i] = test_request_create(test);
	if (c->async)
		io.notify = (struct dm_io_notify) { test_request_dm_io_done, flush };
	test_disk_hold(slow);
	refuse_memory(test);
	for (int i = 0; i < RESERVED_IOS; i++)
		start_io(test, client, req[i], memory->mem, 2, held, REQ_OP_WRITE);
	ret = rust_dm_io(&io, 2, where, NULL, NULL, PRIORITY);
	refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (c->async && !test_request_started(flush, ret))
		expect_ended(flush, test, 0, 0);
	expect_only_bio(one, io.bi_opf | flags_of(c), 0, 0, 0);
	expect_only_bio(other, io.bi_opf | flags_of(c), 5, 0, 0);
	KUNIT_EXPECT_EQ(test, slow->nr_log, 2 * RESERVED_IOS);
	test_disk_release_all(slow);
	for (int i = 0; i < RESERVED_IOS; i++)
		expect_ended(req[i], test, 0, 0);
}

static const struct io_case flush_cases[] = {
	{ DM_IO_KMEM, 0, false },
	{ DM_IO_KMEM, 0, true },
};

KUNIT_ARRAY_PARAM(flush_case, flush_cases, io_case_name);

static void mainline_io_flush_beside_data(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, c->type, c->offset,
							8 * SECTOR_SIZE);
	struct dm_io_region where[2] = { region(td, 40, 0), region(td, 16, 8) };
	const blk_opf_t opf = REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA;

	test_memory_fill(memory, 1);
	expect_bits(test, do_io(test, client, c, memory->mem, 2, where, opf), 0, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 2);
	/* A flush has nothing that could be forced: the block layer says so. */
	KUNIT_EXPECT_EQ(test, td->log[0].sectors, 0);
	KUNIT_EXPECT_NE(test, (u32)(td->log[0].flags & REQ_PREFLUSH), 0);
	expect_bio(td, 1, opf | flags_of(c), 16, 8, test_memory_vectors(memory, memory->bytes));
	test_expect_same(test, sector_data(td, 16), memory->data, memory->bytes, "disk");
}

/* Whatever the answer is and wherever it comes from, one is called back once. */
static void mainline_io_callback(struct kunit *test)
{
	static const enum test_disk_context contexts[] = {
		TEST_DISK_INLINE, TEST_DISK_WORKER, TEST_DISK_HARDIRQ,
	};
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);

	for (int i = 0; i < ARRAY_SIZE(contexts); i++) {
		struct test_disk *td = disk_in(test, contexts[i]);
		struct test_memory *memory = test_memory_create(test, c->type, c->offset,
								8 * SECTOR_SIZE);
		struct dm_io_region where[2] = { region(td, 0, 8), region(td, 8, 8) };
		struct test_request *req = test_request_create(test);

		test_memory_fill(memory, 1);
		test_disk_fail(td, 3, 1, true, true, BLK_STS_IOERR);
		test_disk_hold(td);
		start_io(test, client, req, memory->mem, 2, where, REQ_OP_WRITE);
		test_disk_release(td, 0);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_ended(td, 1));
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
		test_disk_release_all(td);
		expect_ended(req, test, 1, 0);
		KUNIT_EXPECT_EQ(test, req->in_hardirq, contexts[i] == TEST_DISK_HARDIRQ);
		test_request_free(req);
	}
}

/* What one has in flight is nothing to the other, which may go meanwhile. */
static void mainline_io_two_clients(struct kunit *test)
{
	struct dm_io_client *one = client_create(test), *other = client_create(test);
	struct test_disk *slow = disk_of(test), *fast = disk_of(test);
	struct test_memory *memory = test_memory_create(test, DM_IO_KMEM, 0, 8 * SECTOR_SIZE);
	struct dm_io_region to_slow = region(slow, 0, 8), to_fast = region(fast, 0, 8);
	struct test_request *req = test_request_create(test);

	KUNIT_EXPECT_PTR_NE(test, one, other);
	test_memory_fill(memory, 1);
	test_disk_hold(slow);
	start_io(test, one, req, memory->mem, 1, &to_slow, REQ_OP_WRITE);
	expect_bits(test, do_io(test, other, &sync_kmem, memory->mem, 1, &to_fast, REQ_OP_WRITE),
		    0, 0);
	expect_bits(test, do_io(test, other, &async_kmem, memory->mem, 1, &to_fast, REQ_OP_READ),
		    0, 0);
	kunit_release_action(test, client_destroy, other);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	test_disk_release_all(slow);
	expect_ended(req, test, 0, 0);
	test_expect_same(test, slow->data, memory->data, memory->bytes, "slow");
	test_expect_same(test, fast->data, memory->data, memory->bytes, "fast");
}

KUNIT_DEFINE_ACTION_WRAPPER(unmap, vunmap, const void *);

/* The kernel's page of zeroes may be written from as any other, however often it is mapped. */
static void mainline_io_from_page_of_zeroes(struct kunit *test)
{
	struct test_disk *td = disk_of(test);
	struct dm_io_region where = region(td, 0, 64);
	struct dm_io_request io = {
		.bi_opf = REQ_OP_WRITE,
		.mem.type = DM_IO_VMA,
		.client = client_create(test),
	};
	struct page *pages[8];

	for (int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = ZERO_PAGE(0);
	io.mem.ptr.vma = vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL_RO);
	KUNIT_ASSERT_NOT_NULL(test, io.mem.ptr.vma);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unmap, io.mem.ptr.vma));
	memset(td->data, 0xff, 64 * SECTOR_SIZE);
	KUNIT_EXPECT_EQ(test, 0, rust_dm_io(&io, 1, &where, NULL, NULL, 0));
	test_expect_zeroes(test, td->data, 64 * SECTOR_SIZE, "disk");
}

static void mainline_io_clients_come_and_go(struct kunit *test)
{
	for (int i = 0; i < 20; i++)
		kunit_release_action(test, client_destroy, client_create(test));
}

static void mainline_io_client_refused(struct kunit *test)
{
	struct dm_io_client *client;

	refuse_memory(test);
	client = rust_dm_io_client_create();
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(client), -ENOMEM);
}

static struct bits io_without_memory(struct kunit *test, struct dm_io_client *client,
				     const struct io_case *c, struct test_memory *memory,
				     unsigned int num_regions, struct dm_io_region *where,
				     blk_opf_t opf)
{
	struct test_request *req = test_request_create(test);
	struct dm_io_request io = { .bi_opf = opf, .mem = memory->mem, .client = client };
	struct bits bits = { ~0UL, ~0UL };
	int ret;

	if (c->async) {
		io.notify.fn = test_request_dm_io_done;
		io.notify.context = req;
	}
	refuse_memory(test);
	ret = rust_dm_io(&io, num_regions, where, &bits.error, &bits.unsup, PRIORITY);
	if (c->async && !test_request_started(req, ret))
		test_request_wait(req);
	refuse_memory_end(test);
	if (c->async)
		bits = (struct bits) { req->error, req->unsup };
	KUNIT_EXPECT_EQ(test, ret, c->async ? 0 : outcome(bits));
	return bits;
}

static void type_without_memory(struct kunit *test, struct dm_io_client *client,
				enum test_disk_context context, unsigned int sectors)
{
	const struct io_case *c = test->param_value;
	struct test_disk *td = disk_in(test, context);
	struct test_memory *memory = test_memory_create(test, c->type, c->offset,
							sectors * SECTOR_SIZE);
	struct dm_io_region where[3];

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(td, i * sectors, sectors);
	test_memory_fill(memory, 2);
	expect_bits(test, io_without_memory(test, client, c, memory, 3, where, REQ_OP_WRITE),
		    0, 0);
	for (int i = 0; i < ARRAY_SIZE(where); i++)
		test_expect_same(test, sector_data(td, where[i].sector), memory->data,
				 memory->bytes, "region");
	for (int i = 0; i < td->nr_log; i++)
		KUNIT_EXPECT_EQ(test, td->log[i].ioprio, PRIORITY);

	test_fill(td->data, memory->bytes, 3);
	expect_bits(test, io_without_memory(test, client, c, memory, 1, where, REQ_OP_READ), 0, 0);
	test_expect_same(test, memory->data, td->data, memory->bytes, "memory");
	test_memory_expect_intact(memory);

	expect_bits(test, io_without_memory(test, client, c, memory, 3, where, REQ_OP_DISCARD),
		    0, 0);
	test_expect_zeroes(test, td->data, 3 * memory->bytes, "discarded");

	test_disk_fail(td, sectors, 1, true, true, BLK_STS_IOERR);
	test_disk_fail(td, 2 * sectors, 1, true, true, BLK_STS_NOTSUPP);
	expect_bits(test, io_without_memory(test, client, c, memory, 3, where, REQ_OP_WRITE),
		    2, 4);
}

/* The client has memory of its own. */
static void mainline_io_without_memory(struct kunit *test)
{
	static const enum test_disk_context contexts[] = {
		TEST_DISK_INLINE, TEST_DISK_WORKER, TEST_DISK_HARDIRQ,
	};
	struct dm_io_client *client = client_create(test);

	for (int i = 0; i < ARRAY_SIZE(contexts); i++) {
		type_without_memory(test, client, contexts[i], 1);
		type_without_memory(test, client, contexts[i], 8);
		type_without_memory(test, client, contexts[i], 100);
		type_without_memory(test, client, contexts[i], 2100);
	}
}

/* More than the client's reserve at one time: who is beyond it waits, and goes on. */
struct flood {
	struct dm_io_client *client;
	struct test_disk *td;
	struct test_memory *memory;
	struct test_request *req[100];
	int ret;
};

static void flood_run(void *context)
{
	struct flood *flood = context;

	refuse_memory_here_too();
	for (int i = 0; i < ARRAY_SIZE(flood->req); i++) {
		struct dm_io_region where = region(flood->td, 8 * i, 8);
		struct dm_io_request io = {
			.bi_opf = REQ_OP_WRITE,
			.mem = flood->memory->mem,
			.client = flood->client,
			.notify = { test_request_dm_io_done, flood->req[i] },
		};
		int ret = rust_dm_io(&io, 1, &where, NULL, NULL, 0);

		if (test_request_started(flood->req[i], ret))
			flood->ret = ret;
	}
}

static void mainline_io_beyond_reserve(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct flood *flood = kunit_kzalloc(test, sizeof(*flood), GFP_KERNEL);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, flood);
	flood->client = client_create(test);
	flood->td = disk_of(test);
	flood->memory = test_memory_create(test, c->type, c->offset, 8 * SECTOR_SIZE);
	test_memory_fill(flood->memory, 1);
	for (int i = 0; i < ARRAY_SIZE(flood->req); i++)
		flood->req[i] = test_request_create(test);
	test_disk_hold(flood->td);
	thread = test_thread_create(test, flood_run, flood);
	refuse_memory(test);
	test_thread_start(thread);
	for (unsigned int i = 0; i < ARRAY_SIZE(flood->req); i++) {
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(flood->td, i + 1));
		KUNIT_ASSERT_TRUE(test, test_disk_release_oldest(flood->td));
	}
	test_thread_wait(thread);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, flood->ret, 0);
	for (int i = 0; i < ARRAY_SIZE(flood->req); i++) {
		expect_ended(flood->req[i], test, 0, 0);
		test_expect_same(test, sector_data(flood->td, 8 * i), flood->memory->data,
				 flood->memory->bytes, "region");
	}
	KUNIT_EXPECT_EQ(test, flood->td->nr_log, ARRAY_SIZE(flood->req));
}

/* What bios failed is zeroes, what bios succeeded is data: the log knows. */
static void expect_read(struct test_disk *td, struct test_memory *memory, sector_t sector)
{
	for (unsigned int i = 0; i < td->nr_log; i++) {
		const struct test_disk_bio *bio = &td->log[i];
		u8 *at = memory->data + ((bio->sector - sector) << SECTOR_SHIFT);
		size_t bytes = bio->sectors << SECTOR_SHIFT;

		if (bio->status)
			test_expect_zeroes(td->test, at, bytes, "unread");
		else
			test_expect_same(td->test, at, sector_data(td, bio->sector), bytes, "read");
	}
	test_memory_expect_intact(memory);
}

/* Of several bios only those that failed leave zeroes, which the error bit does not tell. */
static void mainline_io_failed_read_leaves_zeroes(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);
	struct test_memory *memory = test_memory_create(test, c->type, c->offset,
							300 * PAGE_SIZE);
	struct dm_io_region where = region(td, 0, 300 * PAGE_SECTORS);

	test_fill(td->data, DISK_SECTORS * SECTOR_SIZE, 1);
	test_memory_fill(memory, 2);
	test_disk_fail(td, where.count - 1, 1, true, true, BLK_STS_MEDIUM);
	expect_bits(test, do_io(test, client, c, memory->mem, 1, &where, REQ_OP_READ), 1, 0);
	if (c->type == DM_IO_PAGE_LIST || c->type == DM_IO_VMA)
		KUNIT_EXPECT_EQ(test, td->nr_log, 2);
	else
		KUNIT_EXPECT_EQ(test, td->nr_log, 1);
	expect_read(td, memory, 0);
}

/* The same of those that there is no memory for. */
static void mainline_io_failed_read_without_memory(struct kunit *test)
{
	static const unsigned int sizes[] = { 9, 100, 1000 };
	const struct io_case *c = test->param_value;
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);

	test_fill(td->data, 1005 * SECTOR_SIZE, 1);
	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		const unsigned int bad[] = { 0, sizes[i] / 2, sizes[i] - 1 };
		struct test_memory *memory = test_memory_create(test, c->type, c->offset,
								sizes[i] * SECTOR_SIZE);
		struct dm_io_region where = region(td, 5, sizes[i]);

		for (int j = 0; j < ARRAY_SIZE(bad); j++) {
			test_memory_fill(memory, 2);
			test_disk_fail(td, 5 + bad[j], 1, true, false, BLK_STS_MEDIUM);
			expect_bits(test, io_without_memory(test, client, c, memory, 1, &where,
							    REQ_OP_READ), 1, 0);
			test_disk_expect_exactly(td, REQ_OP_READ, flags_of(c), 5, sizes[i]);
			expect_read(td, memory, 5);
			test_disk_fail_nothing(td);
			test_disk_forget(td);
		}
	}
}

/* What is one bio, of whatever length, is on the stack of a caller that waits. */
static void mainline_io_needs_no_memory(struct kunit *test)
{
	static const enum dm_io_mem_type types[] = { DM_IO_BIO, DM_IO_KMEM };
	struct dm_io_client *client = client_create(test);
	struct test_disk *td = disk_of(test);

	for (int i = 0; i < ARRAY_SIZE(types); i++) {
		struct test_memory *memory = test_memory_create(test, types[i], 514,
								300 * PAGE_SIZE);
		struct dm_io_region where = region(td, 1, 300 * PAGE_SECTORS);
		struct dm_io_request io = {
			.bi_opf = REQ_OP_WRITE,
			.mem = memory->mem,
			.client = client,
		};
		int ret;

		test_memory_fill(memory, i + 1);
		refuse_memory_only_here(test);
		ret = rust_dm_io(&io, 1, &where, NULL, NULL, PRIORITY);
		KUNIT_EXPECT_EQ(test, refuse_memory_end(test), 0);
		KUNIT_EXPECT_EQ(test, ret, 0);
		expect_only_bio(td, REQ_OP_WRITE | REQ_SYNC, 1, 300 * PAGE_SECTORS,
				test_memory_vectors(memory, memory->bytes));
		test_expect_same(test, sector_data(td, 1), memory->data, memory->bytes, "disk");
		test_disk_forget(td);
	}
}

static struct kunit_case mainline_io_test_cases[] = {
	KUNIT_CASE_PARAM(mainline_io_write_then_read, io_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_regions, io_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_many_vectors, type_gen_params),
	KUNIT_CASE(mainline_io_bio_is_cloned),
	KUNIT_CASE(mainline_io_bio_of_multi_page_vectors),
	KUNIT_CASE(mainline_io_bio_longer_than_region),
	KUNIT_CASE_PARAM(mainline_io_keeps_no_arguments, type_gen_params),
	KUNIT_CASE_PARAM(mainline_io_status, status_case_gen_params),
	KUNIT_CASE(mainline_io_mixed_status),
	KUNIT_CASE_PARAM(mainline_io_most_regions, io_case_gen_params),
	KUNIT_CASE(mainline_io_bits_may_be_null),
	KUNIT_CASE_PARAM(mainline_io_without_data, no_data_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_empty_flush, io_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_empty_flush_without_memory, flush_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_flush_beside_data, io_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_callback, type_gen_params),
	KUNIT_CASE(mainline_io_two_clients),
	KUNIT_CASE(mainline_io_from_page_of_zeroes),
	KUNIT_CASE(mainline_io_clients_come_and_go),
	KUNIT_CASE(mainline_io_client_refused),
	KUNIT_CASE_PARAM(mainline_io_without_memory, io_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_beyond_reserve, type_gen_params),
	KUNIT_CASE_PARAM(mainline_io_failed_read_leaves_zeroes, io_case_gen_params),
	KUNIT_CASE_PARAM(mainline_io_failed_read_without_memory, io_case_gen_params),
	KUNIT_CASE(mainline_io_needs_no_memory),
	{}
};

static struct kunit_suite mainline_io_test_suite = {
	.name = "dm_io_rust_mainline_io",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_io_test_cases,
};

kunit_test_suite(mainline_io_test_suite);
