// SPDX-License-Identifier: GPL-2.0
/*
 * A callback that returns only when dm_io_rust has begun to go.
 *
 * It is that of a request which was started where the stack is nearly used up, and so
 * in a work of dm_io_rust. insmod returns when it is in progress. This module's symbols
 * keep dm_io_rust no longer then, but the client does. `destroy` destroys the client,
 * `go_on` lets the callback return; both are to be written to, in that order, and
 * dm_io_rust to be gone, before this module goes.
 */
#include <dm_io_rust/mainline.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/ioprio.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

/* Of the stack, in 32nds, what is left where the request is started. */
#define LEFT 9

static char *disk;
module_param(disk, charp, 0);
MODULE_PARM_DESC(disk, "One that ends an empty flush at once, for it has no cache");

static DECLARE_COMPLETION(has_begun);
static DECLARE_COMPLETION(may_return);
static bool in_work;
static struct dm_io_client *client;

static void destroy_client(void)
{
	typeof(rust_dm_io_client_destroy) *destroy = symbol_get(rust_dm_io_client_destroy);

	if (!destroy)
		return;
	destroy(client);
	symbol_put(rust_dm_io_client_destroy);
}

static int set_destroy(const char *value, const struct kernel_param *kp)
{
	destroy_client();
	return 0;
}

static const struct kernel_param_ops destroy_ops = { .set = set_destroy };
module_param_cb(destroy, &destroy_ops, NULL, 0200);
MODULE_PARM_DESC(destroy, "Destroys the client");

static int set_go_on(const char *value, const struct kernel_param *kp)
{
	complete(&may_return);
	return 0;
}

static const struct kernel_param_ops go_on_ops = { .set = set_go_on };
module_param_cb(go_on, &go_on_ops, NULL, 0200);
MODULE_PARM_DESC(go_on, "Lets the callback return");

static void wait_for_the_end(unsigned long error, unsigned long unsup, void *context)
{
	in_work = current->flags & PF_WQ_WORKER;
	complete(&has_begun);
	if (in_work)
		wait_for_completion(&may_return);
}

static noinline int start_deep(typeof(rust_dm_io) *io, struct dm_io_request *request,
			       struct dm_io_region *where)
{
	char frame[256];
	unsigned long left = (unsigned long)frame - (unsigned long)end_of_stack(current);
	int ret;

	memset(frame, 0, sizeof(frame));
	barrier_data(frame);
	if (left > THREAD_SIZE / 32 * LEFT)
		ret = start_deep(io, request, where);
	else
		ret = io(request, 1, where, NULL, NULL, IOPRIO_DEFAULT);
	barrier_data(frame);
	return ret;
}

static int flush(typeof(rust_dm_io) *io, struct block_device *bdev)
{
	struct dm_io_region where = { .bdev = bdev };
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE | REQ_PREFLUSH,
		.mem = { .type = DM_IO_KMEM },
		.notify = { .fn = wait_for_the_end },
		.client = client,
	};
	int ret = start_deep(io, &request, &where);

	if (ret)
		return ret;
	wait_for_completion(&has_begun);
	return in_work ? 0 : -ENOTRECOVERABLE;
}

static int start(struct block_device *bdev)
{
	typeof(rust_dm_io_client_create) *create = symbol_get(rust_dm_io_client_create);
	typeof(rust_dm_io) *io = symbol_get(rust_dm_io);
	int ret = -ENOENT;

	if (create && io) {
		client = create();
		ret = PTR_ERR_OR_ZERO(client) ?: flush(io, bdev);
	}
	if (create)
		symbol_put(rust_dm_io_client_create);
	if (io)
		symbol_put(rust_dm_io);
	if (ret && !IS_ERR_OR_NULL(client))
		destroy_client();
	return ret;
}

static int __init late_callback_init(void)
{
	struct file *file = bdev_file_open_by_path(disk, BLK_OPEN_WRITE, NULL, NULL);
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = start(file_bdev(file));
	bdev_fput(file);
	return ret;
}
module_init(late_callback_init);

static void __exit late_callback_exit(void)
{
}
module_exit(late_callback_exit);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("A callback that is in progress when dm_io_rust goes");
MODULE_LICENSE("GPL");
