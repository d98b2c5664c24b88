// SPDX-License-Identifier: GPL-2.0
#include "test_jobs.h"

#include <kunit/test.h>

#include "test_request.h"

KUNIT_DEFINE_ACTION_WRAPPER(client_destroy, rust_dm_kcopyd_client_destroy,
			    struct dm_kcopyd_client *);

struct dm_kcopyd_client *test_jobs_client(struct kunit *test, struct dm_kcopyd_throttle *throttle)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(throttle);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, client_destroy, kc));
	return kc;
}

void test_jobs_client_destroy(struct kunit *test, struct dm_kcopyd_client *kc)
{
	kunit_release_action(test, client_destroy, kc);
}

void test_job_copy(struct dm_kcopyd_client *kc, struct test_request *req,
		   struct dm_io_region *from, unsigned int num_dests, struct dm_io_region *dests,
		   unsigned int flags)
{
	test_request_started(req, 0);
	rust_dm_kcopyd_copy(kc, from, num_dests, dests, flags, test_request_dm_kcopyd_done, req);
}

void test_job_zero(struct dm_kcopyd_client *kc, struct test_request *req, unsigned int num_dests,
		   struct dm_io_region *dests, unsigned int flags)
{
	test_request_started(req, 0);
	rust_dm_kcopyd_zero(kc, num_dests, dests, flags, test_request_dm_kcopyd_done, req);
}

void *test_job_prepare(struct kunit *test, struct dm_kcopyd_client *kc, struct test_request *req)
{
	void *job = rust_dm_kcopyd_prepare_callback(kc, test_request_dm_kcopyd_done, req);

	KUNIT_ASSERT_NOT_NULL(test, job);
	test_request_started(req, 0);
	return job;
}
