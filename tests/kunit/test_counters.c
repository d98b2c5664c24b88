// SPDX-License-Identifier: GPL-2.0
#include "test_counters.h"

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static const char * const names[TEST_COUNTERS] = {
	[COUNTER_REQUESTS] = "io_requests",
	[COUNTER_SECTORS_READ] = "io_sectors_read",
	[COUNTER_SECTORS_WRITTEN] = "io_sectors_written",
	[COUNTER_COPIES] = "copy_jobs",
	[COUNTER_COPIED] = "copy_sectors",
	[COUNTER_ZEROINGS] = "zero_jobs",
	[COUNTER_ZEROED] = "zero_sectors",
	[COUNTER_CALLBACKS] = "callback_jobs",
};

/* It stays mounted: to unmount it takes as long as many a case. */
static struct vfsmount *debugfs(struct kunit *test)
{
	static struct vfsmount *mount;
	struct file_system_type *type;

	if (mount)
		return mount;
	type = get_fs_type("debugfs");
	KUNIT_ASSERT_NOT_NULL(test, type);
	mount = kern_mount(type);
	if (IS_ERR(mount))
		mount = NULL;
	KUNIT_ASSERT_NOT_NULL(test, mount);
	return mount;
}

static char *read_file(struct kunit *test, struct vfsmount *mount, const char *name)
{
	char *text = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	const struct path root = { .mnt = mount, .dentry = mount->mnt_root };
	/* Of debugfs only a user can read. */
	void __user *user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
							 PROT_READ | PROT_WRITE,
							 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	struct file *file = file_open_root(&root, name, O_RDONLY, 0);
	loff_t at = 0;
	ssize_t bytes;

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_NOT_NULL(test, (__force void *)user);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	bytes = vfs_read(file, user, PAGE_SIZE - 1, &at);
	__fput_sync(file);
	KUNIT_ASSERT_GT(test, bytes, 0);
	KUNIT_ASSERT_EQ(test, 0, copy_from_user(text, user, bytes));
	return text;
}

/* The file, of which each line is a name and a number. */
void test_counters_read(struct kunit *test, u64 counters[TEST_COUNTERS])
{
	char *text = read_file(test, debugfs(test), ENGINE "/statistics");

	for (int i = 0; i < TEST_COUNTERS; i++) {
		char *line = strstr(text, names[i]);

		KUNIT_ASSERT_NOT_NULL_MSG(test, line, "no line %s", names[i]);
		KUNIT_ASSERT_EQ(test, 1,
				sscanf(line + strlen(names[i]), " %llu", &counters[i]));
	}
	kunit_kfree(test, text);
}

void test_counters_expect_more(struct kunit *test, u64 counters[TEST_COUNTERS],
			       const u64 more[TEST_COUNTERS])
{
	u64 now[TEST_COUNTERS];

	test_counters_read(test, now);
	for (int i = 0; i < TEST_COUNTERS; i++)
		KUNIT_EXPECT_EQ_MSG(test, now[i] - counters[i], more[i], "%s", names[i]);
	memcpy(counters, now, sizeof(now));
}
