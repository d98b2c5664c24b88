// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O of both APIs, called as a target calls it: each service, with each
 * kind of memory, synchronous and asynchronous.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define DISK_SECTORS 7000
/* The most that a disk here discards, or fills with zeroes, at a time. */
#define LIMIT 512

static struct test_disk *any_disk_in(struct kunit *test, sector_t sectors,
				     enum test_disk_context context)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.max_discard_sectors = LIMIT,
		.max_write_zeroes_sectors = LIMIT,
		.write_cache = true,
		.context = context,
	});
}

static struct test_disk *any_disk(struct kunit *test, sector_t sectors)
{
	return any_disk_in(test, sectors, TEST_DISK_INLINE);
}

/* A disk that can neither discard nor write zeroes, and has no cache. */
static struct test_disk *plain_disk(struct kunit *test)
{
	return test_disk_create(test, &(struct test_disk_config) { .sectors = DISK_SECTORS });
}

static struct service_buffer *buffer_of(struct kunit *test, const struct service_call *c,
					size_t bytes)
{
	return service_buffer_create(test, c->service, c->offset, bytes);
}

/* Memory that is none, for operations that carry no data. */
static struct service_buffer *no_buffer(struct kunit *test, const struct service_call *c)
{
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, SECTOR_SIZE);

	buf->ptr = NULL;
	return buf;
}

static void expect_bio(struct service_buffer *buf, struct test_disk *td, unsigned int nr,
		       blk_opf_t opf, sector_t sector, sector_t sectors, unsigned int bvecs)
{
	const struct test_disk_bio *bio = &td->log[nr];

	KUNIT_ASSERT_LT(td->test, nr, td->nr_log);
	KUNIT_EXPECT_EQ(td->test, (u32)bio->op, (u32)(opf & REQ_OP_MASK));
	KUNIT_EXPECT_EQ(td->test, (u32)bio->flags, (u32)(opf & ~REQ_OP_MASK));
	KUNIT_EXPECT_EQ(td->test, bio->sector, sector);
	KUNIT_EXPECT_EQ(td->test, bio->sectors, sectors);
	KUNIT_EXPECT_EQ(td->test, bio->ioprio, buf->service->ioprio);
	if (bvecs != SERVICE_ANY_VECTORS)
		KUNIT_EXPECT_EQ(td->test, bio->bvecs, bvecs);
}

static void expect_only_bio(struct service_buffer *buf, struct test_disk *td, blk_opf_t opf,
			    sector_t sector, sector_t sectors, unsigned int bvecs)
{
	KUNIT_EXPECT_EQ(td->test, td->nr_log, 1);
	expect_bio(buf, td, 0, opf, sector, sectors, bvecs);
}

/* From one sector to several bios, and both sides of every page boundary. */
static const unsigned int io_sizes[] = {
	1, 7, 8, 9, 100, 127, 2048, 2049, 4100,
};

/* So much of any memory is one bio, of as many vectors as there are runs in memory. */
#define ONE_BIO_SECTORS 100

/* The caller's vectors are those of the bio: a bio's, and others while the caller waits. */
static bool lends_vectors(const struct service_call *c)
{
	return c->service->memory == SERVICE_BIO ||
	       (c->service->memory == SERVICE_BVECS && !c->async);
}

static void expect_transferred(struct service_buffer *buf, struct test_disk *td,
			       const struct service_call *c, blk_opf_t opf,
			       const struct service_region *where)
{
	opf |= service_flags(c);
	test_disk_expect_exactly(td, opf & REQ_OP_MASK, opf & ~REQ_OP_MASK, where->sector,
				 where->count);
	if (where->count <= ONE_BIO_SECTORS) {
		expect_only_bio(buf, td, opf, where->sector, where->count,
				service_vectors(buf, buf->bytes));
		KUNIT_EXPECT_EQ(td->test, td->log[0].cloned, lends_vectors(c));
	}
	test_expect_same(buf->test, sector_data(td, where->sector), buf->data, buf->bytes, "data");
	service_expect_intact(buf);
	test_disk_forget(td);
}

static void io_write_then_read(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	const blk_opf_t write = REQ_OP_WRITE | REQ_META | REQ_FUA, read = REQ_OP_READ | REQ_PRIO;
	struct test_disk *td = any_disk(test, DISK_SECTORS);
	const sector_t sector = 5;

	for (int i = 0; i < ARRAY_SIZE(io_sizes); i++) {
		struct service_region where = region(td, sector, io_sizes[i]);
		struct service_buffer *buf = buffer_of(test, c, io_sizes[i] << SECTOR_SHIFT);

		service_fill(buf, 100 + i);
		service_expect_done(buf, c, 1, &where, write);
		expect_transferred(buf, td, c, write, &where);
		test_expect_zeroes(test, td->data, sector << SECTOR_SHIFT, "before");
		test_expect_zeroes(test, sector_data(td, sector + io_sizes[i]), SECTOR_SIZE,
				   "behind");

		test_fill(sector_data(td, sector), buf->bytes, 200 + i);
		service_expect_done(buf, c, 1, &where, read);
		expect_transferred(buf, td, c, read, &where);
		service_buffer_free(buf);
	}
}

/* Each region gets the data from the start; the longest says how much there is. */
static void io_regions_of_different_sizes(struct kunit *test)
{
	static const unsigned int counts[] = { 8, 1, 0, 2100, 16, 2100, 300 };
	const struct service_call *c = test->param_value;
	struct service_region where[ARRAY_SIZE(counts)];
	struct test_disk *td[ARRAY_SIZE(counts)];
	struct service_buffer *buf;

	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		td[i] = any_disk(test, 3 * i + counts[i] + 8);
		where[i] = region(td[i], 3 * i, counts[i]);
	}
	buf = buffer_of(test, c, 2100 * SECTOR_SIZE);
	service_fill(buf, 7);
	service_expect_done(buf, c, ARRAY_SIZE(counts), where, REQ_OP_WRITE);
	service_expect_intact(buf);

	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		sector_t end = 3 * i + counts[i];

		test_disk_expect_exactly(td[i], REQ_OP_WRITE, service_flags(c), 3 * i, counts[i]);
		test_expect_zeroes(test, td[i]->data, 3 * i * SECTOR_SIZE, "before");
		test_expect_same(test, sector_data(td[i], 3 * i), buf->data,
				 counts[i] * SECTOR_SIZE, "region");
		test_expect_zeroes(test, sector_data(td[i], end), 8 * SECTOR_SIZE, "behind");
	}
}

/* Short regions are a bio each, of the vectors that they need, in their order. */
static void io_regions_of_one_bio(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 0, 24, 8, 16, 0 };
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, 50 * ARRAY_SIZE(counts));
	struct service_buffer *buf = buffer_of(test, c, 24 * SECTOR_SIZE);
	struct service_region where[ARRAY_SIZE(counts)];
	unsigned int nr = 0;

	for (int i = 0; i < ARRAY_SIZE(counts); i++)
		where[i] = region(td, 50 * i, counts[i]);
	service_fill(buf, 1);
	service_expect_done(buf, c, ARRAY_SIZE(where), where, REQ_OP_WRITE);
	service_expect_intact(buf);

	for (int i = 0; i < ARRAY_SIZE(counts); i++) {
		size_t bytes = counts[i] * SECTOR_SIZE;

		test_expect_same(test, sector_data(td, 50 * i), buf->data, bytes, "region");
		test_expect_zeroes(test, sector_data(td, 50 * i) + bytes, SECTOR_SIZE, "behind");
		if (bytes)
			expect_bio(buf, td, nr++, REQ_OP_WRITE | service_flags(c), 50 * i,
				   counts[i], service_vectors(buf, bytes));
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, nr);
}

/* Also the first and the last of the most regions have bits of their own. */
static void io_most_regions(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, 16 * BITS_PER_LONG);
	struct service_buffer *buf = buffer_of(test, c, 16 * SECTOR_SIZE);
	struct service_region where[BITS_PER_LONG];

	for (int i = 0; i < BITS_PER_LONG; i++)
		where[i] = region(td, 16 * i, 16);
	service_fill(buf, 8);
	service_expect_done(buf, c, BITS_PER_LONG, where, REQ_OP_WRITE);
	KUNIT_EXPECT_EQ(test, td->nr_log, BITS_PER_LONG);
	test_disk_expect_exactly(td, REQ_OP_WRITE, service_flags(c), 0, td->sectors);
	for (int i = 0; i < BITS_PER_LONG; i++)
		test_expect_same(test, sector_data(td, 16 * i), buf->data, buf->bytes, "region");

	test_disk_fail(td, td->sectors - 1, 1, true, true, BLK_STS_IOERR);
	service_expect_failed(buf, c, BITS_PER_LONG, where, REQ_OP_WRITE,
			      BIT(BITS_PER_LONG - 1), 0);

	test_disk_fail_nothing(td);
	test_disk_fail(td, 0, 1, true, true, BLK_STS_IOERR);
	test_disk_fail(td, td->sectors - 1, 1, true, true, BLK_STS_NOTSUPP);
	test_disk_forget(td);
	memset(td->data, 0, td->sectors << SECTOR_SHIFT);
	service_expect_failed(buf, c, BITS_PER_LONG, where, REQ_OP_WRITE, 1,
			      BIT(BITS_PER_LONG - 1));
	KUNIT_EXPECT_EQ(test, td->nr_log, BITS_PER_LONG);
	for (int i = 1; i < BITS_PER_LONG - 1; i++)
		test_expect_same(test, sector_data(td, 16 * i), buf->data, buf->bytes, "good");
}

/* Regions of one bio each are written over one set of vectors, whatever they get of it. */
static void io_regions_share_vectors(struct kunit *test)
{
	static const unsigned int counts[] = { 8, 120, 100 };
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, 3 * 120);
	struct service_buffer *buf = buffer_of(test, c, 120 * SECTOR_SIZE);
	struct service_region where[3];

	for (int i = 0; i < 3; i++)
		where[i] = region(td, 120 * i, counts[i]);
	service_fill(buf, 21);
	test_disk_hold(td);
	KUNIT_ASSERT_EQ(test, service_start(buf, 3, where, REQ_OP_WRITE), 0);
	KUNIT_ASSERT_EQ(test, td->nr_log, 3);
	for (int i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, td->log[i].sectors, counts[i]);
		KUNIT_EXPECT_PTR_EQ(test, td->log[i].bio->bi_io_vec, td->log[2].bio->bi_io_vec);
	}
	/* Those of the last region, which is over before the others are. */
	test_disk_release_reverse(td);
	test_disk_release_all(td);
	service_expect_ended(buf, 0, 0);
	for (int i = 0; i < 3; i++)
		test_expect_same(test, sector_data(td, 120 * i), buf->data,
				 counts[i] * SECTOR_SIZE, "region");
}

#define MANY_PAGES 300
#define MANY_SECTORS (MANY_PAGES * PAGE_SECTORS)
/* The most vectors of a bio that is set up by the module. */
#define MOST_VECTORS 256

/* Whether all of the memory is one bio: of the caller's own vectors, or a run of memory. */
static bool is_one_bio(const struct service_call *c)
{
	if (c->service->memory == SERVICE_BVECS)
		return !c->async;
	return c->service->memory & (SERVICE_BIO | SERVICE_KMEM);
}

/* Returns how many bios MANY_PAGES are; 0 where that depends on where the pages are. */
static unsigned int bios_of_many(struct service_buffer *buf, const struct service_call *c)
{
	unsigned int vectors = service_vectors(buf, MANY_PAGES * PAGE_SIZE);

	if (is_one_bio(c))
		return 1;
	if (vectors == SERVICE_ANY_VECTORS || c->service->has_short_vectors)
		return 0;
	return DIV_ROUND_UP(vectors, MOST_VECTORS);
}

/* Longer memory is a bio, or as few as its vectors allow. */
static void io_many_vectors(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, DISK_SECTORS);
	struct service_buffer *buf = service_buffer_create(test, c->service, 0,
							   MANY_PAGES * PAGE_SIZE);
	struct service_region where = region(td, 5, MANY_SECTORS);
	unsigned int vectors = service_vectors(buf, buf->bytes), bios = bios_of_many(buf, c);
	blk_opf_t opf = REQ_OP_WRITE | service_flags(c);
	const sector_t most = MOST_VECTORS * PAGE_SECTORS;

	service_fill(buf, 1);
	service_expect_done(buf, c, 1, &where, REQ_OP_WRITE);
	test_disk_expect_exactly(td, REQ_OP_WRITE, service_flags(c), 5, MANY_SECTORS);
	test_expect_same(test, sector_data(td, 5), buf->data, buf->bytes, "disk");
	if (bios == 1)
		expect_only_bio(buf, td, opf, 5, MANY_SECTORS, vectors);
	if (bios != 2)
		return;
	KUNIT_EXPECT_EQ(test, td->nr_log, 2);
	expect_bio(buf, td, 0, opf, 5, most, MOST_VECTORS);
	expect_bio(buf, td, 1, opf, 5 + most, MANY_SECTORS - most, vectors - MOST_VECTORS);
}

/* The caller has all that is not memory to transfer back when the call returns. */
static void io_keeps_no_arguments(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, DISK_SECTORS);
	struct service_buffer *buf = buffer_of(test, c, 6000 * SECTOR_SIZE);
	struct service_region *where = kunit_kmalloc(test, sizeof(*where), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, where);
	*where = region(td, 0, 6000);
	service_fill(buf, 9);
	test_disk_hold(td);
	ret = service_start(buf, 1, where, REQ_OP_WRITE);
	service_forget(buf);
	kunit_kfree(test, where);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&buf->req->calls), 0);
	test_disk_release_all(td);
	service_expect_ended(buf, 0, 0);
	test_disk_expect_exactly(td, REQ_OP_WRITE, 0, 0, 6000);
	test_expect_same(test, td->data, buf->data, buf->bytes, "disk");
}

/* Expects bios without data over the region, each as long as the disk's limit allows. */
static unsigned int expect_limited(struct service_buffer *buf, struct test_disk *td,
				   unsigned int nr, blk_opf_t opf,
				   const struct service_region *where)
{
	for (sector_t at = 0; at < where->count; at += LIMIT)
		expect_bio(buf, td, nr++, opf, where->sector + at,
			   min_t(sector_t, where->count - at, LIMIT), 0);
	return nr;
}

static void io_discard(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 8, 511, 512, 513, 4000 };
	const struct service_call *c = test->param_value;
	struct service_buffer *none = no_buffer(test, c);
	struct test_disk *td = any_disk(test, 5000);

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct service_region where = region(td, 11, sizes[i]);
		blk_opf_t opf = REQ_OP_DISCARD | service_flags(c);

		service_expect_done(none, c, 1, &where, REQ_OP_DISCARD);
		test_disk_expect_exactly(td, REQ_OP_DISCARD, service_flags(c), 11, sizes[i]);
		KUNIT_EXPECT_EQ(test, td->nr_log, expect_limited(none, td, 0, opf, &where));
		test_disk_forget(td);
	}
}

static void io_write_zeroes(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	const blk_opf_t opf = REQ_OP_WRITE_ZEROES | REQ_NOUNMAP;
	struct service_buffer *none = no_buffer(test, c);
	struct test_disk *td[2] = { any_disk(test, 3000), any_disk(test, 3000) };
	struct service_region where[2] = { region(td[0], 1, 2500), region(td[1], 100, 3) };

	for (int i = 0; i < 2; i++)
		memset(td[i]->data, 0xff, 3000 * SECTOR_SIZE);
	service_expect_done(none, c, 2, where, opf);
	for (int i = 0; i < 2; i++) {
		u8 *start = sector_data(td[i], where[i].sector);
		u8 *end = start + (where[i].count << SECTOR_SHIFT);

		KUNIT_EXPECT_EQ(test, td[i]->nr_log,
				expect_limited(none, td[i], 0, opf | service_flags(c), &where[i]));
		test_expect_zeroes(test, start, end - start, "region");
		KUNIT_EXPECT_EQ(test, start[-1], 0xff);
		KUNIT_EXPECT_EQ(test, *end, 0xff);
	}
}

/* Of several disks one cannot do what is asked: it gets no bio, and the others do it. */
static void io_without_data_unsupported(struct kunit *test)
{
	static const enum req_op ops[] = { REQ_OP_DISCARD, REQ_OP_WRITE_ZEROES };
	const struct service_call *c = test->param_value;
	struct service_buffer *none = no_buffer(test, c);

	for (int i = 0; i < ARRAY_SIZE(ops); i++) {
		struct test_disk *good = any_disk(test, DISK_SECTORS), *bad = plain_disk(test);
		struct service_region where[3] = {
			region(good, 8, 1000), region(bad, 8, 8), region(good, 2000, 512),
		};
		blk_opf_t opf = ops[i] | service_flags(c);
		unsigned int nr;

		test_fill(good->data, DISK_SECTORS * SECTOR_SIZE, 1);
		service_expect_failed(none, c, 3, where, ops[i], 0, 2);
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
		nr = expect_limited(none, good, 0, opf, &where[0]);
		KUNIT_EXPECT_EQ(test, good->nr_log, expect_limited(none, good, nr, opf, &where[2]));
		test_expect_zeroes(test, sector_data(good, 8), 1000 * SECTOR_SIZE, "first");
		test_expect_zeroes(test, sector_data(good, 2000), 512 * SECTOR_SIZE, "last");

		service_expect_failed(none, c, 1, &where[1], ops[i], 0, 1);
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
	}
}

/* As a target flushes its log: memory that is none, and regions of nothing. */
static void io_empty_flush(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	const blk_opf_t opf = REQ_OP_WRITE | REQ_PREFLUSH;
	struct test_disk *one = any_disk(test, 64), *other = any_disk(test, 64);
	struct service_region where[2] = { region(one, 0, 0), region(other, 5, 0) };
	struct service_buffer *none = no_buffer(test, c);

	service_expect_done(none, c, 2, where, opf);
	expect_only_bio(none, one, opf | service_flags(c), 0, 0, 0);
	expect_only_bio(none, other, opf | service_flags(c), 5, 0, 0);

	/* Without the flag there is nothing to do. */
	service_expect_done(none, c, 2, where, REQ_OP_WRITE);
	KUNIT_EXPECT_EQ(test, one->nr_log, 1);
	KUNIT_EXPECT_EQ(test, other->nr_log, 1);

	test_disk_fail(other, 5, 1, true, true, BLK_STS_IOERR);
	service_expect_failed(none, c, 2, where, opf, 2, 0);
}

/* A device without a cache needs no flush, and is asked for none. */
static void io_empty_flush_without_cache(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = plain_disk(test);
	struct service_region where = region(td, 0, 0);

	service_expect_done(no_buffer(test, c), c, 1, &where, REQ_OP_WRITE | REQ_PREFLUSH);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void io_flush_beside_data(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	const blk_opf_t opf = REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA;
	struct test_disk *td = any_disk(test, 64), *other = any_disk(test, 64);
	struct service_region where[3] = {
		region(td, 40, 0), region(td, 16, 8), region(other, 5, 3),
	};
	struct service_buffer *buf = buffer_of(test, c, 8 * SECTOR_SIZE);

	service_fill(buf, 10);
	service_expect_done(buf, c, 3, where, opf);
	KUNIT_EXPECT_EQ(test, td->nr_log, 2);
	expect_bio(buf, td, 0, opf | service_flags(c), 40, 0, 0);
	expect_bio(buf, td, 1, opf | service_flags(c), 16, 8, service_vectors(buf, buf->bytes));
	expect_only_bio(buf, other, opf | service_flags(c), 5, 3,
			service_vectors(buf, 3 * SECTOR_SIZE));
	test_expect_same(test, sector_data(td, 16), buf->data, buf->bytes, "disk");
	test_expect_same(test, sector_data(other, 5), buf->data, 3 * SECTOR_SIZE, "other");
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

/* Each bio of a request has its flags. */
static void io_flags_reach_device(struct kunit *test)
{
	const struct flag_case *f = test->param_value;
	blk_opf_t flags = f->opf & ~REQ_OP_MASK;
	struct test_disk *td = any_disk(test, DISK_SECTORS);
	struct service_region where = region(td, 0, 5000);
	const struct service_call *c = NULL;

	while ((c = service_call_next(c))) {
		struct service_buffer *buf;

		if (c->offset)
			continue;
		buf = buffer_of(test, c, 5000 * SECTOR_SIZE);
		service_fill(buf, 11);
		service_expect_done(buf, c, 1, &where, f->opf);
		test_disk_expect_exactly(td, f->opf & REQ_OP_MASK, flags | service_flags(c), 0,
					 5000);
		test_disk_forget(td);
		service_buffer_free(buf);
	}
}

/* Bit i is region i's, whichever bio of the region fails. */
static void io_error_bits(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, 5 * 3000);
	struct service_buffer *buf = buffer_of(test, c, 3000 * SECTOR_SIZE);
	struct service_region where[5];

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(td, 3000 * i, 3000);
	service_fill(buf, 12);
	test_disk_fail(td, 0, 1, false, true, BLK_STS_MEDIUM);
	test_disk_fail(td, 3000 * 2 + 1500, 1, false, true, BLK_STS_NOSPC);
	test_disk_fail(td, 3000 * 4 - 1, 1, false, true, BLK_STS_NOTSUPP);
	/* A read's failure is nothing to a write. */
	test_disk_fail(td, 3000, 3000, true, false, BLK_STS_IOERR);

	service_expect_failed(buf, c, ARRAY_SIZE(where), where, REQ_OP_WRITE, BIT(0) | BIT(2),
			      BIT(3));
	for (int i = 1; i < ARRAY_SIZE(where); i += 3)
		test_expect_same(test, sector_data(td, 3000 * i), buf->data, buf->bytes,
				 "good region");
}

/* An error decides what is returned, but takes no other bit away. */
static void io_mixed_status(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, 40);
	struct service_buffer *buf = buffer_of(test, c, 8 * SECTOR_SIZE);
	struct service_region where[5];

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(td, 8 * i, 8);
	service_fill(buf, 1);
	test_disk_fail(td, 9, 1, true, true, BLK_STS_NOTSUPP);
	test_disk_fail(td, 31, 1, true, true, BLK_STS_INVAL);
	service_expect_failed(buf, c, 5, where, REQ_OP_WRITE, 0, BIT(1) | BIT(3));

	test_disk_fail(td, 16, 1, true, true, BLK_STS_IOERR);
	service_expect_failed(buf, c, 5, where, REQ_OP_WRITE, BIT(2), BIT(1) | BIT(3));
	KUNIT_EXPECT_EQ(test, td->nr_log, 10);
	test_expect_same(test, td->data, buf->data, buf->bytes, "first");
	test_expect_same(test, sector_data(td, 32), buf->data, buf->bytes, "last");
}

/* How a device fails, and whether that means that it cannot do what it was asked. */
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

static void io_status(struct kunit *test)
{
	const struct status_case *s = test->param_value;
	struct test_disk *td = any_disk(test, 64);
	struct service_region where[3] = {
		region(td, 20, 8), region(td, 8, 8), region(td, 0, 8),
	};
	const struct service_call *c = NULL;

	test_disk_fail(td, 10, 1, true, true, s->status);
	while ((c = service_call_next(c))) {
		struct service_buffer *buf = buffer_of(test, c, 8 * SECTOR_SIZE);

		service_fill(buf, 1);
		service_expect_failed(buf, c, 3, where, REQ_OP_WRITE, s->unsup ? 0 : 2,
				      s->unsup ? 2 : 0);
		service_expect_failed(buf, c, 1, &where[1], REQ_OP_READ, s->unsup ? 0 : 1,
				      s->unsup ? 1 : 0);
		test_expect_zeroes(test, buf->data, buf->bytes, "unread");
		service_expect_intact(buf);
		service_buffer_free(buf);
	}
}

static void expect_returned(struct service_buffer *buf, const struct service_call *c,
			    const struct service_region *where, int ret)
{
	unsigned long bit = buf->service->is_request_api ? ret == -EIO : !!ret;

	if (ret == -EOPNOTSUPP && !buf->service->is_request_api)
		ret = -EIO;
	KUNIT_EXPECT_EQ(buf->test, service_io(buf, c, 1, where, REQ_OP_WRITE), ret);
	KUNIT_EXPECT_EQ(buf->test, buf->error, buf->no_error ? SERVICE_UNTOUCHED : bit);
	if (buf->service->is_request_api)
		KUNIT_EXPECT_EQ(buf->test, buf->unsup,
				buf->no_unsup ? SERVICE_UNTOUCHED : ret == -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(buf->test, service_io(buf, c, 1, where, REQ_OP_READ), ret);
}

/* Who does not ask which regions failed learns from the return value that some did. */
static void io_error_bits_may_be_null(struct kunit *test)
{
	static const struct {
		blk_status_t status;
		int ret;
	} ends[] = {
		{ BLK_STS_OK, 0 },
		{ BLK_STS_IOERR, -EIO },
		{ BLK_STS_NOTSUPP, -EOPNOTSUPP },
	};
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, 64);
	struct service_region where = region(td, 0, 8);
	struct service_buffer *buf = buffer_of(test, c, PAGE_SIZE);

	service_fill(buf, 14);
	for (int i = 0; i < ARRAY_SIZE(ends); i++) {
		test_disk_fail_nothing(td);
		test_disk_fail(td, 0, 1, true, true, ends[i].status);
		for (int none = 0; none < 4; none++) {
			buf->no_error = none & 1;
			buf->no_unsup = none & 2;
			expect_returned(buf, c, &where, ends[i].ret);
		}
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, 2 * 4 * ARRAY_SIZE(ends));
}

/* What bios failed is zeroes, what bios succeeded is data: the log knows. */
static void expect_read(struct test_disk *td, struct service_buffer *buf, sector_t sector)
{
	for (unsigned int i = 0; i < td->nr_log; i++) {
		const struct test_disk_bio *bio = &td->log[i];
		u8 *at = buf->data + ((bio->sector - sector) << SECTOR_SHIFT);
		size_t bytes = bio->sectors << SECTOR_SHIFT;

		if (bio->status)
			test_expect_zeroes(td->test, at, bytes, "failed part");
		else
			test_expect_same(td->test, at, sector_data(td, bio->sector), bytes,
					 "good part");
	}
	service_expect_intact(buf);
}

static void failed_read(struct kunit *test, bool keep_iter, sector_t count, sector_t bad)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = DISK_SECTORS,
		.keep_iter = keep_iter,
	});
	struct service_region where = region(td, 3, count);
	struct service_buffer *buf = buffer_of(test, c, count * SECTOR_SIZE);

	test_fill(td->data, td->sectors << SECTOR_SHIFT, 15);
	service_fill(buf, 16);
	test_disk_fail(td, 3 + bad, 1, true, false, BLK_STS_MEDIUM);
	service_expect_failed(buf, c, 1, &where, REQ_OP_READ, 1, 0);
	test_disk_expect_exactly(td, REQ_OP_READ, service_flags(c), 3, count);
	if (count <= ONE_BIO_SECTORS || is_one_bio(c))
		KUNIT_EXPECT_EQ(test, td->nr_log, 1);
	else if (count == MANY_SECTORS && bios_of_many(buf, c))
		KUNIT_EXPECT_EQ(test, td->nr_log, bios_of_many(buf, c));
	expect_read(td, buf, 3);
	service_buffer_free(buf);
	test_disk_free(td);
}

/* Of several bios only those that failed leave zeroes, which the error bit does not tell. */
static void io_failed_read_leaves_zeroes(struct kunit *test)
{
	for (int keep_iter = 0; keep_iter < 2; keep_iter++) {
		failed_read(test, keep_iter, 1, 0);
		failed_read(test, keep_iter, 9, 4);
		failed_read(test, keep_iter, MANY_SECTORS, MANY_SECTORS - 1);
	}
	failed_read(test, false, 4100, 0);
	failed_read(test, true, 4100, 2100);
	failed_read(test, false, 4100, 4099);
}

/* Reads, writes and failures, of all forms, wherever the device completes. */
static void io_completion_context(struct kunit *test)
{
	const enum test_disk_context *context = test->param_value;
	struct test_disk *td = any_disk_in(test, DISK_SECTORS, *context);
	struct service_region where[2] = { region(td, 0, 3000), region(td, 3000, 3000) };
	const struct service_call *c = NULL;
	unsigned int seed = 300;

	test_disk_fail(td, 4000, 1, true, true, BLK_STS_IOERR);
	while ((c = service_call_next(c))) {
		struct service_buffer *buf = buffer_of(test, c, 3000 * SECTOR_SIZE);

		service_fill(buf, seed++);
		service_expect_failed(buf, c, 2, where, REQ_OP_WRITE, 2, 0);
		test_expect_same(test, td->data, buf->data, buf->bytes, "disk");
		test_disk_forget(td);

		service_fill(buf, seed++);
		service_expect_done(buf, c, 1, where, REQ_OP_READ);
		test_expect_same(test, buf->data, td->data, buf->bytes, "buffer");
		test_disk_forget(td);

		service_expect_failed(buf, c, 1, &where[1], REQ_OP_READ, 1, 0);
		expect_read(td, buf, 3000);
		test_disk_forget(td);
		service_buffer_free(buf);
	}
}

#define HELD_REGIONS 4
#define HELD_SECTORS 3000

/* Starts a write of some regions of several bios each, and ends one bio after the other. */
static void held_write(struct service_buffer *buf, struct test_disk *td, bool reverse)
{
	struct service_region where[HELD_REGIONS];
	unsigned int bios;

	for (int i = 0; i < HELD_REGIONS; i++)
		where[i] = region(td, HELD_SECTORS * i, HELD_SECTORS);
	test_disk_hold(td);
	KUNIT_ASSERT_EQ(td->test, 0, service_start(buf, HELD_REGIONS, where, REQ_OP_WRITE));
	bios = td->nr_log;
	KUNIT_ASSERT_GE(td->test, bios, HELD_REGIONS);
	for (unsigned int i = 0; i < bios; i++) {
		KUNIT_EXPECT_EQ(td->test, atomic_read(&buf->req->calls), 0);
		test_disk_release(td, reverse ? bios - 1 - i : i);
		KUNIT_ASSERT_TRUE(td->test, test_disk_wait_ended(td, i + 1));
	}
}

static void expect_called_back(struct service_buffer *buf, struct test_disk *td, bool fail)
{
	const enum test_disk_context *context = td->test->param_value;

	service_expect_ended(buf, fail, 0);
	if (*context != TEST_DISK_ANYWHERE)
		KUNIT_EXPECT_EQ(td->test, buf->req->in_hardirq, *context == TEST_DISK_HARDIRQ);
	test_disk_expect_exactly(td, REQ_OP_WRITE, 0, 0, td->sectors);
	for (int i = fail; i < HELD_REGIONS; i++)
		test_expect_same(td->test, sector_data(td, HELD_SECTORS * i), buf->data,
				 buf->bytes, "region");
	test_request_reset(buf->req);
}

/* Whatever fails and wherever it ends, there is one callback, after the last bio. */
static void io_callback_after_last_bio(struct kunit *test)
{
	const enum test_disk_context *context = test->param_value;
	struct test_disk *td = any_disk_in(test, HELD_REGIONS * HELD_SECTORS, *context);
	const struct service_call *c = NULL;

	while ((c = service_call_next(c))) {
		struct service_buffer *buf;

		if (!c->async || c->offset)
			continue;
		buf = buffer_of(test, c, HELD_SECTORS * SECTOR_SIZE);
		service_fill(buf, 17);
		for (int i = 0; i < 4; i++) {
			if (i & 1)
				test_disk_fail(td, 3, 1, true, true, BLK_STS_IOERR);
			held_write(buf, td, i & 2);
			expect_called_back(buf, td, i & 1);
			test_disk_fail_nothing(td);
			test_disk_forget(td);
		}
		service_buffer_free(buf);
	}
}

/* A read by a thread. */
struct sync_call {
	const struct service_call *c;
	struct test_disk *td;
	struct service_buffer *buf;
};

static void call_sync(void *context)
{
	struct sync_call *call = context;
	struct service_region where = region(call->td, 0, 6000);

	service_expect_done(call->buf, call->c, 1, &where, REQ_OP_READ);
}

static void io_sync_waits_for_last_bio(struct kunit *test)
{
	struct sync_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);
	struct test_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->c = test->param_value;
	call->td = any_disk(test, DISK_SECTORS);
	call->buf = buffer_of(test, call->c, 6000 * SECTOR_SIZE);
	test_fill(call->td->data, 6000 * SECTOR_SIZE, 18);

	test_disk_hold_range(call->td, 5999, 1);
	thread = test_thread_create(test, call_sync, call);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	test_disk_release_all(call->td);
	test_thread_wait(thread);
	test_expect_same(test, call->buf->data, call->td->data, call->buf->bytes, "buffer");
}

/* However vectors fall, each bio is a whole number of logical blocks. */
static void io_large_logical_blocks(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 16, 64, 2048, 2056, 4104 };
	const struct service_call *c = test->param_value;
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 6400,
		.logical_block_size = 4096,
	});

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct service_region where = region(td, 16, sizes[i]);
		struct service_buffer *buf = buffer_of(test, c, sizes[i] * SECTOR_SIZE);

		service_fill(buf, 500 + i);
		service_expect_done(buf, c, 1, &where, REQ_OP_WRITE);
		expect_transferred(buf, td, c, REQ_OP_WRITE, &where);
		test_fill(sector_data(td, 16), buf->bytes, 600 + i);
		service_expect_done(buf, c, 1, &where, REQ_OP_READ);
		expect_transferred(buf, td, c, REQ_OP_READ, &where);
		service_buffer_free(buf);
	}
}

KUNIT_DEFINE_ACTION_WRAPPER(unmap, vunmap, const void *);

/* The kernel's page of zeroes may be written from as any other, however often it is mapped. */
static void io_from_page_of_zeroes(struct kunit *test)
{
	const struct service_call *c = test->param_value, sync = { c->service, false };
	struct test_disk *td = any_disk(test, 64);
	struct service_region where = region(td, 0, 64);
	struct service_buffer *buf = no_buffer(test, c);
	struct page *pages[8];

	for (int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = ZERO_PAGE(0);
	buf->ptr = vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL_RO);
	KUNIT_ASSERT_NOT_NULL(test, buf->ptr);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unmap, buf->ptr));
	for (int async = 0; async < 2; async++) {
		memset(td->data, 0xff, 64 * SECTOR_SIZE);
		service_expect_done(buf, async ? c : &sync, 1, &where, REQ_OP_WRITE);
		test_expect_zeroes(test, td->data, 64 * SECTOR_SIZE, "disk");
	}
}

#define CONCURRENT 100

static void many_at_once(struct kunit *test, const struct io_service *service)
{
	const enum test_disk_context *context = test->param_value;
	struct test_disk *td = any_disk_in(test, 8 * CONCURRENT, *context);
	struct service_buffer *buf = service_buffer_create(test, service, 0,
							   CONCURRENT * PAGE_SIZE);
	struct test_request *req[CONCURRENT];

	service_fill(buf, 19);
	test_disk_hold(td);
	for (int i = 0; i < CONCURRENT; i++) {
		struct service_region where = region(td, 8 * i, 8);
		int ret;

		req[i] = test_request_create(test);
		buf->ptr = buf->data + i * PAGE_SIZE;
		ret = service->io(buf, 1, &where, REQ_OP_WRITE, req[i]);
		KUNIT_ASSERT_EQ(test, test_request_started(req[i], ret), 0);
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, CONCURRENT);
	test_disk_release_reverse(td);
	for (int i = 0; i < CONCURRENT; i++) {
		test_request_wait(req[i]);
		KUNIT_EXPECT_EQ(test, req[i]->error | req[i]->unsup, 0);
	}
	test_expect_same(test, td->data, buf->data, buf->bytes, "disk");
}

static void io_many_at_once(struct kunit *test)
{
#ifndef CONFIG_DM_IO_IN_RUST
	many_at_once(test, &dm_io_vmalloc);
#endif
	many_at_once(test, &mainline_vma);
}

/* A stacked device that does its bios' I/O by way of a service. */
struct stacked {
	const struct service_call *c;
	struct service_buffer *buf;
	struct test_disk *lower;
	struct test_disk *upper;
	struct bio *bio;
};

static void end_stacked(struct stacked *s, unsigned long error)
{
	test_disk_end_mapped(s->upper, s->bio, error ? BLK_STS_IOERR : BLK_STS_OK);
}

static void stacked_ended(struct test_request *req)
{
	end_stacked(req->context_of_ended, req->error | req->unsup);
}

/* current->bio_list is set here: what is submitted waits for the return. */
static void map_stacked(struct bio *bio, void *context)
{
	struct stacked *s = context;
	struct service_region where = region(s->lower, bio->bi_iter.bi_sector, 6000);
	int ret;

	s->bio = bio;
	if (s->c->async)
		ret = service_start(s->buf, 1, &where, REQ_OP_WRITE);
	else
		ret = service_io(s->buf, s->c, 1, &where, REQ_OP_WRITE);
	if (ret || !s->c->async)
		end_stacked(s, ret);
}

static void io_from_map(struct kunit *test)
{
	struct stacked *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct bio bio;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->c = test->param_value;
	s->lower = any_disk(test, DISK_SECTORS);
	s->upper = test_disk_create(test, &(struct test_disk_config) {
		.sectors = DISK_SECTORS,
		.map = map_stacked,
		.context_of_hooks = s,
		.write_cache = true,
	});
	s->buf = buffer_of(test, s->c, 6000 * SECTOR_SIZE);
	s->buf->req->ended = stacked_ended;
	s->buf->req->context_of_ended = s;
	service_fill(s->buf, 20);

	bio_init(&bio, s->upper->bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	ret = submit_bio_wait(&bio);
	bio_uninit(&bio);
	KUNIT_EXPECT_EQ(test, ret, 0);
	test_disk_expect_exactly(s->lower, REQ_OP_WRITE, service_flags(s->c), 0, 6000);
	test_expect_same(test, s->lower->data, s->buf->data, s->buf->bytes, "disk");
}

static void done_without_memory(struct service_buffer *buf, unsigned int num_regions,
				struct service_region *where, blk_opf_t opf)
{
	refuse_memory(buf->test);
	service_expect_done(buf, buf->test->param_value, num_regions, where, opf);
	refuse_memory_end(buf->test);
}

static void failed_without_memory(struct service_buffer *buf, unsigned int num_regions,
				  struct service_region *where, blk_opf_t opf,
				  unsigned long error, unsigned long unsup)
{
	refuse_memory(buf->test);
	service_expect_failed(buf, buf->test->param_value, num_regions, where, opf, error, unsup);
	refuse_memory_end(buf->test);
}

static void without_memory(struct kunit *test, enum test_disk_context context,
			   unsigned int sectors)
{
	struct test_disk *td = any_disk_in(test, DISK_SECTORS, context);
	struct service_buffer *buf = buffer_of(test, test->param_value, sectors * SECTOR_SIZE);
	struct service_region where[3];

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(td, i * sectors, sectors);
	service_fill(buf, 2);
	done_without_memory(buf, 3, where, REQ_OP_WRITE);
	for (int i = 0; i < ARRAY_SIZE(where); i++)
		test_expect_same(test, sector_data(td, where[i].sector), buf->data, buf->bytes,
				 "region");
	for (int i = 0; i < td->nr_log; i++)
		KUNIT_EXPECT_EQ(test, td->log[i].ioprio, buf->service->ioprio);

	test_fill(td->data, buf->bytes, 3);
	done_without_memory(buf, 1, where, REQ_OP_READ);
	test_expect_same(test, buf->data, td->data, buf->bytes, "memory");
	service_expect_intact(buf);

	done_without_memory(buf, 3, where, REQ_OP_DISCARD);
	test_expect_zeroes(test, td->data, 3 * buf->bytes, "discarded");

	test_disk_fail(td, sectors, 1, true, true, BLK_STS_IOERR);
	test_disk_fail(td, 2 * sectors, 1, true, true, BLK_STS_NOTSUPP);
	failed_without_memory(buf, 3, where, REQ_OP_WRITE, 2, 4);
	service_buffer_free(buf);
	test_disk_free(td);
}

/* There is memory in reserve: the module's own, or that of a client. */
static void io_without_memory(struct kunit *test)
{
	static const enum test_disk_context contexts[] = {
		TEST_DISK_INLINE, TEST_DISK_WORKER, TEST_DISK_HARDIRQ,
	};

	for (int i = 0; i < ARRAY_SIZE(contexts); i++) {
		without_memory(test, contexts[i], 1);
		without_memory(test, contexts[i], 8);
		without_memory(test, contexts[i], 100);
		without_memory(test, contexts[i], 600);
	}
}

/* Zeroes are left without memory, too. */
static void io_failed_read_without_memory(struct kunit *test)
{
	static const unsigned int sizes[] = { 9, 100, 600 };
	const struct service_call *c = test->param_value;
	struct test_disk *td = any_disk(test, 605);

	test_fill(td->data, 605 * SECTOR_SIZE, 1);
	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		const unsigned int bad[] = { 0, sizes[i] / 2, sizes[i] - 1 };
		struct service_buffer *buf = buffer_of(test, c, sizes[i] * SECTOR_SIZE);
		struct service_region where = region(td, 5, sizes[i]);

		for (int j = 0; j < ARRAY_SIZE(bad); j++) {
			service_fill(buf, 2);
			test_disk_fail(td, 5 + bad[j], 1, true, false, BLK_STS_MEDIUM);
			failed_without_memory(buf, 1, &where, REQ_OP_READ, 1, 0);
			test_disk_expect_exactly(td, REQ_OP_READ, service_flags(c), 5, sizes[i]);
			expect_read(td, buf, 5);
			test_disk_fail_nothing(td);
			test_disk_forget(td);
		}
		service_buffer_free(buf);
	}
}

static struct kunit_case io_test_cases[] = {
	KUNIT_CASE_PARAM(io_write_then_read, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_regions_of_different_sizes, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_regions_of_one_bio, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_most_regions, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_regions_share_vectors, service_async_gen_params),
	KUNIT_CASE_PARAM(io_many_vectors, service_gen_params),
	KUNIT_CASE_PARAM(io_keeps_no_arguments, service_async_gen_params),
	KUNIT_CASE_PARAM(io_discard, service_gen_params),
	KUNIT_CASE_PARAM(io_write_zeroes, service_gen_params),
	KUNIT_CASE_PARAM(io_without_data_unsupported, service_gen_params),
	KUNIT_CASE_PARAM(io_empty_flush, service_gen_params),
	KUNIT_CASE_PARAM(io_empty_flush_without_cache, service_gen_params),
	KUNIT_CASE_PARAM(io_flush_beside_data, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_flags_reach_device, flag_case_gen_params),
	KUNIT_CASE_PARAM(io_error_bits, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_mixed_status, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_status, status_case_gen_params),
	KUNIT_CASE_PARAM(io_error_bits_may_be_null, service_sync_gen_params),
	KUNIT_CASE_PARAM(io_failed_read_leaves_zeroes, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_completion_context, test_disk_context_gen_params),
	KUNIT_CASE_PARAM(io_callback_after_last_bio, test_disk_context_gen_params),
	KUNIT_CASE_PARAM(io_sync_waits_for_last_bio, service_sync_gen_params),
	KUNIT_CASE_PARAM(io_large_logical_blocks, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_from_page_of_zeroes, service_api_gen_params),
	KUNIT_CASE_PARAM(io_many_at_once, test_disk_context_gen_params),
	KUNIT_CASE_PARAM(io_from_map, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_without_memory, service_offset_gen_params),
	KUNIT_CASE_PARAM(io_failed_read_without_memory, service_offset_gen_params),
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
