// SPDX-License-Identifier: GPL-2.0
/*
 * What the module tells in debugfs: each request and job that was accepted, and
 * nothing else.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>

#include "service.h"
#include "test_counters.h"
#include "test_disk.h"
#include "test_request.h"

static void statistics_of_io(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct test_disk *td = disk_of(test, 64);
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, 16 * SECTOR_SIZE);
	struct service_region where[2] = { { td->bdev, 0, 16 }, { td->bdev, 16, 8 } };
	u64 counters[TEST_COUNTERS];

	test_counters_read(test, counters);
	KUNIT_EXPECT_EQ(test, 0, service_io(buf, c, 2, where, REQ_OP_WRITE));
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) {
		[COUNTER_REQUESTS] = 1, [COUNTER_SECTORS_WRITTEN] = 24,
	});
	KUNIT_EXPECT_EQ(test, 0, service_io(buf, c, 1, where, REQ_OP_READ));
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) {
		[COUNTER_REQUESTS] = 1, [COUNTER_SECTORS_READ] = 16,
	});
	KUNIT_EXPECT_EQ(test, -EINVAL, service_io(buf, c, 0, where, REQ_OP_WRITE));
	KUNIT_EXPECT_EQ(test, -EIO, service_io(buf, c, 2, where, REQ_OP_READ));
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) { });
}

static void statistics_of_copies(struct kunit *test)
{
	const struct copy_service *service = test->param_value;
	struct copy_client *kc = copy_client_create(test, service, 16);
	struct test_disk *from = disk_of(test, 64), *to = disk_of(test, 64);
	struct service_region source = { from->bdev, 0, 16 };
	struct service_region dests[2] = { { to->bdev, 0, 16 }, { to->bdev, 16, 16 } };
	struct copy_call *call = copy_call_create(test), *refused = copy_call_create(test);
	u64 counters[TEST_COUNTERS];

	test_counters_read(test, counters);
	KUNIT_EXPECT_EQ(test, 0, copy_start(kc, call, &source, 2, dests, 0));
	test_request_expect_copied(call->req, false, 0);
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) {
		[COUNTER_COPIES] = 1, [COUNTER_COPIED] = 16,
	});

	KUNIT_EXPECT_EQ(test, copy_start(kc, refused, &source, 0, dests, 0),
			service->is_request_api ? 0 : -EINVAL);
	if (service->is_request_api)
		test_request_expect_copied(refused->req, true, ~0UL);
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) { });
}

/* Jobs that only the request API has. */
static void statistics_of_zeroings_and_callbacks(struct kunit *test)
{
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 16);
	struct test_disk *td = disk_of(test, 64);
	struct dm_io_region where = { td->bdev, 0, 64 };
	struct test_request *req = test_request_create(test);
	u64 counters[TEST_COUNTERS];
	void *job;

	test_counters_read(test, counters);
	test_request_started(req, 0);
	rust_dm_kcopyd_zero(kc->client, 1, &where, 0, test_request_dm_kcopyd_done, req);
	test_request_expect_copied(req, false, 0);
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) {
		[COUNTER_ZEROINGS] = 1, [COUNTER_ZEROED] = 64,
	});

	test_request_reset(req);
	test_request_started(req, 0);
	rust_dm_kcopyd_zero(kc->client, 0, &where, 0, test_request_dm_kcopyd_done, req);
	test_request_expect_copied(req, true, ~0UL);
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) { });

	test_request_reset(req);
	test_request_started(req, 0);
	job = rust_dm_kcopyd_prepare_callback(kc->client, test_request_dm_kcopyd_done, req);
	rust_dm_kcopyd_do_callback(job, 0, 0);
	test_request_expect_copied(req, false, 0);
	test_counters_expect_more(test, counters, (u64[TEST_COUNTERS]) {
		[COUNTER_CALLBACKS] = 1,
	});
}

static struct kunit_case statistics_test_cases[] = {
	KUNIT_CASE_PARAM(statistics_of_io, service_gen_params),
	KUNIT_CASE_PARAM(statistics_of_copies, copy_service_gen_params),
	KUNIT_CASE(statistics_of_zeroings_and_callbacks),
	{}
};

static struct kunit_suite statistics_test_suite = {
	.name = "dm_io_rust_statistics",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = statistics_test_cases,
};

kunit_test_suite(statistics_test_suite);
