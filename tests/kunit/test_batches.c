// SPDX-License-Identifier: GPL-2.0
#include "test_batches.h"

#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/random.h>

/* The parameter of a case is how many cases there are up to it: none is NULL. */
static unsigned int batch_of(const void *param)
{
	return (uintptr_t)param;
}

const void *test_batch_gen_params(unsigned int all, unsigned int most, const void *prev,
				  char *name)
{
	unsigned int batch = batch_of(prev);

	if ((u64)batch * most >= all)
		return NULL;
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "from_%u", batch * most);
	return (void *)(uintptr_t)(batch + 1);
}

unsigned int test_batch_calls(struct kunit *test, unsigned int all, unsigned int most)
{
	return min(all - (batch_of(test->param_value) - 1) * most, most);
}

u32 test_batch_seed(struct kunit *test, u32 first)
{
	u32 seed = first ? first + batch_of(test->param_value) - 1 : get_random_u32();

	kunit_info(test, "seed %u", seed);
	return seed;
}
