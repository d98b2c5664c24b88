// SPDX-License-Identifier: GPL-2.0
#include "test_client.h"

#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>

KUNIT_DEFINE_ACTION_WRAPPER(client_destroy, kcopyd_client_destroy, struct kcopyd_client *);

struct kcopyd_client *test_client_create(struct kunit *test, unsigned int pages)
{
	struct kcopyd_client *kc;

	KUNIT_ASSERT_EQ(test, kcopyd_client_create(pages, &kc), 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, client_destroy, kc));
	return kc;
}

void test_client_destroy(struct kunit *test, struct kcopyd_client *kc)
{
	kunit_release_action(test, client_destroy, kc);
}
