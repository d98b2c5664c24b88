// SPDX-License-Identifier: GPL-2.0
#include "test_data.h"

#include <kunit/test.h>
#include <linux/blk_types.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <linux/unaligned.h>

/* One sector of noise, and in each copy of it which one it is. */
void test_fill(void *data, size_t bytes, u32 seed)
{
	struct rnd_state state;
	u8 noise[SECTOR_SIZE];

	prandom_seed_state(&state, seed);
	prandom_bytes_state(&state, noise, sizeof(noise));
	for (size_t at = 0; at < bytes; at += SECTOR_SIZE) {
		put_unaligned(((u64)seed << 32) + at, (u64 *)noise);
		memcpy(data + at, noise, min(bytes - at, SECTOR_SIZE));
	}
}

void test_expect_same(struct kunit *test, const void *got, const void *want,
		      size_t bytes, const char *what)
{
	const u8 *a = got, *b = want;
	size_t at = 0;

	if (!memcmp(got, want, bytes))
		return;
	while (a[at] == b[at])
		at++;
	KUNIT_FAIL(test, "%s: byte %zu of %zu is %#x, not %#x", what, at, bytes,
		   a[at], b[at]);
}

void test_expect_zeroes(struct kunit *test, const void *got, size_t bytes,
			const char *what)
{
	const u8 *at = memchr_inv(got, 0, bytes);

	if (at)
		KUNIT_FAIL(test, "%s: byte %zu of %zu is %#x, not 0", what,
			   (size_t)(at - (const u8 *)got), bytes, *at);
}
