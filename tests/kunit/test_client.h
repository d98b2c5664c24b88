/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clients of kcopyd.h that go with the test.
 */
#ifndef _DM_IO_RUST_TEST_CLIENT_H
#define _DM_IO_RUST_TEST_CLIENT_H

struct kcopyd_client;
struct kunit;

struct kcopyd_client *test_client_create(struct kunit *test, unsigned int pages);

/* Destroys the client before the test ends. */
void test_client_destroy(struct kunit *test, struct kcopyd_client *kc);

#endif /* _DM_IO_RUST_TEST_CLIENT_H */
