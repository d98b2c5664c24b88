// SPDX-License-Identifier: GPL-2.0
/*
 * Who is charged for a copy: one block cgroup for all of its I/O, that of the
 * workers, whoever started it.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/blk-cgroup.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define SECTORS (3 * SZ_512K / SECTOR_SIZE)

#define GROUP "dm_io_rust_test"

static struct qstr group_name = QSTR_INIT(GROUP, sizeof(GROUP) - 1);

/* A cgroup below the root, in a mount of its own. */
struct group {
	struct vfsmount *mount;
	struct cgroup_subsys_state *css;
};

static void enable_io(struct kunit *test, struct vfsmount *mount)
{
	const struct path root = { .mnt = mount, .dentry = mount->mnt_root };
	struct file *file = file_open_root(&root, "cgroup.subtree_control", O_WRONLY, 0);
	loff_t at = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, 3, kernel_write(file, "+io", 3, &at));
	__fput_sync(file);
}

static int make_group(struct vfsmount *mount)
{
	struct inode *root = d_inode(mount->mnt_root);
	struct dentry *dentry = start_creating_noperm(mount->mnt_root, &group_name);

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	dentry = vfs_mkdir(&nop_mnt_idmap, root, dentry, 0755, NULL);
	end_creating(dentry);
	return PTR_ERR_OR_ZERO(dentry);
}

static struct cgroup_subsys_state *css_of_group(struct kunit *test)
{
	struct cgroup *cgroup = cgroup_get_from_path("/" GROUP);
	struct cgroup_subsys_state *css;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cgroup);
	css = cgroup_get_e_css(cgroup, &io_cgrp_subsys);
	cgroup_put(cgroup);
	return css;
}

static void remove_group(void *data)
{
	struct group *group = data;
	struct dentry *root = group->mount->mnt_root;
	struct dentry *dentry = start_removing_noperm(root, &group_name);

	if (!IS_ERR(dentry)) {
		vfs_rmdir(&nop_mnt_idmap, d_inode(root), dentry, NULL);
		end_removing(dentry);
	}
	if (group->css)
		css_put(group->css);
	kern_unmount(group->mount);
}

static struct group *group_create(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("cgroup2");
	struct group *group = kunit_kzalloc(test, sizeof(*group), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, type);
	KUNIT_ASSERT_NOT_NULL(test, group);
	group->mount = kern_mount(type);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, group->mount);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_group, group));
	enable_io(test, group->mount);
	KUNIT_ASSERT_EQ(test, 0, make_group(group->mount));
	group->css = css_of_group(test);
	KUNIT_ASSERT_PTR_NE(test, group->css, blkcg_root_css);
	return group;
}

/* A task of the group, which does something. */
struct member {
	struct group *group;
	struct copy_client *kc;
	struct copy_call *call;
	struct test_disk *from;
	struct test_disk *to;
	void (*run)(struct member *member);
	int ret;
};

static void copy(struct member *member)
{
	struct service_region from = { member->from->bdev, 0, SECTORS };
	struct service_region to = { member->to->bdev, 0, SECTORS };

	member->ret = copy_start(member->kc, member->call, &from, 1, &to, 0);
}

/* By which it is seen that the group is that of its I/O. */
static void write_itself(struct member *member)
{
	struct bio bio;

	bio_init(&bio, member->to->bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	member->ret = submit_bio_wait(&bio);
	bio_uninit(&bio);
}

static void member_run(void *context)
{
	struct member *member = context;

	kthread_associate_blkcg(member->group->css);
	member->run(member);
	kthread_associate_blkcg(NULL);
}

static struct member *member_create(struct kunit *test, void (*run)(struct member *member))
{
	const struct test_disk_config config = { .sectors = SECTORS, .write_cache = true };
	struct member *member = kunit_kzalloc(test, sizeof(*member), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, member);
	member->run = run;
	member->group = group_create(test);
	member->from = test_disk_create(test, &config);
	member->to = test_disk_create(test, &config);
	return member;
}

static void run_in_thread(struct kunit *test, struct member *member)
{
	struct test_thread *thread = test_thread_create(test, member_run, member);

	test_thread_start(thread);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, member->ret, 0);
}

/* Without this the case below would show nothing. */
static void caller_cgroup_is_that_of_its_io(struct kunit *test)
{
	struct member *member = member_create(test, write_itself);

	run_in_thread(test, member);
	KUNIT_ASSERT_EQ(test, member->to->nr_log, 1);
	KUNIT_EXPECT_PTR_EQ(test, member->to->log[0].css,
			    (const struct cgroup_subsys_state *)member->group->css);
}

static void expect_of_root(struct test_disk *td)
{
	KUNIT_EXPECT_GT(td->test, td->nr_log, 0);
	for (unsigned int i = 0; i < td->nr_log; i++)
		KUNIT_EXPECT_PTR_EQ(td->test, td->log[i].css,
				    (const struct cgroup_subsys_state *)blkcg_root_css);
}

static void caller_cgroup_is_not_that_of_its_copies(struct kunit *test)
{
	struct member *member = member_create(test, copy);

	member->kc = copy_client_create(test, test->param_value, 16);
	member->call = copy_call_create(test);
	run_in_thread(test, member);
	test_request_expect_copied(member->call->req, false, 0);
	expect_of_root(member->from);
	expect_of_root(member->to);
}

static struct kunit_case caller_cgroup_test_cases[] = {
	KUNIT_CASE(caller_cgroup_is_that_of_its_io),
	KUNIT_CASE_PARAM(caller_cgroup_is_not_that_of_its_copies, copy_service_gen_params),
	{}
};

static struct kunit_suite caller_cgroup_test_suite = {
	.name = "dm_io_rust_caller_cgroup",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = caller_cgroup_test_cases,
};

kunit_test_suite(caller_cgroup_test_suite);
