// SPDX-License-Identifier: GPL-2.0
/*
 * The six services of dm_io.h, called as a target calls them.
 */
#include <dm_io_rust/dm_io.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "test_buffer.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define DISK_SECTORS 7000

static struct test_disk *disk_of(struct kunit *test, sector_t sectors)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.max_discard_sectors = 512,
		.max_write_zeroes_sectors = 512,
		.write_cache = true,
	});
}

static struct io_region region(struct test_disk *td, sector_t sector,
			       sector_t count)
{
	return (struct io_region) {
		.bdev = td->bdev,
		.sector = sector,
		.count = count,
	};
}

/* How a case calls the services. */
struct io_case {
	enum test_buffer_form form;
	unsigned int offset;
	bool async;
};

static const struct io_case io_cases[] = {
	{ TEST_BUFFER_PAGES, 0, false },
	{ TEST_BUFFER_PAGES, 0, true },
	{ TEST_BUFFER_PAGES, 512, false },
	{ TEST_BUFFER_PAGES, 512, true },
	{ TEST_BUFFER_PAGES, 2, false },
	{ TEST_BUFFER_PAGES, 2, true },
	{ TEST_BUFFER_PAGES, PAGE_SIZE - 2, false },
	{ TEST_BUFFER_PAGES, PAGE_SIZE - 2, true },
	{ TEST_BUFFER_BVECS, 0, false },
	{ TEST_BUFFER_BVECS, 0, true },
	{ TEST_BUFFER_BVECS, 1026, false },
	{ TEST_BUFFER_BVECS, 1026, true },
	{ TEST_BUFFER_MULTI, 0, false },
	{ TEST_BUFFER_MULTI, 0, true },
	{ TEST_BUFFER_MULTI, 3584, false },
	{ TEST_BUFFER_MULTI, 3584, true },
	{ TEST_BUFFER_RAGGED, 0, false },
	{ TEST_BUFFER_RAGGED, 0, true },
	{ TEST_BUFFER_RAGGED, 6, false },
	{ TEST_BUFFER_RAGGED, 6, true },
	{ TEST_BUFFER_VMALLOC, 0, false },
	{ TEST_BUFFER_VMALLOC, 0, true },
	{ TEST_BUFFER_VMALLOC, 512, false },
	{ TEST_BUFFER_VMALLOC, 512, true },
	{ TEST_BUFFER_VMALLOC, 34, false },
	{ TEST_BUFFER_VMALLOC, 34, true },
	{ TEST_BUFFER_VMAP, 0, false },
	{ TEST_BUFFER_VMAP, 0, true },
	{ TEST_BUFFER_VMAP, PAGE_SIZE - 2, false },
	{ TEST_BUFFER_VMAP, PAGE_SIZE - 2, true },
};

static void io_case_name(const struct io_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s_at_%u",
		 c->async ? "async" : "sync",
		 test_buffer_form_names[c->form], c->offset);
}

KUNIT_ARRAY_PARAM(io_case, io_cases, io_case_name);

static const void *next_case(struct kunit *test, const void *prev, char *name,
			     bool async)
{
	const struct io_case *c = prev;

	do {
		c = io_case_gen_params(test, c, name);
	} while (c && c->async != async);
	return c;
}

static const void *sync_case_gen_params(struct kunit *test, const void *prev,
					char *name)
{
	return next_case(test, prev, name, false);
}

static const void *async_case_gen_params(struct kunit *test, const void *prev,
					 char *name)
{
	return next_case(test, prev, name, true);
}

static blk_opf_t flags_of(const struct io_case *c)
{
	return c->async ? 0 : REQ_SYNC;
}

/* Does the I/O as the case says, to its end, and returns the error set. */
static unsigned long do_io(struct kunit *test, const struct io_case *c,
			   struct test_buffer *buf, unsigned int num_regions,
			   struct io_region *where, int rw)
{
	unsigned long bits = ~0UL;
	struct test_request *req;
	int ret;

	if (!c->async) {
		ret = test_buffer_io_sync(buf, num_regions, where, rw, &bits);
		KUNIT_EXPECT_EQ(test, ret, bits ? -EIO : 0);
		return bits;
	}
	req = test_request_create(test);
	ret = test_buffer_io_async(buf, num_regions, where, rw,
				   test_request_io_done, req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	return req->error;
}

/* From one sector to several bios, and both sides of every page boundary. */
static const unsigned int io_sizes[] = {
	1, 7, 8, 9, 127, 2047, 2048, 2049, 6000,
};

static void io_write_then_read(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_disk *td = disk_of(test, DISK_SECTORS);
	const sector_t sector = 5;

	for (int i = 0; i < ARRAY_SIZE(io_sizes); i++) {
		size_t bytes = io_sizes[i] << SECTOR_SHIFT;
		struct io_region where = region(td, sector, io_sizes[i]);
		struct test_buffer *buf;

		buf = test_buffer_create(test, c->form, c->offset, bytes);
		test_buffer_fill(buf, 100 + i);
		KUNIT_EXPECT_EQ(test, 0,
				do_io(test, c, buf, 1, &where, WRITE));
		test_disk_expect_exactly(td, REQ_OP_WRITE, flags_of(c), sector,
					 io_sizes[i]);
		test_expect_same(test, sector_data(td, sector), buf->data,
				 bytes, "disk");
		test_disk_forget(td);

		test_buffer_fill(buf, 200 + i);
		KUNIT_EXPECT_EQ(test, 0, do_io(test, c, buf, 1, &where, READ));
		test_disk_expect_exactly(td, REQ_OP_READ, flags_of(c), sector,
					 io_sizes[i]);
		test_expect_same(test, buf->data, sector_data(td, sector),
				 bytes, "buffer");
		test_buffer_expect_margins_intact(buf);
		test_disk_forget(td);
		test_buffer_free(buf);
	}
}

/* A page is one bio, of one vector. */
static void io_page_is_one_bio(struct kunit *test)
{
	struct test_disk *td = disk_of(test, 64);
	struct test_buffer *buf =
		test_buffer_create(test, TEST_BUFFER_PAGES, 0, PAGE_SIZE);
	struct io_region where = region(td, 8, PAGE_SECTORS);

	test_buffer_fill(buf, 1);
	KUNIT_EXPECT_EQ(test, 0,
			dm_io_sync(1, &where, WRITE, buf->pl, 0, NULL));
	KUNIT_ASSERT_EQ(test, td->nr_log, 1);
	KUNIT_EXPECT_EQ(test, td->log[0].bvecs, 1);
}

/* Every region gets the data from the start of the buffer. */
static void io_regions_of_different_sizes(struct kunit *test)
{
	static const unsigned int counts[] = { 8, 1, 0, 2100, 16, 2100, 300 };
	const struct io_case *c = test->param_value;
	struct io_region where[ARRAY_SIZE(counts)];
	struct test_disk *td[ARRAY_SIZE(counts)];
	struct test_buffer *buf;

	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		td[i] = disk_of(test, 2200);
		where[i] = region(td[i], 3 * i, counts[i]);
	}
	buf = test_buffer_create(test, c->form, c->offset, 2100 * SECTOR_SIZE);
	test_buffer_fill(buf, 7);

	KUNIT_EXPECT_EQ(test, 0, do_io(test, c, buf, ARRAY_SIZE(counts), where,
				       REQ_OP_WRITE));

	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		sector_t end = 3 * i + counts[i];

		test_disk_expect_exactly(td[i], REQ_OP_WRITE, flags_of(c),
					 3 * i, counts[i]);
		test_expect_zeroes(test, td[i]->data, 3 * i * SECTOR_SIZE,
				   "before");
		test_expect_same(test, sector_data(td[i], 3 * i), buf->data,
				 counts[i] * SECTOR_SIZE, "region");
		test_expect_zeroes(test, sector_data(td[i], end),
				   (2200 - end) * SECTOR_SIZE, "behind");
	}
}

static void io_most_regions(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_disk *td = disk_of(test, 16 * BITS_PER_LONG);
	struct io_region *where;
	struct test_buffer *buf;

	where = kunit_kcalloc(test, BITS_PER_LONG, sizeof(*where), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, where);
	buf = test_buffer_create(test, c->form, c->offset, 16 * SECTOR_SIZE);
	test_buffer_fill(buf, 8);
	for (int i = 0; i < BITS_PER_LONG; i++)
		where[i] = region(td, 16 * i, 16);

	KUNIT_EXPECT_EQ(test, 0,
			do_io(test, c, buf, BITS_PER_LONG, where, WRITE));
	test_disk_expect_exactly(td, REQ_OP_WRITE, flags_of(c), 0, td->sectors);
	for (int i = 0; i < BITS_PER_LONG; i++)
		test_expect_same(test, sector_data(td, 16 * i), buf->data,
				 buf->bytes, "region");
}

/* Regions of one bio each are written over one set of vectors, whatever they get of it. */
static void io_regions_share_vectors(struct kunit *test)
{
	static const unsigned int counts[] = { 8, 120, 100 };
	const struct io_case *c = test->param_value;
	struct test_disk *td = disk_of(test, 3 * 120);
	struct test_request *req;
	struct test_buffer *buf;
	struct io_region where[3];
	int ret;

	for (int i = 0; i < 3; i++)
		where[i] = region(td, 120 * i, counts[i]);
	buf = test_buffer_create(test, c->form, c->offset, 120 * SECTOR_SIZE);
	req = test_request_create(test);
	test_buffer_fill(buf, 21);

	test_disk_hold(td);
	ret = test_buffer_io_async(buf, 3, where, WRITE, test_request_io_done, req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	KUNIT_ASSERT_EQ(test, td->nr_log, 3);
	for (int i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, td->log[i].sectors, counts[i]);
		KUNIT_EXPECT_PTR_EQ(test, td->log[i].bio->bi_io_vec, td->log[2].bio->bi_io_vec);
	}
	/* Those of the last region, which is over before the others are. */
	test_disk_release_reverse(td);
	test_disk_release_all(td);
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->error, 0);
	for (int i = 0; i < 3; i++)
		test_expect_same(test, sector_data(td, 120 * i), buf->data,
				 counts[i] * SECTOR_SIZE, "region");
}

/* Neither a list, nor vectors, nor regions are looked at after the call. */
static void io_async_needs_only_pages(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_disk *td = disk_of(test, DISK_SECTORS);
	struct io_region *where;
	struct test_buffer *buf;
	struct test_request *req;
	int ret;

	where = kunit_kzalloc(test, sizeof(*where), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, where);
	*where = region(td, 0, 6000);
	buf = test_buffer_create(test, c->form, c->offset, 6000 * SECTOR_SIZE);
	req = test_request_create(test);
	test_buffer_fill(buf, 9);

	test_disk_hold(td);
	ret = test_buffer_io_async(buf, 1, where, WRITE, test_request_io_done,
				   req);
	test_buffer_forget_lists(buf);
	kunit_kfree(test, where);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	test_disk_release_all(td);
	test_request_wait(req);

	KUNIT_EXPECT_EQ(test, req->error, 0);
	test_disk_expect_exactly(td, REQ_OP_WRITE, 0, 0, 6000);
	test_expect_same(test, td->data, buf->data, buf->bytes, "disk");
}

/* The services that carry no data take no buffer. */
static int no_data_sync(enum test_buffer_form form, unsigned int num_regions,
			struct io_region *where, int rw, unsigned long *bits)
{
	struct test_buffer none = { .form = form };

	return test_buffer_io_sync(&none, num_regions, where, rw, bits);
}

static const enum test_buffer_form service_forms[] = {
	TEST_BUFFER_PAGES, TEST_BUFFER_BVECS, TEST_BUFFER_VMALLOC,
};

static void form_name(const enum test_buffer_form *form, char *name)
{
	strscpy(name, test_buffer_form_names[*form], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(service_form, service_forms, form_name);

static void expect_limited(struct test_disk *td, sector_t most)
{
	for (unsigned int i = 0; i < td->nr_log; i++)
		KUNIT_EXPECT_LE(td->test, td->log[i].sectors, most);
}

static void io_discard(struct kunit *test)
{
	const enum test_buffer_form *form = test->param_value;
	static const unsigned int sizes[] = { 1, 8, 511, 512, 513, 4000 };
	struct test_disk *td = disk_of(test, 5000);

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct io_region where = region(td, 11, sizes[i]);
		unsigned long bits = ~0UL;

		KUNIT_EXPECT_EQ(test, 0, no_data_sync(*form, 1, &where,
						      REQ_OP_DISCARD, &bits));
		KUNIT_EXPECT_EQ(test, bits, 0);
		test_disk_expect_exactly(td, REQ_OP_DISCARD, REQ_SYNC, 11,
					 sizes[i]);
		expect_limited(td, 512);
		test_disk_forget(td);
	}
}

static void io_write_zeroes(struct kunit *test)
{
	const enum test_buffer_form *form = test->param_value;
	struct test_disk *td[2] = { disk_of(test, 3000), disk_of(test, 3000) };
	struct io_region where[2] = {
		region(td[0], 1, 2500), region(td[1], 100, 3),
	};

	for (int i = 0; i < 2; i++)
		memset(td[i]->data, 0xff, 3000 * SECTOR_SIZE);

	KUNIT_EXPECT_EQ(test, 0,
			no_data_sync(*form, 2, where,
				     REQ_OP_WRITE_ZEROES | REQ_NOUNMAP, NULL));
	for (int i = 0; i < 2; i++) {
		test_disk_expect_exactly(td[i], REQ_OP_WRITE_ZEROES,
					 REQ_SYNC | REQ_NOUNMAP,
					 where[i].sector, where[i].count);
		expect_limited(td[i], 512);
		test_expect_zeroes(test, sector_data(td[i], where[i].sector),
				   where[i].count * SECTOR_SIZE, "region");
		KUNIT_EXPECT_EQ(test, 0xff,
				*(sector_data(td[i], where[i].sector) - 1));
		KUNIT_EXPECT_EQ(test, 0xff,
				*sector_data(td[i], where[i].sector +
						    where[i].count));
	}
}

static void io_empty_regions_are_skipped(struct kunit *test)
{
	const enum test_buffer_form *form = test->param_value;
	struct test_disk *td = disk_of(test, 64);
	struct io_region where[2] = { region(td, 0, 0), region(td, 8, 0) };
	struct test_buffer none = { .form = *form };
	struct test_request *req = test_request_create(test);
	unsigned long bits = ~0UL;
	int ret;

	KUNIT_EXPECT_EQ(test, 0, no_data_sync(*form, 2, where, WRITE, &bits));
	KUNIT_EXPECT_EQ(test, bits, 0);

	ret = test_buffer_io_async(&none, 2, where, WRITE, test_request_io_done,
				   req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->error, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void expect_empty_flush(struct test_disk *td, blk_opf_t flags)
{
	KUNIT_ASSERT_EQ(td->test, td->nr_log, 1);
	KUNIT_EXPECT_EQ(td->test, (u32)td->log[0].op, (u32)REQ_OP_WRITE);
	KUNIT_EXPECT_EQ(td->test, (u32)td->log[0].flags, (u32)flags);
	KUNIT_EXPECT_EQ(td->test, td->log[0].sectors, 0);
	KUNIT_EXPECT_EQ(td->test, td->log[0].bvecs, 0);
}

static void io_empty_regions_are_flushed(struct kunit *test)
{
	const enum test_buffer_form *form = test->param_value;
	struct test_disk *td[2] = { disk_of(test, 64), disk_of(test, 64) };
	struct io_region where[2] = { region(td[0], 0, 0), region(td[1], 0, 0) };
	unsigned long bits = ~0UL;

	KUNIT_EXPECT_EQ(test, 0, no_data_sync(*form, 2, where,
					      REQ_OP_WRITE | REQ_PREFLUSH,
					      &bits));
	KUNIT_EXPECT_EQ(test, bits, 0);
	expect_empty_flush(td[0], REQ_PREFLUSH | REQ_SYNC);
	expect_empty_flush(td[1], REQ_PREFLUSH | REQ_SYNC);
}

static void io_flush_beside_data(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_disk *td[2] = { disk_of(test, 64), disk_of(test, 64) };
	struct io_region where[2] = { region(td[0], 0, 0), region(td[1], 5, 3) };
	struct test_buffer *buf;

	buf = test_buffer_create(test, c->form, c->offset, 3 * SECTOR_SIZE);
	test_buffer_fill(buf, 10);
	KUNIT_EXPECT_EQ(test, 0, do_io(test, c, buf, 2, where,
				       REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA));
	expect_empty_flush(td[0], REQ_PREFLUSH | REQ_FUA | flags_of(c));
	test_disk_expect_exactly(td[1], REQ_OP_WRITE,
				 REQ_PREFLUSH | REQ_FUA | flags_of(c), 5, 3);
	test_expect_same(test, sector_data(td[1], 5), buf->data, buf->bytes,
			 "region");
}

static void io_failed_flush(struct kunit *test)
{
	struct test_disk *td[2] = { disk_of(test, 64), disk_of(test, 64) };
	struct io_region where[2] = { region(td[0], 0, 0), region(td[1], 0, 0) };
	unsigned long bits = 0;

	test_disk_fail(td[1], 0, 1, false, true, BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, -EIO,
			dm_io_sync(2, where, REQ_OP_WRITE | REQ_PREFLUSH, NULL,
				   0, &bits));
	KUNIT_EXPECT_EQ(test, bits, 2);
}

struct flag_case {
	const char *name;
	blk_opf_t opf;
};

static const struct flag_case flag_cases[] = {
	{ "read_meta_prio", REQ_OP_READ | REQ_META | REQ_PRIO },
	{ "read_ahead", REQ_OP_READ | REQ_RAHEAD },
	{ "read_failfast", REQ_OP_READ | REQ_FAILFAST_MASK },
	{ "read_sync", REQ_OP_READ | REQ_SYNC },
	{ "write_sync_idle", REQ_OP_WRITE | REQ_SYNC | REQ_IDLE },
	{ "write_fua", REQ_OP_WRITE | REQ_FUA },
	{ "write_preflush", REQ_OP_WRITE | REQ_PREFLUSH },
	{ "write_meta_background", REQ_OP_WRITE | REQ_META | REQ_BACKGROUND },
	{ "write_nomerge_swap", REQ_OP_WRITE | REQ_NOMERGE | REQ_SWAP },
};

KUNIT_ARRAY_PARAM_DESC(flag_case, flag_cases, name);

static void io_flags_reach_device(struct kunit *test)
{
	const struct flag_case *f = test->param_value;
	blk_opf_t flags = f->opf & ~REQ_OP_MASK;
	struct test_disk *td = disk_of(test, DISK_SECTORS);
	struct io_region where = region(td, 0, 5000);
	struct test_buffer *buf;

	buf = test_buffer_create(test, TEST_BUFFER_PAGES, 0,
				 5000 * SECTOR_SIZE);
	test_buffer_fill(buf, 11);
	for (int async = 0; async < 2; async++) {
		const struct io_case c = { .async = async };

		KUNIT_EXPECT_EQ(test, 0, do_io(test, &c, buf, 1, &where,
					       (__force int)f->opf));
		test_disk_expect_exactly(td, f->opf & REQ_OP_MASK,
					 flags | flags_of(&c), 0, 5000);
		test_disk_forget(td);
	}
}

/* A device without a cache needs no flush, and is asked for none. */
static void io_flush_without_cache(struct kunit *test)
{
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 64 });
	struct io_region where = region(td, 0, 0);

	KUNIT_EXPECT_EQ(test, 0, dm_io_sync(1, &where,
					    REQ_OP_WRITE | REQ_PREFLUSH, NULL,
					    0, NULL));
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

/* Bit i is region i's, whichever bio of the region fails. */
static void io_error_bits(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_disk *td = disk_of(test, 5 * 3000);
	struct io_region where[5];
	struct test_buffer *buf;

	buf = test_buffer_create(test, c->form, c->offset, 3000 * SECTOR_SIZE);
	test_buffer_fill(buf, 12);
	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(td, 3000 * i, 3000);

	test_disk_fail(td, 0, 1, false, true, BLK_STS_MEDIUM);
	test_disk_fail(td, 3000 * 2 + 1500, 1, false, true, BLK_STS_NOSPC);
	test_disk_fail(td, 3000 * 4 - 1, 1, false, true, BLK_STS_NOTSUPP);
	/* A read's failure is nothing to a write. */
	test_disk_fail(td, 3000, 3000, true, false, BLK_STS_IOERR);

	KUNIT_EXPECT_EQ(test, BIT(0) | BIT(2) | BIT(3),
			do_io(test, c, buf, ARRAY_SIZE(where), where, WRITE));
	for (int i = 1; i < ARRAY_SIZE(where); i += 3)
		test_expect_same(test, sector_data(td, 3000 * i), buf->data,
				 buf->bytes, "good region");
}

static void io_error_bits_of_last_region(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_disk *td = disk_of(test, 8 * BITS_PER_LONG);
	struct test_buffer *buf;
	struct io_region *where;

	where = kunit_kcalloc(test, BITS_PER_LONG, sizeof(*where), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, where);
	for (int i = 0; i < BITS_PER_LONG; i++)
		where[i] = region(td, 8 * i, 8);
	buf = test_buffer_create(test, c->form, c->offset, 8 * SECTOR_SIZE);
	test_buffer_fill(buf, 13);

	test_disk_fail(td, td->sectors - 1, 1, false, true, BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, BIT(BITS_PER_LONG - 1),
			do_io(test, c, buf, BITS_PER_LONG, where, WRITE));
}

static void io_error_bits_may_be_null(struct kunit *test)
{
	const enum test_buffer_form *form = test->param_value;
	struct test_disk *td = disk_of(test, 64);
	struct io_region where = region(td, 0, 8);
	struct test_buffer *buf = test_buffer_create(test, *form, 0, PAGE_SIZE);

	test_buffer_fill(buf, 14);
	KUNIT_EXPECT_EQ(test, 0,
			test_buffer_io_sync(buf, 1, &where, WRITE, NULL));
	test_disk_fail(td, 0, 1, true, true, BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, -EIO,
			test_buffer_io_sync(buf, 1, &where, WRITE, NULL));
	KUNIT_EXPECT_EQ(test, -EIO,
			test_buffer_io_sync(buf, 1, &where, READ, NULL));
}

/* What bios failed is zeroes, what bios succeeded is data: the log knows. */
static void expect_read(struct test_disk *td, struct test_buffer *buf,
			sector_t sector)
{
	for (unsigned int i = 0; i < td->nr_log; i++) {
		const struct test_disk_bio *bio = &td->log[i];
		size_t at = (bio->sector - sector) << SECTOR_SHIFT;
		size_t bytes = bio->sectors << SECTOR_SHIFT;

		if (bio->status)
			test_expect_zeroes(td->test, buf->data + at, bytes,
					   "failed part");
		else
			test_expect_same(td->test, buf->data + at,
					 sector_data(td, bio->sector), bytes,
					 "good part");
	}
}

static void failed_read(struct kunit *test, const struct io_case *c,
			bool keep_iter, sector_t count, sector_t bad)
{
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = DISK_SECTORS,
			.keep_iter = keep_iter,
		});
	struct io_region where = region(td, 3, count);
	struct test_buffer *buf;

	test_fill(td->data, td->sectors << SECTOR_SHIFT, 15);
	buf = test_buffer_create(test, c->form, c->offset,
				 count * SECTOR_SIZE);
	test_buffer_fill(buf, 16);
	test_disk_fail(td, 3 + bad, 1, true, false, BLK_STS_MEDIUM);

	KUNIT_EXPECT_EQ(test, 1, do_io(test, c, buf, 1, &where, READ));
	test_disk_expect_exactly(td, REQ_OP_READ, flags_of(c), 3, count);
	expect_read(td, buf, 3);
	test_buffer_expect_margins_intact(buf);
	test_buffer_free(buf);
}

static void io_failed_read_leaves_zeroes(struct kunit *test)
{
	const struct io_case *c = test->param_value;

	for (int keep_iter = 0; keep_iter < 2; keep_iter++) {
		failed_read(test, c, keep_iter, 1, 0);
		failed_read(test, c, keep_iter, 9, 4);
		failed_read(test, c, keep_iter, 6000, 0);
		failed_read(test, c, keep_iter, 6000, 3000);
		failed_read(test, c, keep_iter, 6000, 5999);
	}
}

/* Reads, writes and failures, of all forms, wherever the device completes. */
static void io_completion_context(struct kunit *test)
{
	const enum test_disk_context *context = test->param_value;
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = DISK_SECTORS,
			.context = *context,
		});
	struct io_region where[2] = {
		region(td, 0, 3000), region(td, 3000, 3000),
	};

	test_disk_fail(td, 4000, 1, true, true, BLK_STS_IOERR);
	for (int i = 0; i < ARRAY_SIZE(io_cases); i++) {
		const struct io_case *c = &io_cases[i];
		struct test_buffer *buf;

		buf = test_buffer_create(test, c->form, c->offset,
					 3000 * SECTOR_SIZE);
		test_buffer_fill(buf, 300 + i);
		KUNIT_EXPECT_EQ(test, 2, do_io(test, c, buf, 2, where, WRITE));
		test_expect_same(test, td->data, buf->data, buf->bytes, "disk");
		test_disk_forget(td);

		test_buffer_fill(buf, 400 + i);
		KUNIT_EXPECT_EQ(test, 0, do_io(test, c, buf, 1, where, READ));
		test_expect_same(test, buf->data, td->data, buf->bytes, "buffer");
		test_disk_forget(td);

		KUNIT_EXPECT_EQ(test, 1,
				do_io(test, c, buf, 1, &where[1], READ));
		expect_read(td, buf, 3000);
		test_disk_forget(td);
		test_buffer_free(buf);
	}
}

/* Starts a write of four regions of several bios each, all of them held. */
static struct test_request *start_held_write(struct test_disk *td,
					     struct test_buffer *buf)
{
	struct test_request *req = test_request_create(td->test);
	struct io_region where[4];
	int ret;

	for (int i = 0; i < 4; i++)
		where[i] = region(td, 3000 * i, 3000);
	test_disk_hold(td);
	ret = test_buffer_io_async(buf, 4, where, WRITE, test_request_io_done,
				   req);
	KUNIT_ASSERT_EQ(td->test, test_request_started(req, ret), 0);
	KUNIT_ASSERT_GE(td->test, td->nr_log, 4);
	return req;
}

static void io_callback_after_last_bio(struct kunit *test)
{
	const enum test_disk_context *context = test->param_value;
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = 12000,
			.context = *context,
		});
	struct test_buffer *buf = test_buffer_create(test, TEST_BUFFER_VMALLOC,
						     0, 3000 * SECTOR_SIZE);
	struct test_request *req;

	test_buffer_fill(buf, 17);
	for (int reverse = 0; reverse < 2; reverse++) {
		unsigned int bios;

		req = start_held_write(td, buf);
		bios = td->nr_log;
		for (unsigned int i = 0; i < bios; i++) {
			KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
			test_disk_release(td, reverse ? bios - 1 - i : i);
			KUNIT_ASSERT_TRUE(test,
					  test_disk_wait_ended(td, i + 1));
		}
		test_request_wait(req);
		KUNIT_EXPECT_EQ(test, req->error, 0);
		test_disk_expect_exactly(td, REQ_OP_WRITE, 0, 0, 12000);
		test_disk_forget(td);
	}
	for (int i = 0; i < 4; i++)
		test_expect_same(test, sector_data(td, 3000 * i), buf->data,
				 buf->bytes, "region");
}

struct sync_call {
	struct test_disk *td;
	struct test_buffer *buf;
	int ret;
	unsigned long bits;
};

static void call_sync(void *context)
{
	struct sync_call *call = context;
	struct io_region where = region(call->td, 0, 6000);

	call->ret = test_buffer_io_sync(call->buf, 1, &where, READ,
					&call->bits);
}

static void io_sync_waits_for_last_bio(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct sync_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->td = disk_of(test, DISK_SECTORS);
	call->buf = test_buffer_create(test, c->form, c->offset,
				       6000 * SECTOR_SIZE);
	test_fill(call->td->data, 6000 * SECTOR_SIZE, 18);

	test_disk_hold_range(call->td, 5999, 1);
	thread = test_thread_create(test, call_sync, call);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	test_disk_release_all(call->td);
	test_thread_wait(thread);

	KUNIT_EXPECT_EQ(test, call->ret, 0);
	KUNIT_EXPECT_EQ(test, call->bits, 0);
	test_expect_same(test, call->buf->data, call->td->data,
			 call->buf->bytes, "buffer");
}

/* However vectors fall, each bio is a whole number of logical blocks. */
static void io_large_logical_blocks(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 16, 64, 2040, 2048, 2056, 6000 };
	const struct io_case *c = test->param_value;
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = 6400,
			.logical_block_size = 4096,
		});

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct io_region where = region(td, 16, sizes[i]);
		struct test_buffer *buf;

		buf = test_buffer_create(test, c->form, c->offset,
					 sizes[i] * SECTOR_SIZE);
		test_buffer_fill(buf, 500 + i);
		KUNIT_EXPECT_EQ(test, 0,
				do_io(test, c, buf, 1, &where, WRITE));
		test_disk_expect_exactly(td, REQ_OP_WRITE, flags_of(c), 16,
					 sizes[i]);
		test_expect_same(test, sector_data(td, 16), buf->data,
				 buf->bytes, "disk");
		test_disk_forget(td);

		test_buffer_fill(buf, 600 + i);
		KUNIT_EXPECT_EQ(test, 0, do_io(test, c, buf, 1, &where, READ));
		test_disk_expect_exactly(td, REQ_OP_READ, flags_of(c), 16,
					 sizes[i]);
		test_expect_same(test, buf->data, sector_data(td, 16),
				 buf->bytes, "buffer");
		test_buffer_expect_margins_intact(buf);
		test_disk_forget(td);
		test_buffer_free(buf);
	}
}

KUNIT_DEFINE_ACTION_WRAPPER(unmap, vunmap, const void *);

/* The kernel's page of zeroes may be written from as any other, however often it is mapped. */
static void io_from_page_of_zeroes(struct kunit *test)
{
	struct test_disk *td = disk_of(test, 64);
	struct io_region where = region(td, 0, 64);
	struct page *pages[8];
	void *map;

	for (int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = ZERO_PAGE(0);
	map = vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL_RO);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unmap, map));
	memset(td->data, 0xff, 64 * SECTOR_SIZE);
	KUNIT_EXPECT_EQ(test, 0, dm_io_sync_vm(1, &where, WRITE, map, NULL));
	test_expect_zeroes(test, td->data, 64 * SECTOR_SIZE, "disk");
}

#define CONCURRENT 100

static void io_many_at_once(struct kunit *test)
{
	const enum test_disk_context *context = test->param_value;
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = 8 * CONCURRENT,
			.context = *context,
		});
	struct test_buffer *buf = test_buffer_create(test, TEST_BUFFER_VMALLOC,
		0, CONCURRENT * PAGE_SIZE);
	struct test_request *req[CONCURRENT];

	test_buffer_fill(buf, 19);
	test_disk_hold(td);
	for (int i = 0; i < CONCURRENT; i++) {
		struct io_region where = region(td, 8 * i, 8);
		int ret;

		req[i] = test_request_create(test);
		ret = dm_io_async_vm(1, &where, WRITE,
				     buf->data + i * PAGE_SIZE,
				     test_request_io_done, req[i]);
		KUNIT_ASSERT_EQ(test, test_request_started(req[i], ret), 0);
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, CONCURRENT);
	test_disk_release_reverse(td);
	for (int i = 0; i < CONCURRENT; i++) {
		test_request_wait(req[i]);
		KUNIT_EXPECT_EQ(test, req[i]->error, 0);
	}
	test_expect_same(test, td->data, buf->data, buf->bytes, "disk");
}

/* A stacked device that does its bios' I/O by way of the services. */
struct stacked {
	struct test_disk *lower;
	struct test_disk *upper;
	struct test_buffer *buf;
	bool async;
	struct bio *bio;
};

static void end_stacked(unsigned long error, void *context)
{
	struct stacked *s = context;

	test_disk_end_mapped(s->upper, s->bio,
			     error ? BLK_STS_IOERR : BLK_STS_OK);
}

/* current->bio_list is set here: what is submitted waits for the return. */
static void map_stacked(struct bio *bio, void *context)
{
	struct stacked *s = context;
	struct io_region where = region(s->lower, bio->bi_iter.bi_sector, 6000);
	unsigned long bits = 0;
	int ret;

	s->bio = bio;
	if (s->async)
		ret = test_buffer_io_async(s->buf, 1, &where, WRITE,
					   end_stacked, s);
	else
		ret = test_buffer_io_sync(s->buf, 1, &where, WRITE, &bits);
	if (ret || !s->async)
		end_stacked(ret, s);
}

static void write_stacked(struct kunit *test, struct test_buffer *buf,
			  bool async)
{
	struct stacked *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct bio bio;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->lower = disk_of(test, DISK_SECTORS);
	s->upper = test_disk_create(test, &(struct test_disk_config) {
		.sectors = DISK_SECTORS,
		.map = map_stacked,
		.context_of_hooks = s,
		.write_cache = true,
	});
	s->buf = buf;
	s->async = async;

	bio_init(&bio, s->upper->bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	ret = submit_bio_wait(&bio);
	bio_uninit(&bio);
	KUNIT_EXPECT_EQ(test, ret, 0);
	test_disk_expect_exactly(s->lower, REQ_OP_WRITE, async ? 0 : REQ_SYNC,
				 0, 6000);
	test_expect_same(test, s->lower->data, buf->data, buf->bytes, "disk");
}

static void io_from_map(struct kunit *test)
{
	const struct io_case *c = test->param_value;
	struct test_buffer *buf;

	buf = test_buffer_create(test, c->form, c->offset, 6000 * SECTOR_SIZE);
	test_buffer_fill(buf, 20);
	write_stacked(test, buf, c->async);
}

static struct kunit_case io_test_cases[] = {
	KUNIT_CASE_PARAM(io_write_then_read, io_case_gen_params),
	KUNIT_CASE(io_page_is_one_bio),
	KUNIT_CASE_PARAM(io_regions_of_different_sizes, io_case_gen_params),
	KUNIT_CASE_PARAM(io_most_regions, io_case_gen_params),
	KUNIT_CASE_PARAM(io_regions_share_vectors, async_case_gen_params),
	KUNIT_CASE_PARAM(io_async_needs_only_pages, async_case_gen_params),
	KUNIT_CASE_PARAM(io_discard, service_form_gen_params),
	KUNIT_CASE_PARAM(io_write_zeroes, service_form_gen_params),
	KUNIT_CASE_PARAM(io_empty_regions_are_skipped, service_form_gen_params),
	KUNIT_CASE_PARAM(io_empty_regions_are_flushed, service_form_gen_params),
	KUNIT_CASE_PARAM(io_flush_beside_data, io_case_gen_params),
	KUNIT_CASE(io_failed_flush),
	KUNIT_CASE(io_flush_without_cache),
	KUNIT_CASE_PARAM(io_flags_reach_device, flag_case_gen_params),
	KUNIT_CASE_PARAM(io_error_bits, io_case_gen_params),
	KUNIT_CASE_PARAM(io_error_bits_of_last_region, io_case_gen_params),
	KUNIT_CASE_PARAM(io_error_bits_may_be_null, service_form_gen_params),
	KUNIT_CASE_PARAM(io_failed_read_leaves_zeroes, io_case_gen_params),
	KUNIT_CASE_PARAM(io_completion_context, test_disk_context_gen_params),
	KUNIT_CASE_PARAM(io_callback_after_last_bio, test_disk_context_gen_params),
	KUNIT_CASE_PARAM(io_sync_waits_for_last_bio, sync_case_gen_params),
	KUNIT_CASE_PARAM(io_large_logical_blocks, io_case_gen_params),
	KUNIT_CASE(io_from_page_of_zeroes),
	KUNIT_CASE_PARAM(io_many_at_once, test_disk_context_gen_params),
	KUNIT_CASE_PARAM(io_from_map, io_case_gen_params),
	{}
};

static struct kunit_suite io_test_suite = {
	.name = "dm_io_rust_io",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = io_test_cases,
};

kunit_test_suite(io_test_suite);

MODULE_DESCRIPTION("KUnit suites for the exported services of dm_io_rust");
MODULE_LICENSE("GPL");
