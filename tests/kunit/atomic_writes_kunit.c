// SPDX-License-Identifier: GPL-2.0
/*
 * Atomic writes: one bio, or none. As long as a bio can hold the data that does
 * not depend on memory.
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"

#define BLOCK SZ_4K

static struct test_disk *atomic_disk(struct kunit *test)
{
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 2 * SZ_1M >> SECTOR_SHIFT,
		.logical_block_size = BLOCK,
		.atomic = true,
	});

	KUNIT_ASSERT_EQ(test, bdev_atomic_write_unit_max_bytes(td->bdev), SZ_1M);
	return td;
}

/* Vectors that there are serve the bio; more than it has itself are waited for. */
static void expect_vectors_waited_for(struct service_buffer *buf)
{
	bool exist = buf->service->memory & (SERVICE_BVECS | SERVICE_BIO);
	unsigned int vectors = service_vectors(buf, buf->bytes);

	if (vectors != SERVICE_ANY_VECTORS)
		KUNIT_EXPECT_EQ(buf->test, refuse_memory_unrefusable(),
				!exist && vectors > SZ_64K / PAGE_SIZE + 1);
}

/* The pages of each kind of memory lie apart, but those of a bio's vectors or kernel memory. */
static void expect_one_bio(struct kunit *test, unsigned int pages, unsigned int offset)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = atomic_disk(test);
	struct service_region where = { td->bdev, 0, pages * PAGE_SECTORS };
	struct service_buffer *buf = service_buffer_create(test, c->service, offset,
							   pages * PAGE_SIZE);
	int ret;

	service_fill(buf, 2);
	refuse_memory(test);
	ret = service_io(buf, c, 1, &where, REQ_OP_WRITE | REQ_ATOMIC);
	refuse_memory_end(test);
	expect_vectors_waited_for(buf);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 1);
	test_disk_expect_exactly(td, REQ_OP_WRITE, REQ_ATOMIC | (c->async ? 0 : REQ_SYNC), 0,
				 where.count);
	test_expect_same(test, td->data, buf->data, buf->bytes, "disk");
	test_disk_free(td);
}

static void atomic_writes_without_memory(struct kunit *test)
{
	const struct service_call *c = test->param_value;

	/* Of vectors that are short a MiB takes more than there are. */
	unsigned int most = c->service->has_short_vectors ? 32 : 256;

	for (unsigned int pages = 1; pages <= most; pages *= 2)
		expect_one_bio(test, pages, 0);
	/* A power of two that starts within a page has a vector more. */
	expect_one_bio(test, most / 2, 514);
}

/* To several regions, each of which is one bio. */
static void atomic_writes_to_regions(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, 16 * PAGE_SIZE);
	struct service_region where[5];
	struct test_disk *td[5];
	int ret;

	service_fill(buf, 2);
	for (int i = 0; i < ARRAY_SIZE(td); i++) {
		td[i] = atomic_disk(test);
		where[i] = (struct service_region) { td[i]->bdev, 0, 16 * PAGE_SECTORS };
	}
	refuse_memory(test);
	ret = service_io(buf, c, ARRAY_SIZE(td), where, REQ_OP_WRITE | REQ_ATOMIC);
	refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 0);
	for (int i = 0; i < ARRAY_SIZE(td); i++) {
		KUNIT_EXPECT_EQ(test, td[i]->nr_log, 1);
		test_expect_same(test, td[i]->data, buf->data, buf->bytes, "disk");
	}
}

/* What no bio can hold is unsupported, and not torn. */
static void atomic_writes_beyond_a_bio(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = atomic_disk(test);
	struct service_region where = { td->bdev, 0, 512 * PAGE_SECTORS };
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, 512 * PAGE_SIZE);

	service_io(buf, c, 1, &where, REQ_OP_WRITE | REQ_ATOMIC);
	KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 1);
	if (c->service->is_request_api)
		KUNIT_EXPECT_EQ(test, buf->unsup, 1);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
	test_expect_zeroes(test, td->data, td->sectors << SECTOR_SHIFT, "disk");
}

/* A flush of no sectors is not atomic: the block layer would divide by the device's unit. */
static void atomic_writes_of_nothing(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 64,
		.write_cache = true,
	});
	struct service_region where[2] = { { td->bdev, 0, 0 }, { td->bdev, 8, 0 } };
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, PAGE_SIZE);

	service_expect_failed(buf, c, 2, where, REQ_OP_WRITE | REQ_PREFLUSH | REQ_ATOMIC, 0, 3);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static struct kunit_case atomic_writes_test_cases[] = {
	KUNIT_CASE_PARAM(atomic_writes_without_memory, service_gen_params),
	KUNIT_CASE_PARAM(atomic_writes_to_regions, service_gen_params),
	KUNIT_CASE_PARAM(atomic_writes_beyond_a_bio, service_gen_params),
	KUNIT_CASE_PARAM(atomic_writes_of_nothing, service_gen_params),
	{}
};

static struct kunit_suite atomic_writes_test_suite = {
	.name = "dm_io_rust_atomic_writes",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = atomic_writes_test_cases,
};

kunit_test_suite(atomic_writes_test_suite);
