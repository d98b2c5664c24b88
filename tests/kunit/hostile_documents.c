// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/limits.h>

/* As many as no machine has, and more than a reserve may be. */
static unsigned int far_too_many(struct hostile *h)
{
	if (hostile_once_in(h, 2))
		return U32_MAX - hostile_below(h, 3);
	return 1U << (28 + hostile_below(h, 4));
}

void hostile_get(struct hostile *h)
{
	unsigned int pages = hostile_below(h, 64);

	if (hostile_once_in(h, 2)) {
		KUNIT_EXPECT_EQ(h->test, dm_io_get(far_too_many(h)), -ENOMEM);
	} else {
		KUNIT_EXPECT_EQ(h->test, dm_io_get(pages), 0);
		h->reserved += pages;
	}
	hostile_expect_lines(h, 0);
}

/*
 * One that is too large gives back all, and says so once: that is no refusal. It is rare, for it
 * also gives back what should not have been reserved.
 */
void hostile_put(struct hostile *h)
{
	unsigned int pages = hostile_below(h, h->reserved + 1);

	if (hostile_once_in(h, 16))
		pages = hostile_once_in(h, 2) ? h->reserved + 1 : far_too_many(h);
	dm_io_put(pages);
	h->reserved -= min(pages, h->reserved);
	hostile_expect_lines(h, 0);
}

void hostile_put_all(struct hostile *h)
{
	dm_io_put(h->reserved);
	h->reserved = 0;
}

void hostile_create_no_kcopyd_client(struct hostile *h)
{
	void *untouched = (void *)SERVICE_UNTOUCHED;
	struct kcopyd_client *kc = untouched;
	unsigned int pages = hostile_below(h, 64);

	switch (hostile_below(h, 3)) {
	case 0:
		KUNIT_EXPECT_EQ(h->test, kcopyd_client_create(0, &kc), -EINVAL);
		hostile_expect_lines(h, 1);
		break;
	case 1:
		KUNIT_EXPECT_EQ(h->test, kcopyd_client_create(pages, NULL), -EINVAL);
		hostile_expect_lines(h, 1);
		break;
	default:
		KUNIT_EXPECT_EQ(h->test, kcopyd_client_create(far_too_many(h), &kc), -ENOMEM);
		hostile_expect_lines(h, 0);
		break;
	}
	KUNIT_EXPECT_PTR_EQ(h->test, kc, untouched);
}

void hostile_destroy_no_kcopyd_client(struct hostile *h)
{
	void *kc = hostile_no_copy_client(h);

	kcopyd_client_destroy(kc);
	hostile_expect_lines(h, !!kc);
}
