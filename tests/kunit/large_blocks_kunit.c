// SPDX-License-Identifier: GPL-2.0
/*
 * Devices whose logical blocks are longer than what a bio holds without a table
 * of vectors, and no memory: the I/O is done all the same, in whole blocks.
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"

/* Where the sizes of blocks and the starts of buffers meet. */
struct shape {
	unsigned int block;
	unsigned int offset;
};

static const struct shape shapes[] = {
	{ SZ_16K, 514 },
	{ SZ_16K, PAGE_SIZE - 2 },
	{ SZ_32K, 0 },
	{ SZ_32K, 514 },
	{ SZ_64K, 0 },
	{ SZ_64K, PAGE_SIZE - 2 },
};

/* Of these a bio holds some without a table. */
static const struct shape smaller[] = {
	{ SZ_1K, 514 },
	{ SZ_2K, PAGE_SIZE - 2 },
	{ SZ_8K, 514 },
};

#define BLOCKS 3

static struct test_disk *block_disk(struct kunit *test, unsigned int block, unsigned int blocks)
{
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = blocks * (block >> SECTOR_SHIFT),
		.logical_block_size = block,
	});

	KUNIT_ASSERT_EQ(test, bdev_logical_block_size(td->bdev), block);
	test_fill(td->data, td->sectors << SECTOR_SHIFT, 1);
	return td;
}

/* An I/O for which there is no memory at all. */
static int io_without_memory(struct kunit *test, struct service_buffer *buf,
			     struct service_region *where, blk_opf_t opf)
{
	const struct service_call *c = test->param_value;
	int ret;

	refuse_memory(test);
	ret = service_io(buf, c, 1, where, opf);
	refuse_memory_end(test);
	/* What the caller waits for has its stack. */
	KUNIT_EXPECT_GE(test, refuse_memory_asks_of_reserve(), c->async);
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), 0);
	return ret;
}

static void expect_transferred(struct kunit *test, const struct shape *shape, unsigned int blocks)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = block_disk(test, shape->block, blocks + 1);
	sector_t start = shape->block >> SECTOR_SHIFT, sectors = blocks * start;
	struct service_region where = { td->bdev, start, sectors };
	struct service_buffer *buf = service_buffer_create(test, c->service, shape->offset,
							   blocks * shape->block);
	blk_opf_t flags = c->async ? 0 : REQ_SYNC;

	service_fill(buf, 2);
	KUNIT_EXPECT_EQ(test, 0, io_without_memory(test, buf, &where, REQ_OP_WRITE));
	KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 0);
	test_disk_expect_exactly(td, REQ_OP_WRITE, flags, start, sectors);
	/* Of several bios each has some of the reserve. */
	if (td->nr_log > 1)
		KUNIT_EXPECT_GE(test, refuse_memory_asks_of_reserve(), td->nr_log + c->async);
	test_expect_same(test, sector_data(td, start), buf->data, buf->bytes, "disk");
	test_disk_forget(td);

	service_fill(buf, 3);
	KUNIT_EXPECT_EQ(test, 0, io_without_memory(test, buf, &where, REQ_OP_READ));
	KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 0);
	test_disk_expect_exactly(td, REQ_OP_READ, flags, start, sectors);
	test_expect_same(test, buf->data, sector_data(td, start), buf->bytes, "buffer");
	service_expect_intact(buf);
	test_disk_free(td);
}

static void large_blocks_are_transferred(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(shapes); i++) {
		expect_transferred(test, &shapes[i], 1);
		expect_transferred(test, &shapes[i], BLOCKS);
	}
	for (int i = 0; i < ARRAY_SIZE(smaller); i++)
		expect_transferred(test, &smaller[i], 8 * BLOCKS);
}

/* Expects of each block what the device has, or zeroes; and those where it could not be read. */
static void expect_read_or_zeroes(struct test_disk *td, struct service_buffer *buf,
				  unsigned int block, unsigned int bad)
{
	for (unsigned int i = 0; i < buf->bytes / block; i++) {
		const u8 *got = buf->data + i * block, *want = td->data + i * block;

		if (i != bad && !memcmp(got, want, block))
			continue;
		if (memchr_inv(got, 0, block)) {
			KUNIT_FAIL(td->test, "block %u of %u bytes is stale", i, block);
			return;
		}
	}
}

/* What a failed read leaves is not what was there before. */
static void large_blocks_failed_read(struct kunit *test)
{
	const struct service_call *c = test->param_value;

	for (int i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (unsigned int bad = 0; bad < BLOCKS; bad += 2) {
			unsigned int block = shapes[i].block;
			struct test_disk *td = block_disk(test, block, BLOCKS);
			struct service_region where = { td->bdev, 0, td->sectors };
			struct service_buffer *buf;

			buf = service_buffer_create(test, c->service, shapes[i].offset,
						    BLOCKS * block);
			service_fill(buf, 2);
			test_disk_fail(td, bad * (block >> SECTOR_SHIFT) + 3, 1, true, false,
				       BLK_STS_MEDIUM);
			io_without_memory(test, buf, &where, REQ_OP_READ);
			KUNIT_EXPECT_EQ(test, buf->error, 1);
			expect_read_or_zeroes(td, buf, block, bad);
			service_expect_intact(buf);
			test_disk_free(td);
		}
	}
}

/* The region is no whole blocks: the device does not do any of that, or not its end. */
static void large_blocks_read_of_part(struct kunit *test)
{
	const struct service_call *c = test->param_value;

	for (int i = 0; i < ARRAY_SIZE(shapes); i++) {
		unsigned int block = shapes[i].block;
		struct test_disk *td = block_disk(test, block, 2);
		struct service_region where = {
			td->bdev, 0, td->sectors - PAGE_SECTORS - 1,
		};
		struct service_buffer *buf = service_buffer_create(test, c->service,
								   shapes[i].offset,
								   where.count << SECTOR_SHIFT);

		service_fill(buf, 2);
		io_without_memory(test, buf, &where, REQ_OP_READ);
		KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 1);
		expect_read_or_zeroes(td, buf, SECTOR_SIZE, where.count - 1);
		service_expect_intact(buf);
		test_disk_free(td);
	}
}

/* The device is gone: no bio gets to it, whatever it is made of. */
static void large_blocks_device_is_gone(struct kunit *test)
{
	const struct service_call *c = test->param_value;

	for (int i = 0; i < ARRAY_SIZE(shapes); i += 2) {
		struct test_disk *td = block_disk(test, shapes[i].block, BLOCKS);
		struct service_region where = { td->bdev, 0, td->sectors };
		struct service_buffer *buf = service_buffer_create(test, c->service,
								   shapes[i].offset,
								   BLOCKS * shapes[i].block);

		service_fill(buf, 2);
		test_disk_remove(td);
		io_without_memory(test, buf, &where, REQ_OP_READ);
		KUNIT_EXPECT_EQ(test, buf->error, 1);
		test_expect_zeroes(test, buf->data, buf->bytes, "unread");
		service_expect_intact(buf);
	}
}

/* A copy between devices of such blocks, with the client's reserve alone. */
static void large_blocks_are_copied(struct kunit *test)
{
	static const unsigned int reserves[] = { 1, 16, 128 };
	static const unsigned int blocks[] = { SZ_16K, SZ_32K, SZ_64K };

	for (int i = 0; i < ARRAY_SIZE(reserves) * ARRAY_SIZE(blocks); i++) {
		unsigned int block = blocks[i % ARRAY_SIZE(blocks)];
		struct copy_client *kc = copy_client_create(test, test->param_value,
							    reserves[i / ARRAY_SIZE(blocks)]);
		struct test_disk *from = block_disk(test, 512, 9 * (block >> SECTOR_SHIFT));
		struct test_disk *to = block_disk(test, block, 9);
		struct service_region source = { from->bdev, 3, 8 * (block >> SECTOR_SHIFT) };
		struct service_region dest = {
			to->bdev, block >> SECTOR_SHIFT, source.count,
		};
		struct copy_call *call = copy_call_create(test);

		refuse_memory(test);
		KUNIT_EXPECT_EQ(test, 0, copy_start(kc, call, &source, 1, &dest, 0));
		test_request_expect_copied(call->req, false, 0);
		/* A job and a sub-job. */
		refuse_memory_end_expecting(test, 2);
		test_disk_expect_exactly(to, REQ_OP_WRITE, 0, dest.sector, dest.count);
		test_expect_same(test, sector_data(to, dest.sector), sector_data(from, 3),
				 source.count << SECTOR_SHIFT, "copy");
		copy_client_destroy(kc);
		test_disk_free(from);
		test_disk_free(to);
	}
}

static struct kunit_case large_blocks_test_cases[] = {
	KUNIT_CASE_PARAM(large_blocks_are_transferred, service_gen_params),
	KUNIT_CASE_PARAM(large_blocks_failed_read, service_gen_params),
	KUNIT_CASE_PARAM(large_blocks_read_of_part, service_gen_params),
	KUNIT_CASE_PARAM(large_blocks_device_is_gone, service_gen_params),
	KUNIT_CASE_PARAM(large_blocks_are_copied, copy_service_gen_params),
	{}
};

static struct kunit_suite large_blocks_test_suite = {
	.name = "dm_io_rust_large_blocks",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = large_blocks_test_cases,
};

kunit_test_suite(large_blocks_test_suite);
