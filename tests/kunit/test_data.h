/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes to transfer, and what is expected of them.
 */
#ifndef _DM_IO_RUST_TEST_DATA_H
#define _DM_IO_RUST_TEST_DATA_H

#include <linux/types.h>

struct kunit;

/* Bytes that look like no others. */
void test_fill(void *data, size_t bytes, u32 seed);

/* Expects the same bytes, and says where they first differ. */
void test_expect_same(struct kunit *test, const void *got, const void *want,
		      size_t bytes, const char *what);
void test_expect_zeroes(struct kunit *test, const void *got, size_t bytes,
			const char *what);

#endif /* _DM_IO_RUST_TEST_DATA_H */
