// SPDX-License-Identifier: GPL-2.0
/*
 * What begins or ends beyond the end of a device, and is done as far as it can be.
 */
#include <kunit/test.h>
#include <linux/sizes.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"

/* An empty flush has no place: which sector it names is nothing to the device. */
static void beyond_the_end_empty_flush(struct kunit *test)
{
	static const sector_t sectors[] = { 0, 63, 64, 65, 1ULL << 40 };
	const struct service_call *c = test->param_value;
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 64,
		.write_cache = true,
	});
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, SECTOR_SIZE);

	for (int i = 0; i < ARRAY_SIZE(sectors); i++) {
		struct service_region where = { td->bdev, sectors[i], 0 };

		KUNIT_EXPECT_EQ(test, 0, service_io(buf, c, 1, &where,
						    REQ_OP_WRITE | REQ_PREFLUSH));
		KUNIT_EXPECT_EQ(test, buf->error | buf->unsup, 0);
		KUNIT_ASSERT_EQ(test, td->nr_log, 1);
		KUNIT_EXPECT_EQ(test, (u32)td->log[0].op, (u32)REQ_OP_WRITE);
		KUNIT_EXPECT_EQ(test, (u32)td->log[0].flags,
				(u32)(REQ_PREFLUSH | (c->async ? 0 : REQ_SYNC)));
		KUNIT_EXPECT_EQ(test, td->log[0].sectors, 0);
		test_disk_forget(td);
	}
}

#define PART (SZ_512K / SECTOR_SIZE)

/* Parts of a copy that come before the end of its destination are written. */
static void beyond_the_end_copy(struct kunit *test)
{
	struct copy_client *kc = copy_client_create(test, test->param_value, 128);
	struct test_disk *from = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 3 * PART,
	});
	struct test_disk *to = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 2 * PART + 8,
	});
	struct service_region source = { from->bdev, 0, 3 * PART };
	struct service_region dest = { to->bdev, 0, 3 * PART };
	struct copy_call *call = copy_call_create(test);

	test_fill(from->data, 3 * PART << SECTOR_SHIFT, 1);
	KUNIT_EXPECT_EQ(test, 0, copy_start(kc, call, &source, 1, &dest, 0));
	test_request_expect_copied(call->req, false, 1);
	test_disk_expect_exactly(to, REQ_OP_WRITE, 0, 0, 2 * PART);
	test_expect_same(test, to->data, from->data, 2 * PART << SECTOR_SHIFT, "parts");
}

static struct kunit_case beyond_the_end_test_cases[] = {
	KUNIT_CASE_PARAM(beyond_the_end_empty_flush, service_gen_params),
	KUNIT_CASE_PARAM(beyond_the_end_copy, copy_service_gen_params),
	{}
};

static struct kunit_suite beyond_the_end_test_suite = {
	.name = "dm_io_rust_beyond_the_end",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = beyond_the_end_test_cases,
};

kunit_test_suite(beyond_the_end_test_suite);
