// SPDX-License-Identifier: GPL-2.0
/*
 * What the module tells in debugfs: each request and job that was accepted, and
 * nothing else.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"

/* The counters that are looked at, by their names in the file. */
enum {
	REQUESTS,
	SECTORS_READ,
	SECTORS_WRITTEN,
	COPIES,
	COPIED,
	ZEROINGS,
	ZEROED,
	CALLBACKS,
	COUNTERS,
};

static const char * const names[COUNTERS] = {
	[REQUESTS] = "io_requests",
	[SECTORS_READ] = "io_sectors_read",
	[SECTORS_WRITTEN] = "io_sectors_written",
	[COPIES] = "copy_jobs",
	[COPIED] = "copy_sectors",
	[ZEROINGS] = "zero_jobs",
	[ZEROED] = "zero_sectors",
	[CALLBACKS] = "callback_jobs",
};

KUNIT_DEFINE_ACTION_WRAPPER(unmount, kern_unmount, struct vfsmount *);

static struct vfsmount *mount_debugfs(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("debugfs");
	struct vfsmount *mount;

	KUNIT_ASSERT_NOT_NULL(test, type);
	mount = kern_mount(type);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mount);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unmount, mount));
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
static void read_counters(struct kunit *test, struct vfsmount *mount, u64 counters[COUNTERS])
{
	char *text = read_file(test, mount, ENGINE "/statistics");

	for (int i = 0; i < COUNTERS; i++) {
		char *line = strstr(text, names[i]);

		KUNIT_ASSERT_NOT_NULL_MSG(test, line, "no line %s", names[i]);
		KUNIT_ASSERT_EQ(test, 1,
				sscanf(line + strlen(names[i]), " %llu", &counters[i]));
	}
}

static void expect_counted(struct kunit *test, struct vfsmount *mount, u64 counters[COUNTERS],
			   const u64 more[COUNTERS])
{
	u64 now[COUNTERS];

	read_counters(test, mount, now);
	for (int i = 0; i < COUNTERS; i++)
		KUNIT_EXPECT_EQ_MSG(test, now[i] - counters[i], more[i], "%s", names[i]);
	memcpy(counters, now, sizeof(now));
}

static void statistics_of_io(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct vfsmount *mount = mount_debugfs(test);
	struct test_disk *td = disk_of(test, 64);
	struct service_buffer *buf = service_buffer_create(test, c->service, 0, 16 * SECTOR_SIZE);
	struct service_region where[2] = { { td->bdev, 0, 16 }, { td->bdev, 16, 8 } };
	u64 counters[COUNTERS];

	read_counters(test, mount, counters);
	KUNIT_EXPECT_EQ(test, 0, service_io(buf, c, 2, where, REQ_OP_WRITE));
	expect_counted(test, mount, counters,
		       (u64[COUNTERS]) { [REQUESTS] = 1, [SECTORS_WRITTEN] = 24 });
	KUNIT_EXPECT_EQ(test, 0, service_io(buf, c, 1, where, REQ_OP_READ));
	expect_counted(test, mount, counters,
		       (u64[COUNTERS]) { [REQUESTS] = 1, [SECTORS_READ] = 16 });
	KUNIT_EXPECT_EQ(test, -EINVAL, service_io(buf, c, 0, where, REQ_OP_WRITE));
	KUNIT_EXPECT_EQ(test, -EIO, service_io(buf, c, 2, where, REQ_OP_READ));
	expect_counted(test, mount, counters, (u64[COUNTERS]) { });
}

static void statistics_of_copies(struct kunit *test)
{
	const struct copy_service *service = test->param_value;
	struct vfsmount *mount = mount_debugfs(test);
	struct copy_client *kc = copy_client_create(test, service, 16);
	struct test_disk *from = disk_of(test, 64), *to = disk_of(test, 64);
	struct service_region source = { from->bdev, 0, 16 };
	struct service_region dests[2] = { { to->bdev, 0, 16 }, { to->bdev, 16, 16 } };
	struct copy_call *call = copy_call_create(test), *refused = copy_call_create(test);
	u64 counters[COUNTERS];

	read_counters(test, mount, counters);
	KUNIT_EXPECT_EQ(test, 0, copy_start(kc, call, &source, 2, dests, 0));
	test_request_expect_copied(call->req, false, 0);
	expect_counted(test, mount, counters, (u64[COUNTERS]) { [COPIES] = 1, [COPIED] = 16 });

	KUNIT_EXPECT_EQ(test, copy_start(kc, refused, &source, 0, dests, 0),
			service->is_request_api ? 0 : -EINVAL);
	if (service->is_request_api)
		test_request_expect_copied(refused->req, true, ~0UL);
	expect_counted(test, mount, counters, (u64[COUNTERS]) { });
}

/* Jobs that only the request API has. */
static void statistics_of_zeroings_and_callbacks(struct kunit *test)
{
	struct vfsmount *mount = mount_debugfs(test);
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 16);
	struct test_disk *td = disk_of(test, 64);
	struct dm_io_region where = { td->bdev, 0, 64 };
	struct test_request *req = test_request_create(test);
	u64 counters[COUNTERS];
	void *job;

	read_counters(test, mount, counters);
	test_request_started(req, 0);
	rust_dm_kcopyd_zero(kc->client, 1, &where, 0, test_request_dm_kcopyd_done, req);
	test_request_expect_copied(req, false, 0);
	expect_counted(test, mount, counters, (u64[COUNTERS]) { [ZEROINGS] = 1, [ZEROED] = 64 });

	test_request_reset(req);
	test_request_started(req, 0);
	rust_dm_kcopyd_zero(kc->client, 0, &where, 0, test_request_dm_kcopyd_done, req);
	test_request_expect_copied(req, true, ~0UL);
	expect_counted(test, mount, counters, (u64[COUNTERS]) { });

	test_request_reset(req);
	test_request_started(req, 0);
	job = rust_dm_kcopyd_prepare_callback(kc->client, test_request_dm_kcopyd_done, req);
	rust_dm_kcopyd_do_callback(job, 0, 0);
	test_request_expect_copied(req, false, 0);
	expect_counted(test, mount, counters, (u64[COUNTERS]) { [CALLBACKS] = 1 });
}

static struct kunit_case statistics_test_cases[] = {
	KUNIT_CASE_PARAM(statistics_of_io, service_gen_params),
	KUNIT_CASE_PARAM(statistics_of_copies, copy_service_gen_params),
	KUNIT_CASE(statistics_of_zeroings_and_callbacks),
	{}
};

static struct kunit_suite statistics_test_suite = {
	.name = "dm_io_rust_statistics",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = statistics_test_cases,
};

kunit_test_suite(statistics_test_suite);
