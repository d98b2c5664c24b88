/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clients of mainline.h that go with the test, and jobs whose callbacks complete
 * a request.
 */
#ifndef _DM_IO_RUST_TEST_JOBS_H
#define _DM_IO_RUST_TEST_JOBS_H

#include <dm_io_rust/mainline.h>

#include "test_disk.h"

struct kunit;
struct test_request;

struct dm_kcopyd_client *test_jobs_client(struct kunit *test, struct dm_kcopyd_throttle *throttle);

/* Destroys the client before the test ends. */
void test_jobs_client_destroy(struct kunit *test, struct dm_kcopyd_client *kc);

void test_job_copy(struct dm_kcopyd_client *kc, struct test_request *req,
		   struct dm_io_region *from, unsigned int num_dests, struct dm_io_region *dests,
		   unsigned int flags);
void test_job_zero(struct dm_kcopyd_client *kc, struct test_request *req, unsigned int num_dests,
		   struct dm_io_region *dests, unsigned int flags);

/* Prepares a callback: what rust_dm_kcopyd_do_callback() takes. */
void *test_job_prepare(struct kunit *test, struct dm_kcopyd_client *kc, struct test_request *req);

static inline struct dm_io_region region(struct test_disk *td, sector_t sector, sector_t count)
{
	return (struct dm_io_region) { .bdev = td->bdev, .sector = sector, .count = count };
}

#endif /* _DM_IO_RUST_TEST_JOBS_H */
