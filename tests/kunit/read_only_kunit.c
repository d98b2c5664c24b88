// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that say they are read-only. What to make of a write is left to the
 * block layer, which warns and lets it pass: LVM's snapshots depend on that.
 */
#include <kunit/test.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"

#define SECTORS 64

static struct test_disk *disk_that(struct kunit *test, bool read_only)
{
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = SECTORS,
		.max_discard_sectors = SECTORS,
		.max_write_zeroes_sectors = SECTORS,
		.write_cache = true,
		.read_only = read_only,
	});

	KUNIT_ASSERT_EQ(test, bdev_read_only(td->bdev), read_only);
	test_fill(td->data, SECTORS << SECTOR_SHIFT, 1);
	return td;
}

static const blk_opf_t opfs[] = {
	REQ_OP_WRITE, REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA, REQ_OP_DISCARD, REQ_OP_WRITE_ZEROES,
};

static void read_only_is_written(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = disk_that(test, true), *other = disk_that(test, false);
	struct service_region where[2] = { { td->bdev, 8, 32 }, { other->bdev, 8, 32 } };
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, 32 * SECTOR_SIZE);

	service_fill(buf, 2);
	for (int i = 0; i < ARRAY_SIZE(opfs); i++) {
		enum req_op op = opfs[i] & REQ_OP_MASK;
		blk_opf_t flags = (opfs[i] & ~REQ_OP_MASK) | (c->async ? 0 : REQ_SYNC);

		KUNIT_EXPECT_EQ(test, 0, service_io(buf, c, 2, where, opfs[i]));
		KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 0);
		test_disk_expect_exactly(td, op, flags, 8, 32);
		test_expect_same(test, td->data, other->data, SECTORS << SECTOR_SHIFT, "disk");
		test_disk_forget(td);
	}
}

static void read_only_is_copied_to(struct kunit *test)
{
	static const unsigned int flags[] = { 0, COPY_IGNORE_ERROR };
	struct copy_client *kc = copy_client_create(test, test->param_value, 16);

	for (int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct test_disk *from = disk_that(test, true), *to = disk_that(test, true);
		struct service_region source = { from->bdev, 0, 32 }, dest = { to->bdev, 32, 32 };
		struct copy_call *call = copy_call_create(test);

		KUNIT_EXPECT_EQ(test, 0, copy_start(kc, call, &source, 1, &dest, flags[i]));
		test_request_expect_copied(call->req, false, 0);
		test_disk_expect_exactly(to, REQ_OP_WRITE, 0, 32, 32);
		test_expect_same(test, sector_data(to, 32), from->data, 32 * SECTOR_SIZE, "copy");
	}
}

static struct kunit_case read_only_test_cases[] = {
	KUNIT_CASE_PARAM(read_only_is_written, service_gen_params),
	KUNIT_CASE_PARAM(read_only_is_copied_to, copy_service_gen_params),
	{}
};

static struct kunit_suite read_only_test_suite = {
	.name = "dm_io_rust_read_only",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = read_only_test_cases,
};

kunit_test_suite(read_only_test_suite);
