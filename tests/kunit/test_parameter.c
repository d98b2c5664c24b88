// SPDX-License-Identifier: GPL-2.0
#include "test_parameter.h"

#include <kunit/test.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#define PREFIX ENGINE "."

/* What a parameter was. */
struct old_value {
	const struct kernel_param *param;
	char *text;
};

/* Among those of all that is built in, which this project is when it is tested. */
static const struct kernel_param *find(const char *name)
{
	const struct kernel_param *param;

	for (param = __start___param; param < __stop___param; param++)
		if (strstarts(param->name, PREFIX) &&
		    !strcmp(param->name + strlen(PREFIX), name))
			return param;
	return NULL;
}

static int set(const struct kernel_param *param, const char *value)
{
	int ret;

	kernel_param_lock(param->mod);
	ret = param->ops->set(value, param);
	kernel_param_unlock(param->mod);
	return ret;
}

static void restore(void *data)
{
	struct old_value *old = data;

	set(old->param, strim(old->text));
	kfree(old->text);
}

void test_parameter_set(struct kunit *test, const char *name, const char *value)
{
	struct old_value *old = kunit_kzalloc(test, sizeof(*old), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, old);
	old->param = find(name);
	KUNIT_ASSERT_NOT_NULL_MSG(test, old->param, "no parameter %s", name);
	old->text = kzalloc(PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, old->text);
	KUNIT_ASSERT_GT(test, old->param->ops->get(old->text, old->param), 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, restore, old));
	KUNIT_ASSERT_EQ(test, set(old->param, value), 0);
}
