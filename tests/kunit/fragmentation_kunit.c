// SPDX-License-Identifier: GPL-2.0
/*
 * Copies when memory is in pieces: that of the kernel, or the client's own.
 */
#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/preempt.h>

#include "refuse_memory.h"
#include "test_client.h"
#include "test_data.h"
#include "test_disk.h"
#include "test_parameter.h"
#include "test_request.h"

/* The pages of a part, but for the last of a copy: 512 KiB. */
#define PART_PAGES 128
#define PART_ORDER 7
/* The smallest block that a client sets aside. */
#define BLOCK_ORDER 3
#define BLOCK_PAGES BIT(BLOCK_ORDER)
/* The parts of a copy that are in flight at one time. */
#define MOST_PARTS 8
/* Of a case that has none. */
#define NO_MEMORY (-1)
/* Of one that has single pages, and no more than it says. */
#define FEW_PAGES (-2)

static void refuse(struct kunit *test, int order, unsigned int pages)
{
	if (order == NO_MEMORY)
		refuse_memory(test);
	else if (order == FEW_PAGES)
		refuse_all_but_pages(test, pages);
	else
		refuse_runs(test, order);
}

static unsigned int run_pages(int order)
{
	if (order == NO_MEMORY)
		return 0;
	return order == FEW_PAGES ? 1 : BIT(order);
}

/* The refusal itself: what is longer, and nothing else. */
static void fragmentation_refusal_works(struct kunit *test)
{
	struct page *fits, *is_too_long;
	unsigned int refused;
	void *slab;

	for (unsigned int order = 0; order < PART_ORDER; order++) {
		refuse_runs(test, order);
		fits = alloc_pages(GFP_KERNEL, order);
		is_too_long = alloc_pages(GFP_KERNEL, order + 1);
		slab = kmalloc(64, GFP_KERNEL);
		refused = refuse_memory_end(test);
		KUNIT_EXPECT_NOT_NULL(test, fits);
		KUNIT_EXPECT_PTR_EQ(test, is_too_long, NULL);
		KUNIT_EXPECT_NOT_NULL(test, slab);
		KUNIT_EXPECT_GE(test, refused, 1);
		if (fits)
			__free_pages(fits, order);
		kfree(slab);
	}
}

/**
 * struct copy - a copy whose reads are held, and looked at one by one
 * @kc: the client
 * @from: the source
 * @to: the destinations
 * @sectors: the length
 * @run_pages: of the longest runs that memory has; a part is one run if there are none
 * @req: the request
 */
struct copy {
	struct kcopyd_client *kc;
	struct test_disk *from;
	struct test_disk *to[2];
	sector_t sectors;
	unsigned int run_pages;
	struct test_request *req;
};

static void copy_init(struct copy *copy, struct kunit *test,
		      struct kcopyd_client *kc, unsigned int pages)
{
	copy->kc = kc;
	copy->from = source_of(test, pages * PAGE_SECTORS);
	copy->to[0] = disk_of(test, pages * PAGE_SECTORS);
	copy->to[1] = disk_of(test, pages * PAGE_SECTORS);
	/* The last page is not used to its end. */
	copy->sectors = pages * PAGE_SECTORS - 3;
	copy->run_pages = 0;
	copy->req = test_request_create(test);
}

static void copy_start(struct copy *copy, struct kunit *test)
{
	struct io_region from = { copy->from->bdev, 0, copy->sectors };
	struct io_region to[2] = {
		{ copy->to[0]->bdev, 0, copy->sectors },
		{ copy->to[1]->bdev, 0, copy->sectors },
	};
	int ret = kcopyd_copy(copy->kc, &from, 2, to, 0,
			      test_request_copy_done, copy->req);

	KUNIT_ASSERT_EQ(test, test_request_started(copy->req, ret), 0);
}

/* Expects the bio, of a vector for each run at the most: some may be neighbours. */
static void expect_bio(struct copy *copy, struct test_disk *td, unsigned int nr,
		       enum req_op op, sector_t sector, sector_t sectors)
{
	unsigned int pages = DIV_ROUND_UP(sectors, PAGE_SECTORS);
	const struct test_disk_bio *bio = &td->log[nr];

	KUNIT_EXPECT_EQ(td->test, (u32)bio->op, (u32)op);
	KUNIT_EXPECT_EQ(td->test, bio->sector, sector);
	KUNIT_EXPECT_EQ(td->test, bio->sectors, sectors);
	KUNIT_EXPECT_GT(td->test, bio->bvecs, 0);
	KUNIT_EXPECT_LE(td->test, bio->bvecs,
			copy->run_pages ? DIV_ROUND_UP(pages, copy->run_pages) : 1);
}

/*
 * Lets the reads end one after the other, and expects each to be one of @pages
 * pages, followed by writes of the same.
 */
static void copy_expect_parts(struct copy *copy, struct kunit *test,
			      const unsigned int *pages)
{
	sector_t at = 0;
	unsigned int nr;

	for (nr = 0; at < copy->sectors; nr++) {
		sector_t sectors = min(pages[nr] * PAGE_SECTORS,
				       copy->sectors - at);

		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(copy->from,
							       nr + 1));
		expect_bio(copy, copy->from, nr, REQ_OP_READ, at, sectors);
		test_disk_release(copy->from, nr);
		for (int i = 0; i < 2; i++) {
			KUNIT_ASSERT_TRUE(test,
					  test_disk_wait_arrived(copy->to[i],
								 nr + 1));
			expect_bio(copy, copy->to[i], nr, REQ_OP_WRITE, at,
				   sectors);
		}
		at += sectors;
	}
	test_request_wait(copy->req);
	KUNIT_EXPECT_EQ(test, copy->from->nr_log, nr);
	for (int i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, copy->to[i]->nr_log, nr);
}

static void copy_expect_done(struct copy *copy, struct kunit *test)
{
	size_t bytes = copy->sectors << SECTOR_SHIFT;

	KUNIT_EXPECT_EQ(test, copy->req->read_err, 0);
	KUNIT_EXPECT_EQ(test, copy->req->write_err, 0);
	for (int i = 0; i < 2; i++) {
		test_expect_same(test, copy->to[i]->data, copy->from->data,
				 bytes, "copy");
		test_expect_zeroes(test, copy->to[i]->data + bytes,
				   3 * SECTOR_SIZE, "behind");
	}
}

/* Whatever was taken of the client's pages is back: they are one piece again. */
static void expect_reserve_is_whole(struct kunit *test,
				    struct kcopyd_client *kc,
				    unsigned int pages)
{
	struct copy copy;

	copy_init(&copy, test, kc, pages);
	test_disk_hold(copy.from);
	refuse_memory(test);
	copy_start(&copy, test);
	copy_expect_parts(&copy, test, &pages);
	refuse_memory_end(test);
	copy_expect_done(&copy, test);
}

/* What the first @reads bios are over, with a reference on each. */
static void get_memory(struct copy *copy, unsigned int reads,
		       struct folio **folios)
{
	for (unsigned int i = 0; i < reads; i++) {
		folios[i] = page_folio(bio_page(copy->from->log[i].bio));
		folio_get(folios[i]);
	}
}

/* Expects nobody to have kept any of it, and frees it. */
static void put_memory(struct kunit *test, unsigned int reads,
		       struct folio **folios)
{
	for (unsigned int i = 0; i < reads; i++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[i]), 1);
		folio_put(folios[i]);
	}
}

/**
 * struct order_case - a copy, and how long a run memory has
 * @name: of the case
 * @reserve: the pages that the client sets aside, in one block
 * @order: of the longest run, or NO_MEMORY
 * @in_flight: how many of the parts are at one time
 * @parts: the pages of each part
 */
struct order_case {
	const char *name;
	unsigned int reserve;
	int order;
	unsigned int in_flight;
	unsigned int parts[MOST_PARTS];
};

static const struct order_case order_cases[] = {
	{ "no_memory", 16, NO_MEMORY, 1, { 16, 16, 8 } },
	/* Lists of more are longer than 1 KiB, for which SLUB's checks need two pages in a row. */
	{ "page", 16, 0, 1, { 60 } },
	/* There are always the pages of the largest logical block. */
	{ "client_of_a_page", 1, 0, 1, { 60 } },
	/* What a bio has vectors for in any case would be fewer. */
	{ "client_of_more_in_a_row", 32, 0, 2, { 32, 20 } },
	{ "order_1", 16, 1, 3, { 128, 128, 3 } },
	{ "order_2", 16, 2, 3, { 128, 128, 30 } },
	{ "order_5", 64, 5, 3, { 128, 128, 128 } },
	{ "order_7", 16, 7, 3, { 128, 128, 3 } },
};

KUNIT_ARRAY_PARAM_DESC(order_case, order_cases, name);

static void fragmentation_of_memory(struct kunit *test)
{
	const struct order_case *c = test->param_value;
	struct folio *folios[MOST_PARTS];
	struct kcopyd_client *kc = test_client_create(test, c->reserve);
	unsigned int pages = 0, refused;
	struct copy copy;

	for (int i = 0; i < MOST_PARTS; i++)
		pages += c->parts[i];
	copy_init(&copy, test, kc, pages);
	copy.run_pages = run_pages(c->order);
	test_disk_hold(copy.from);
	refuse(test, c->order, 0);
	copy_start(&copy, test);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(copy.from, c->in_flight));
	get_memory(&copy, c->in_flight, folios);
	copy_expect_parts(&copy, test, c->parts);
	refused = refuse_memory_end(test);
	copy_expect_done(&copy, test);

	if (c->order == PART_ORDER)
		KUNIT_EXPECT_EQ(test, refused, 0);
	else
		KUNIT_EXPECT_GT(test, refused, 0);
	expect_reserve_is_whole(test, kc, c->reserve);
	test_client_destroy(test, kc);
	put_memory(test, c->in_flight, folios);
}

/* Ranges after which a copy that found too little memory asks for more. */
#define RANGES_UNTIL_RETRY 16
#define RESERVE_PAGES 16

/* A copy that began when there was no memory is not slow to its end. */
static void fragmentation_that_ends(struct kunit *test)
{
	struct kcopyd_client *kc = test_client_create(test, RESERVE_PAGES);
	struct copy copy;

	copy_init(&copy, test, kc, RESERVE_PAGES * (RANGES_UNTIL_RETRY + 1 + 3) + PART_PAGES);
	test_disk_hold(copy.from);
	refuse_memory(test);
	copy_start(&copy, test);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(copy.from, 1));
	refuse_memory_end(test);
	for (unsigned int nr = 0; nr < RANGES_UNTIL_RETRY; nr++) {
		KUNIT_EXPECT_EQ(test, copy.from->nr_log, nr + 1);
		test_disk_release(copy.from, nr);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(copy.from, nr + 2));
		expect_bio(&copy, copy.from, nr, REQ_OP_READ, nr * RESERVE_PAGES * PAGE_SECTORS,
			   RESERVE_PAGES * PAGE_SECTORS);
	}
	/* Another sub-job, and then a larger one in place of the first, which does the rest. */
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(copy.from, RANGES_UNTIL_RETRY + 2));
	KUNIT_EXPECT_EQ(test, copy.from->log[RANGES_UNTIL_RETRY + 1].sectors,
			PART_PAGES * PAGE_SECTORS);
	test_disk_release(copy.from, RANGES_UNTIL_RETRY);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(copy.from, RANGES_UNTIL_RETRY + 3));
	KUNIT_EXPECT_EQ(test, copy.from->log[RANGES_UNTIL_RETRY + 2].sectors,
			3 * RESERVE_PAGES * PAGE_SECTORS - 3);
	test_disk_release_all(copy.from);
	test_request_wait(copy.req);
	copy_expect_done(&copy, test);
}

#define HOLDERS 4

/**
 * struct hole_case - a copy when others leave holes in the client's pages
 * @name: of the case
 * @order: of the longest run that memory has, NO_MEMORY, or FEW_PAGES
 * @pages: the pages that there are, if they are few
 * @held: the pages that the others take, one after the other
 * @ended: bit i is set when the i-th ends before the copy starts
 * @in_flight: how many of the copy's parts are at one time
 * @parts: the pages of each part
 */
struct hole_case {
	const char *name;
	int order;
	unsigned int pages;
	unsigned int held[HOLDERS];
	unsigned int ended;
	unsigned int in_flight;
	unsigned int parts[MOST_PARTS];
};

/* A client of 16 pages. */
static const struct hole_case hole_cases[] = {
	{ "alike", NO_MEMORY, 0, { 4, 4, 4, 4 }, BIT(0) | BIT(2), 2, { 4, 4, 2 } },
	{ "alike_page", 0, 0, { 4, 4, 4, 4 }, BIT(0) | BIT(2), 1, { 10 } },
	{ "alike_order_2", 2, 0, { 4, 4, 4, 4 }, BIT(0) | BIT(2), 1, { 11 } },
	{ "single_pages", NO_MEMORY, 0, { 1, 7, 1, 7 }, BIT(0) | BIT(2), 2, { 1, 1, 1, 1 } },
	{ "largest_first", NO_MEMORY, 0, { 3, 4, 2, 7 }, BIT(1) | BIT(3), 2, { 7, 3 } },
	{ "neighbours_are_one", NO_MEMORY, 0, { 2, 3, 4, 7 }, BIT(1) | BIT(2), 1, { 7, 1 } },
	{ "none", 0, 0, { 4, 4, 4, 4 }, 0, 1, { 3 } },
	/* The client has more in a row, or has fewer. */
	{ "fewer_pages", FEW_PAGES, 3, { 4, 4, 4, 4 }, BIT(0) | BIT(2), 2, { 4, 4 } },
	{ "more_pages", FEW_PAGES, 5, { 4, 4, 4, 4 }, BIT(0) | BIT(2), 3, { 5, 4, 4 } },
	{ "only_pages", FEW_PAGES, 5, { 4, 4, 4, 4 }, 0, 1, { 5, 5 } },
};

KUNIT_ARRAY_PARAM_DESC(hole_case, hole_cases, name);

/* Copies of which each has one part of so many pages in flight. */
static void hold_pages(struct kunit *test, struct kcopyd_client *kc,
		       const unsigned int *pages, struct copy *holders)
{
	for (int i = 0; i < HOLDERS; i++)
		copy_init(&holders[i], test, kc, pages[i]);
	refuse_memory(test);
	for (int i = 0; i < HOLDERS; i++) {
		test_disk_hold(holders[i].from);
		copy_start(&holders[i], test);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(holders[i].from, 1));
	}
	refuse_memory_end(test);
}

static void fragmentation_of_reserve(struct kunit *test)
{
	const struct hole_case *c = test->param_value;
	struct kcopyd_client *kc = test_client_create(test, 16);
	struct copy *holders = kunit_kcalloc(test, HOLDERS, sizeof(*holders), GFP_KERNEL);
	unsigned int pages = 0;
	struct copy copy;

	KUNIT_ASSERT_NOT_NULL(test, holders);
	for (int i = 0; i < MOST_PARTS; i++)
		pages += c->parts[i];
	copy_init(&copy, test, kc, pages);
	hold_pages(test, kc, c->held, holders);
	for (int i = 0; i < HOLDERS; i++)
		if (c->ended & BIT(i))
			copy_expect_parts(&holders[i], test, &c->held[i]);

	copy.run_pages = run_pages(c->order);
	test_disk_hold(copy.from);
	refuse(test, c->order, c->pages);
	copy_start(&copy, test);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(copy.from, c->in_flight));
	copy_expect_parts(&copy, test, c->parts);
	refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, refuse_memory_reclaiming(), 0);
	copy_expect_done(&copy, test);

	for (int i = 0; i < HOLDERS; i++) {
		if (!(c->ended & BIT(i)))
			copy_expect_parts(&holders[i], test, &c->held[i]);
		copy_expect_done(&holders[i], test);
	}
	expect_reserve_is_whole(test, kc, 16);
}

#define SCATTERED 64

struct scattered {
	struct page *blocks[SCATTERED];
};

static void free_scattered(void *context)
{
	struct scattered *scattered = context;

	for (int i = 0; i < SCATTERED; i++)
		if (scattered->blocks[i])
			__free_pages(scattered->blocks[i], BLOCK_ORDER);
}

/*
 * Every other block of some is free, and is what this CPU hands out next: hence
 * no two of those are neighbours.
 */
static void scatter_blocks(struct kunit *test)
{
	struct scattered *scattered = kunit_kzalloc(test, sizeof(*scattered), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, scattered);
	for (int i = 0; i < SCATTERED; i++)
		scattered->blocks[i] = alloc_pages(GFP_KERNEL, BLOCK_ORDER);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_scattered, scattered));
	for (int i = 0; i < SCATTERED; i++) {
		struct page *block = scattered->blocks[i];

		KUNIT_ASSERT_NOT_NULL(test, block);
		if (page_to_pfn(block) & BLOCK_PAGES) {
			scattered->blocks[i] = NULL;
			__free_pages(block, BLOCK_ORDER);
		}
	}
}

/* A client whose pages are in blocks of the smallest order. */
static struct kcopyd_client *scattered_client(struct kunit *test, unsigned int pages)
{
	struct kcopyd_client *kc;

	migrate_disable();
	scatter_blocks(test);
	refuse_runs(test, BLOCK_ORDER);
	kc = test_client_create(test, pages);
	migrate_enable();
	refuse_memory_end(test);
	return kc;
}

/* The vectors that a bio has in itself. */
/* Those of a logical block of 64 KiB that starts within a page. */
#define OWN_VECTORS 17

/*
 * Expects each vector of a bio to be whole blocks. Returns the sectors of the first
 * ones. Two may be neighbours: somebody else may have freed a block.
 */
static sector_t expect_blocks(struct kunit *test, struct bio *bio)
{
	struct bvec_iter iter;
	unsigned int nr = 0;
	struct bio_vec bv;
	size_t bytes = 0;

	for_each_mp_bvec(bv, bio->bi_io_vec, iter, bio->bi_iter) {
		unsigned int pages = DIV_ROUND_UP(bv.bv_len, PAGE_SIZE);

		KUNIT_EXPECT_EQ(test, page_to_pfn(bv.bv_page) % BLOCK_PAGES, 0);
		KUNIT_EXPECT_EQ(test, pages % BLOCK_PAGES, 0);
		if (nr++ < OWN_VECTORS)
			bytes += bv.bv_len;
	}
	return bytes >> SECTOR_SHIFT;
}

/* Expects all I/O to have been of as many sectors, but what was left at the end. */
static void expect_reads(struct kunit *test, struct copy *copy, sector_t sectors,
			 unsigned int vectors)
{
	unsigned int reads = DIV_ROUND_UP(copy->sectors, sectors);

	copy_expect_done(copy, test);
	KUNIT_ASSERT_EQ(test, copy->from->nr_log, reads);
	for (int i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, copy->to[i]->nr_log, reads);
	for (unsigned int nr = 0; nr < reads; nr++) {
		const struct test_disk_bio *read = &copy->from->log[nr];

		KUNIT_EXPECT_EQ(test, read->sector, nr * sectors);
		KUNIT_EXPECT_EQ(test, read->sectors, min(sectors, copy->sectors - nr * sectors));
		if (nr + 1 < reads || !nr)
			KUNIT_EXPECT_EQ(test, read->bvecs, vectors);
		for (int i = 0; i < 2; i++) {
			KUNIT_EXPECT_EQ(test, copy->to[i]->log[nr].sectors, read->sectors);
			KUNIT_EXPECT_EQ(test, copy->to[i]->log[nr].bvecs, read->bvecs);
		}
	}
}

/*
 * A run of the client's pages is one read of many vectors; without memory for
 * those it is as many reads as the vectors that each bio has in itself make it.
 */
static void fragmentation_of_blocks(struct kunit *test)
{
	struct test_disk_bio *read;
	struct kcopyd_client *kc;
	struct copy many, few;
	unsigned int vectors;
	sector_t sectors;

	test_parameter_set(test, "kcopyd_subjob_size_kb", "1024");
	kc = scattered_client(test, 2 * PART_PAGES);
	copy_init(&many, test, kc, 2 * PART_PAGES);
	copy_init(&few, test, kc, 2 * PART_PAGES);
	refuse_runs(test, BLOCK_ORDER);
	test_disk_hold(many.from);
	copy_start(&many, test);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(many.from, 1));
	read = &many.from->log[0];
	vectors = read->bvecs;
	sectors = expect_blocks(test, read->bio);
	KUNIT_ASSERT_GT(test, vectors, OWN_VECTORS);
	test_disk_release_all(many.from);
	test_request_wait(many.req);
	refuse_memory_end(test);
	expect_reads(test, &many, many.sectors, vectors);

	refuse_memory(test);
	copy_start(&few, test);
	test_request_wait(few.req);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	expect_reads(test, &few, sectors, OWN_VECTORS);
}

/* Blocks that are smaller are none to set aside. */
static void fragmentation_of_new_client(struct kunit *test)
{
	static const unsigned int pages[] = { 8, 15, 16, 17, 100, 129 };
	/* From the longest run that is not too long down to a block; 16 pages there are. */
	static const unsigned int tries[] = { 2, 2, 2, 2, 4, 5 };
	struct kcopyd_client *kc = NULL;

	for (int i = 0; i < ARRAY_SIZE(pages); i++) {
		for (unsigned int order = 0; order < BLOCK_ORDER; order++) {
			refuse_runs(test, order);
			KUNIT_EXPECT_EQ(test, kcopyd_client_create(pages[i], &kc), -ENOMEM);
			KUNIT_EXPECT_PTR_EQ(test, kc, NULL);
			KUNIT_EXPECT_GE(test, refuse_memory_end(test), tries[i]);
			KUNIT_EXPECT_EQ(test, refuse_memory_reclaiming(), tries[i]);
		}
		refuse_runs(test, BLOCK_ORDER);
		KUNIT_EXPECT_EQ(test, kcopyd_client_create(pages[i], &kc), 0);
		refuse_memory_end(test);
		kcopyd_client_destroy(kc);
		kc = NULL;
	}
}

static struct kunit_case fragmentation_test_cases[] = {
	KUNIT_CASE(fragmentation_refusal_works),
	KUNIT_CASE_PARAM(fragmentation_of_memory, order_case_gen_params),
	KUNIT_CASE(fragmentation_that_ends),
	KUNIT_CASE_PARAM(fragmentation_of_reserve, hole_case_gen_params),
	KUNIT_CASE(fragmentation_of_blocks),
	KUNIT_CASE(fragmentation_of_new_client),
	{}
};

static struct kunit_suite fragmentation_test_suite = {
	.name = "dm_io_rust_fragmentation",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = fragmentation_test_cases,
};

kunit_test_suite(fragmentation_test_suite);
