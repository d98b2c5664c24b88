/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module tells in debugfs.
 */
#ifndef _DM_IO_RUST_TEST_COUNTERS_H
#define _DM_IO_RUST_TEST_COUNTERS_H

#include <linux/types.h>

struct kunit;

/* The counters that are looked at. */
enum test_counter {
	COUNTER_REQUESTS,
	COUNTER_SECTORS_READ,
	COUNTER_SECTORS_WRITTEN,
	COUNTER_COPIES,
	COUNTER_COPIED,
	COUNTER_ZEROINGS,
	COUNTER_ZEROED,
	COUNTER_CALLBACKS,
	TEST_COUNTERS,
};

void test_counters_read(struct kunit *test, u64 counters[TEST_COUNTERS]);

/* Expects them to be so much more than they were, and makes them what they are now. */
void test_counters_expect_more(struct kunit *test, u64 counters[TEST_COUNTERS],
			       const u64 more[TEST_COUNTERS]);

#endif /* _DM_IO_RUST_TEST_COUNTERS_H */
