// SPDX-License-Identifier: GPL-2.0
/*
 * Random requests of all kinds, against disks that are plain memory.
 *
 * Requests of a batch run at one time, each in a lane of its own: a run of
 * sectors that is the same on every disk. So each has one possible outcome,
 * but for sectors beside a bad one: what bio they shared is the module's choice.
 */
#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "test_batches.h"
#include "test_buffer.h"
#include "test_client.h"
#include "test_disk.h"
#include "test_request.h"

#define DISKS 3
#define LANES 8
#define PARTS 4
#define PART_SECTORS 600
#define LANE_SECTORS (PARTS * PART_SECTORS)
/* Of the batches, which take a tenth of a second each. */
#define BATCHES_OF_A_CASE 50

static uint seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "Seed of the random requests, 0 for a new one each time");

static uint model_batches = 100;
module_param(model_batches, uint, 0444);
MODULE_PARM_DESC(model_batches, "How many batches of random requests there are");

enum request_kind {
	MODEL_READ,
	MODEL_WRITE,
	MODEL_DISCARD,
	MODEL_WRITE_ZEROES,
	MODEL_FLUSH,
	MODEL_COPY,
	MODEL_KINDS,
};

/* A region, and the disk that it is on. */
struct model_region {
	unsigned int disk;
	sector_t sector;
	sector_t count;
};

/**
 * struct model_request - one request of a batch
 * @kind: what it does
 * @sync: whether it is a synchronous call
 * @ignore: whether a copy ignores errors
 * @from: the source of a copy
 * @to: the regions
 * @num: how many
 * @buf: the buffer, NULL when no data is carried
 * @req: how it ended
 */
struct model_request {
	enum request_kind kind;
	bool sync;
	bool ignore;
	struct model_region from;
	struct model_region to[PARTS];
	unsigned int num;
	struct test_buffer *buf;
	struct test_request *req;
};

/**
 * struct model - the disks and what they should hold
 * @test: the test
 * @random: every choice comes from it
 * @disk: the disks
 * @want: what they should hold
 * @kc: a client for the copies
 * @lane: the batch
 */
struct model {
	struct kunit *test;
	struct rnd_state random;
	struct test_disk *disk[DISKS];
	u8 *want[DISKS];
	struct kcopyd_client *kc;
	struct model_request lane[LANES];
};

static u32 below(struct model *m, u32 limit)
{
	return prandom_u32_state(&m->random) % limit;
}

KUNIT_DEFINE_ACTION_WRAPPER(vfree_action, vfree, const void *);

static u8 *model_data(struct model *m, const struct model_region *r)
{
	return m->want[r->disk] + (r->sector << SECTOR_SHIFT);
}

static u8 *disk_data(struct model *m, const struct model_region *r)
{
	return m->disk[r->disk]->data + (r->sector << SECTOR_SHIFT);
}

/* Any run of sectors within a part of a lane. */
static struct model_region any_region(struct model *m, unsigned int lane,
				      unsigned int part)
{
	static const unsigned int most[] = { 1, 8, 32, PART_SECTORS };
	unsigned int count = 1 + below(m, most[below(m, ARRAY_SIZE(most))]);
	sector_t start = lane * LANE_SECTORS + part * PART_SECTORS;

	return (struct model_region) {
		.disk = below(m, DISKS),
		.sector = start + below(m, PART_SECTORS - count + 1),
		.count = count,
	};
}

static bool is_bad(struct model *m, const struct model_region *r,
		   sector_t index, bool write)
{
	struct test_disk *td = m->disk[r->disk];
	sector_t sector = r->sector + index;

	for (unsigned int i = 0; i < td->nr_fail; i++) {
		const struct test_disk_range *bad = &td->fail[i];

		if ((write ? bad->writes : bad->reads) &&
		    sector >= bad->sector &&
		    sector < bad->sector + bad->sectors)
			return true;
	}
	return false;
}

static bool has_bad(struct model *m, const struct model_region *r, bool write)
{
	for (sector_t i = 0; i < r->count; i++)
		if (is_bad(m, r, i, write))
			return true;
	return false;
}

/* Few, so that most of a batch succeeds, and short, so that parts fail. */
static void choose_bad_sectors(struct model *m)
{
	for (int i = 0; i < DISKS; i++) {
		test_disk_fail_nothing(m->disk[i]);
		for (u32 n = below(m, 4); n; n--) {
			u32 sectors = 1 + below(m, 4);
			u32 which = 1 + below(m, 3);

			test_disk_fail(m->disk[i],
				       below(m, LANES * LANE_SECTORS - 4),
				       sectors, which & 1, which & 2,
				       BLK_STS_IOERR);
		}
	}
}

static sector_t largest(const struct model_request *r)
{
	sector_t count = 0;

	for (unsigned int i = 0; i < r->num; i++)
		count = max(count, r->to[i].count);
	return count;
}

static void choose_buffer(struct model *m, struct model_request *r)
{
	r->buf = test_buffer_create(m->test, below(m, TEST_BUFFER_FORMS),
				    below(m, PAGE_SIZE / 2) * 2,
				    largest(r) << SECTOR_SHIFT);
	test_buffer_fill(r->buf, prandom_u32_state(&m->random));
}

static void choose_copy(struct model *m, struct model_request *r,
			unsigned int lane)
{
	r->sync = false;
	r->ignore = below(m, 2);
	r->from = any_region(m, lane, PARTS - 1);
	r->num = 1 + below(m, PARTS - 1);
	for (unsigned int i = 0; i < r->num; i++) {
		r->to[i] = any_region(m, lane, i);
		r->to[i].sector = lane * LANE_SECTORS + i * PART_SECTORS +
			below(m, PART_SECTORS - r->from.count + 1);
		r->to[i].count = r->from.count;
	}
}

static void choose_request(struct model *m, unsigned int lane, bool may_wait)
{
	struct model_request *r = &m->lane[lane];

	*r = (struct model_request) {
		.kind = below(m, MODEL_KINDS),
		.sync = may_wait && below(m, 4) == 0,
		.num = 1 + below(m, PARTS),
	};
	if (r->kind == MODEL_READ)
		r->num = 1;
	for (unsigned int i = 0; i < r->num; i++) {
		r->to[i] = any_region(m, lane, i);
		if (r->kind == MODEL_FLUSH || below(m, 16) == 0)
			r->to[i].count = 0;
	}
	if (r->kind == MODEL_COPY)
		choose_copy(m, r, lane);
	if ((r->kind == MODEL_READ || r->kind == MODEL_WRITE) && largest(r))
		choose_buffer(m, r);
	r->req = test_request_create(m->test);
}

static struct io_region io_region_of(struct model *m,
				     const struct model_region *r)
{
	return (struct io_region) {
		.bdev = m->disk[r->disk]->bdev,
		.sector = r->sector,
		.count = r->count,
	};
}

static blk_opf_t opf_of(enum request_kind kind)
{
	switch (kind) {
	case MODEL_READ:
		return REQ_OP_READ;
	case MODEL_DISCARD:
		return REQ_OP_DISCARD;
	case MODEL_WRITE_ZEROES:
		return REQ_OP_WRITE_ZEROES;
	case MODEL_FLUSH:
		return REQ_OP_WRITE | REQ_PREFLUSH;
	default:
		return REQ_OP_WRITE;
	}
}

static int start_copy(struct model *m, struct model_request *r,
		      struct io_region *to)
{
	struct io_region from = io_region_of(m, &r->from);

	return kcopyd_copy(m->kc, &from, r->num, to,
			   r->ignore ? BIT(KCOPYD_IGNORE_ERROR) : 0,
			   test_request_copy_done, r->req);
}

static void start(struct model *m, struct model_request *r)
{
	struct test_buffer none = { .form = TEST_BUFFER_PAGES };
	struct test_buffer *buf = r->buf ?: &none;
	int rw = (__force int)opf_of(r->kind);
	struct io_region to[PARTS];
	int ret;

	for (unsigned int i = 0; i < r->num; i++)
		to[i] = io_region_of(m, &r->to[i]);

	if (r->sync) {
		ret = test_buffer_io_sync(buf, r->num, to, rw, &r->req->error);
		KUNIT_EXPECT_EQ(m->test, ret, r->req->error ? -EIO : 0);
		return;
	}
	if (r->kind == MODEL_COPY)
		ret = start_copy(m, r, to);
	else
		ret = test_buffer_io_async(buf, r->num, to, rw,
					   test_request_io_done, r->req);
	KUNIT_ASSERT_EQ(m->test, test_request_started(r->req, ret), 0);
}

static bool is_sector(const u8 *got, const u8 *want)
{
	return want ? !memcmp(got, want, SECTOR_SIZE) :
		      !memchr_inv(got, 0, SECTOR_SIZE);
}

/*
 * Expects each sector of a region to be what was to be written there (@data,
 * or zeroes without), or, if anything may have failed, what was there before;
 * zeroes instead of data, if that may have failed to be read. What is there
 * becomes what should be.
 */
static void check_written(struct model *m, const struct model_region *r,
			  const u8 *data, bool may_fail, bool may_be_zeroes)
{
	u8 *got = disk_data(m, r), *old = model_data(m, r);

	for (sector_t i = 0; i < r->count; i++) {
		size_t at = i << SECTOR_SHIFT;
		bool is_new = is_sector(got + at, data ? data + at : NULL);
		bool is_old = is_sector(got + at, old + at);
		bool good = is_new;

		if (is_bad(m, r, i, true))
			good = is_old;
		else if (may_fail)
			good |= is_old;
		if (may_be_zeroes)
			good |= is_sector(got + at, NULL);
		if (!good)
			KUNIT_FAIL(m->test, "disk %u, sector %llu of %llu+%llu",
				   r->disk, r->sector + i, r->sector, r->count);
	}
	memcpy(old, got, r->count << SECTOR_SHIFT);
}

static void check_read(struct model *m, const struct model_request *r)
{
	const struct model_region *from = &r->to[0];
	bool bad = has_bad(m, from, false);
	const u8 *want = model_data(m, from);

	KUNIT_EXPECT_EQ(m->test, r->req->error, (unsigned long)bad);
	for (sector_t i = 0; i < from->count; i++) {
		size_t at = i << SECTOR_SHIFT;
		const u8 *got = r->buf->data + at;

		if (is_bad(m, from, i, false) ||
		    (bad && !is_sector(got, want + at)))
			test_expect_zeroes(m->test, got, SECTOR_SIZE, "unread");
		else
			test_expect_same(m->test, got, want + at, SECTOR_SIZE,
					 "read");
	}
	if (r->buf)
		test_buffer_expect_margins_intact(r->buf);
}

static void check_write(struct model *m, const struct model_request *r)
{
	unsigned long bits = 0;

	for (unsigned int i = 0; i < r->num; i++) {
		bool bad = has_bad(m, &r->to[i], true);

		/* The disk fails an empty flush at a sector that is bad. */
		if (r->kind == MODEL_FLUSH)
			bad = is_bad(m, &r->to[i], 0, true);
		bits |= bad ? BIT(i) : 0;
		check_written(m, &r->to[i], r->buf ? r->buf->data : NULL, bad,
			      false);
	}
	KUNIT_EXPECT_EQ(m->test, r->req->error, bits);
}

static void check_copy(struct model *m, const struct model_request *r)
{
	bool bad_read = has_bad(m, &r->from, false);
	unsigned int bad_writes = 0;
	bool any;

	for (unsigned int i = 0; i < r->num; i++)
		if (has_bad(m, &r->to[i], true))
			bad_writes |= BIT(i);
	any = bad_read || bad_writes;

	if (r->ignore) {
		KUNIT_EXPECT_EQ(m->test, !!r->req->read_err, bad_read);
		KUNIT_EXPECT_EQ(m->test, r->req->write_err, bad_writes);
	} else {
		/* Which of several errors came first is not known. */
		KUNIT_EXPECT_EQ(m->test,
				r->req->read_err || r->req->write_err, any);
		KUNIT_EXPECT_TRUE(m->test, bad_read || !r->req->read_err);
		KUNIT_EXPECT_EQ(m->test, r->req->write_err & ~bad_writes, 0);
	}
	for (unsigned int i = 0; i < r->num; i++)
		check_written(m, &r->to[i], model_data(m, &r->from),
			      r->ignore ? bad_writes & BIT(i) : any,
			      r->ignore && bad_read);
}

static void check(struct model *m, const struct model_request *r)
{
	switch (r->kind) {
	case MODEL_READ:
		check_read(m, r);
		break;
	case MODEL_COPY:
		check_copy(m, r);
		break;
	default:
		check_write(m, r);
		break;
	}
}

static void run_batch(struct model *m)
{
	bool late = below(m, 4) == 0;

	choose_bad_sectors(m);
	for (int i = 0; i < LANES; i++)
		choose_request(m, i, !late);
	for (int i = 0; late && i < DISKS; i++)
		test_disk_hold(m->disk[i]);
	for (int i = 0; i < LANES; i++)
		start(m, &m->lane[i]);
	for (int i = 0; late && i < DISKS; i++) {
		test_disk_release_reverse(m->disk[i]);
		test_disk_release_all(m->disk[i]);
	}
	for (int i = 0; i < LANES; i++)
		if (m->lane[i].req->started)
			test_request_wait(m->lane[i].req);

	for (int i = 0; i < LANES; i++) {
		check(m, &m->lane[i]);
		if (m->lane[i].buf)
			test_buffer_free(m->lane[i].buf);
		test_request_free(m->lane[i].req);
	}
	for (int i = 0; i < DISKS; i++)
		test_disk_forget(m->disk[i]);
}

static void create_disks(struct model *m)
{
	const size_t bytes = LANES * LANE_SECTORS * SECTOR_SIZE;

	for (int i = 0; i < DISKS; i++) {
		const struct test_disk_config config = {
			.sectors = LANES * LANE_SECTORS,
			.max_discard_sectors = 100,
			.max_write_zeroes_sectors = 100,
			.write_cache = true,
			.keep_iter = i & 1,
			.context = TEST_DISK_ANYWHERE,
		};

		m->disk[i] = test_disk_create(m->test, &config);
		m->want[i] = vmalloc(bytes);
		KUNIT_ASSERT_NOT_NULL(m->test, m->want[i]);
		KUNIT_ASSERT_EQ(m->test, 0,
				kunit_add_action_or_reset(m->test, vfree_action,
							  m->want[i]));
		test_fill(m->want[i], bytes, prandom_u32_state(&m->random));
		memcpy(m->disk[i]->data, m->want[i], bytes);
	}
}

static const void *batches_gen_params(struct kunit *test, const void *prev, char *name)
{
	return test_batch_gen_params(model_batches, BATCHES_OF_A_CASE, prev, name);
}

static void model_random_requests(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int batches = test_batch_calls(test, model_batches, BATCHES_OF_A_CASE);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	prandom_seed_state(&m->random, test_batch_seed(test, seed));
	create_disks(m);
	m->kc = test_client_create(test, 1 + below(m, 64));

	for (unsigned int i = 0; i < batches; i++)
		run_batch(m);
	for (int i = 0; i < DISKS; i++)
		test_expect_same(test, m->disk[i]->data, m->want[i],
				 LANES * LANE_SECTORS * SECTOR_SIZE, "disk");
}

static struct kunit_case model_test_cases[] = {
	KUNIT_CASE_PARAM(model_random_requests, batches_gen_params),
	{}
};

static struct kunit_suite model_test_suite = {
	.name = "dm_io_rust_model",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = model_test_cases,
};

kunit_test_suite(model_test_suite);
