// SPDX-License-Identifier: GPL-2.0
/*
 * Long copies by clients that have set aside as little as a client can, while there
 * is no memory: they get to their end.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/bitmap.h>
#include <linux/bvec.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"

/* The source begins within a page, and within a block of any length. */
#define SOURCE_SECTOR 3
#define MOST_DESTS 8

/**
 * struct copied_disk - a disk that knows what is to be read from it or written to it
 * @disk: the disk
 * @start: where the copy begins
 * @sectors: how long it is
 * @written: a bit for each sector that was written
 * @wrong: what was written to a sector is not what the source has, or is not for it
 * @twice: a sector was written a second time
 */
struct copied_disk {
	struct test_disk *disk;
	sector_t start;
	sector_t sectors;
	unsigned long *written;
	bool wrong;
	bool twice;
};

/* A sector's bytes: eight that say which one of the copy it is, again and again. */
static void fill_sector(u64 *at, sector_t sector)
{
	memset64(at, (sector + 1) * 0x9e3779b97f4a7c15ULL, SECTOR_SIZE / sizeof(u64));
}

static void write_sector(struct copied_disk *copied, const u64 *at, sector_t sector)
{
	u64 expected[SECTOR_SIZE / sizeof(u64)];

	fill_sector(expected, sector);
	if (sector >= copied->sectors || memcmp(at, expected, SECTOR_SIZE))
		WRITE_ONCE(copied->wrong, true);
	else if (test_and_set_bit(sector, copied->written))
		WRITE_ONCE(copied->twice, true);
}

static void read_or_write(struct bio *bio, void *context)
{
	struct copied_disk *copied = context;
	sector_t sector = bio->bi_iter.bi_sector - copied->start;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		void *data = bvec_kmap_local(&bv);

		for (unsigned int at = 0; at < bv.bv_len; at += SECTOR_SIZE, sector++) {
			if (bio_op(bio) == REQ_OP_READ)
				fill_sector(data + at, sector);
			else
				write_sector(copied, data + at, sector);
		}
		kunmap_local(data);
	}
	test_disk_end_mapped(copied->disk, bio, BLK_STS_OK);
}

static struct copied_disk *copied_disk(struct kunit *test, sector_t start, sector_t sectors,
				       unsigned int block)
{
	struct copied_disk *copied = kunit_kzalloc(test, sizeof(*copied), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copied);
	copied->start = start;
	copied->sectors = sectors;
	copied->written = kunit_kcalloc(test, BITS_TO_LONGS(sectors), sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copied->written);
	copied->disk = test_disk_create(test, &(struct test_disk_config) {
		.sectors = start + sectors,
		.logical_block_size = block,
		.map = read_or_write,
		.context_of_hooks = copied,
	});
	return copied;
}

/* What a client of kcopyd.h with one page sets aside, and the sectors of each range then. */
#define LITTLE_SECTORS (SZ_64K / SECTOR_SIZE)
/* A sub-job that has less than it would have is replaced by another after so many. */
#define RANGES_WITH_LITTLE 17

static unsigned int sub_jobs(const struct copy_service *service, sector_t sectors)
{
	if (service->is_request_api)
		return 1;
	return DIV_ROUND_UP(DIV_ROUND_UP(sectors, LITTLE_SECTORS), RANGES_WITH_LITTLE);
}

static void expect_copied_without_memory(struct kunit *test, unsigned int block,
					 unsigned int num_dests, sector_t sectors)
{
	struct copy_client *kc = copy_client_create(test, test->param_value, 1);
	struct copied_disk *from = copied_disk(test, SOURCE_SECTOR, sectors, SECTOR_SIZE);
	struct service_region source = { from->disk->bdev, SOURCE_SECTOR, sectors };
	struct service_region dests[MOST_DESTS];
	struct copied_disk *to[MOST_DESTS];
	struct copy_call *call = copy_call_create(test);

	for (unsigned int i = 0; i < num_dests; i++) {
		to[i] = copied_disk(test, block >> SECTOR_SHIFT, sectors, block);
		dests[i] = (struct service_region) { to[i]->disk->bdev, to[i]->start, sectors };
	}
	refuse_memory(test);
	KUNIT_EXPECT_EQ(test, 0, copy_start(kc, call, &source, num_dests, dests, 0));
	test_request_expect_copied(call->req, false, 0);
	refuse_memory_end(test);
	/* Beside the job and its sub-jobs one for each further destination, again and again. */
	if (num_dests == 1)
		KUNIT_EXPECT_EQ(test, refuse_memory_asks_of_reserve(),
				1 + sub_jobs(test->param_value, sectors));
	KUNIT_EXPECT_GE(test, refuse_memory_asks_of_reserve(), 1 + num_dests);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 0);
	for (unsigned int i = 0; i < num_dests; i++) {
		KUNIT_EXPECT_FALSE(test, to[i]->wrong);
		KUNIT_EXPECT_FALSE(test, to[i]->twice);
		KUNIT_EXPECT_TRUE(test, bitmap_full(to[i]->written, sectors));
		test_disk_free(to[i]->disk);
	}
	copy_client_destroy(kc);
	test_disk_free(from->disk);
}

static void forward_progress_of_a_long_copy(struct kunit *test)
{
	static const unsigned int blocks[] = { SECTOR_SIZE, SZ_64K };

	for (int i = 0; i < ARRAY_SIZE(blocks); i++)
		expect_copied_without_memory(test, blocks[i], 1, SZ_64M >> SECTOR_SHIFT);
}

/* Every length of a block, and once as many destinations as a copy may have. */
static void forward_progress_of_copies(struct kunit *test)
{
	for (unsigned int block = SECTOR_SIZE; block <= SZ_64K; block *= 2)
		expect_copied_without_memory(test, block, block == SZ_4K ? MOST_DESTS : 1,
					     SZ_1M >> SECTOR_SHIFT);
}

static struct kunit_case forward_progress_test_cases[] = {
	KUNIT_CASE_PARAM(forward_progress_of_a_long_copy, copy_service_gen_params),
	KUNIT_CASE_PARAM(forward_progress_of_copies, copy_service_gen_params),
	{}
};

static struct kunit_suite forward_progress_test_suite = {
	.name = "dm_io_rust_forward_progress",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = forward_progress_test_cases,
};

kunit_test_suite(forward_progress_test_suite);
