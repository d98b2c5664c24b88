/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random calls, so many at a time that no case of them takes long: a kernel that
 * watches for tasks that hang takes the one for such that waits for a case.
 */
#ifndef _DM_IO_RUST_TEST_BATCHES_H
#define _DM_IO_RUST_TEST_BATCHES_H

#include <linux/types.h>

struct kunit;

/* The parameter of a case of up to @most of @all calls, behind that of the case @prev. */
const void *test_batch_gen_params(unsigned int all, unsigned int most, const void *prev,
				  char *name);

/* How many calls are in the case. */
unsigned int test_batch_calls(struct kunit *test, unsigned int all, unsigned int most);

/*
 * The seed of the case, which is in the log: @first of the first case, and the numbers behind it
 * of the others, or if that is 0 a new one each time. So @first repeats the case that has it.
 */
u32 test_batch_seed(struct kunit *test, u32 first);

#endif /* _DM_IO_RUST_TEST_BATCHES_H */
