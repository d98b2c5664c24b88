// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of the client, and the two files in debugfs that take them:
 *
 * dm_io_rust_client/data is the buffer. dm_io_rust_client/command runs what is
 * written to it and, read, tells how that ended:
 *
 *	read|write|fua|commit|discard|zero|flush SERVICE START REGION...
 *		=> error=0xBITS
 *	copy stop|ignore FROM TO...
 *		=> read_err=0|1 write_err=0xBITS
 *
 * where SERVICE is the name of a function of dm_io.h, START is the buffer's
 * sector to start at, and a region is DEVICE,SECTOR,COUNT. What a service
 * returns, if it is an error other than -EIO, is the error of the write.
 */
#include <linux/blkdev.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "client.h"

#define MAX_REGIONS (1 + KCOPYD_MAX_REGIONS)
#define PAGE_MASK_SECTORS ((PAGE_SIZE >> SECTOR_SHIFT) - 1)

static unsigned int buffer_mib = 32;
module_param(buffer_mib, uint, 0444);
MODULE_PARM_DESC(buffer_mib, "Size of the buffer in MiB");

static const struct {
	const char *name;
	blk_opf_t rw;
} operations[] = {
	{ "read", REQ_OP_READ },
	{ "write", REQ_OP_WRITE },
	{ "fua", REQ_OP_WRITE | REQ_FUA },
	{ "commit", REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA },
	{ "discard", REQ_OP_DISCARD },
	{ "zero", REQ_OP_WRITE_ZEROES },
	{ "flush", REQ_OP_WRITE | REQ_PREFLUSH },
};

static const struct {
	const char *name;
	enum service service;
	bool async;
} services[] = {
	{ "dm_io_sync", SERVICE_LIST, false },
	{ "dm_io_sync_bvec", SERVICE_BVEC, false },
	{ "dm_io_sync_vm", SERVICE_VM, false },
	{ "dm_io_async", SERVICE_LIST, true },
	{ "dm_io_async_bvec", SERVICE_BVEC, true },
	{ "dm_io_async_vm", SERVICE_VM, true },
};

/* The regions of a command, and the files that keep their devices open. */
struct regions {
	unsigned int num;
	struct io_region region[MAX_REGIONS];
	struct file *file[MAX_REGIONS];
};

static struct buffer buffer;
static struct dentry *directory;
static DEFINE_MUTEX(command_lock);
static char outcome[64];

static int region_open(struct regions *r, char *text)
{
	struct io_region *region = &r->region[r->num];
	char *path = strsep(&text, ",");
	char *sector = strsep(&text, ",");
	struct file *file;

	if (!sector || !text || r->num == MAX_REGIONS ||
	    kstrtoull(sector, 0, &region->sector) ||
	    kstrtoull(text, 0, &region->count))
		return -EINVAL;

	file = bdev_file_open_by_path(path, BLK_OPEN_READ | BLK_OPEN_WRITE,
				      NULL, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	region->bdev = file_bdev(file);
	r->file[r->num++] = file;
	return 0;
}

static void regions_close(struct regions *r)
{
	while (r->num)
		bdev_fput(r->file[--r->num]);
}

static int regions_open(struct regions *r, char *text)
{
	char *word;
	int ret = -EINVAL;

	while ((word = strsep(&text, " "))) {
		ret = region_open(r, word);
		if (ret)
			break;
	}
	if (ret)
		regions_close(r);
	return ret;
}

static int find_operation(struct transfer *t, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (!strcmp(operations[i].name, name)) {
			t->rw = operations[i].rw;
			return 0;
		}
	}
	return -EINVAL;
}

static int find_service(struct transfer *t, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (!strcmp(services[i].name, name)) {
			t->service = services[i].service;
			t->async = services[i].async;
			return 0;
		}
	}
	return -EINVAL;
}

static bool in_buffer(struct transfer *t)
{
	sector_t size = buffer.size >> SECTOR_SHIFT;

	if (t->start & PAGE_MASK_SECTORS || t->start > size)
		return false;
	for (unsigned int i = 0; i < t->num_regions; i++) {
		if (t->regions[i].count != t->regions[0].count ||
		    t->regions[i].count > size - t->start)
			return false;
	}
	return true;
}

static int run_transfer(struct transfer *t, char *text)
{
	struct regions r = {};
	unsigned long error;
	int ret;

	ret = regions_open(&r, text);
	if (ret)
		return ret;
	t->num_regions = r.num;
	t->regions = r.region;
	ret = in_buffer(t) ? transfer_run(&buffer, t, &error) : -EINVAL;
	regions_close(&r);
	if (ret)
		return ret;

	snprintf(outcome, sizeof(outcome), "error=0x%lx\n", error);
	return 0;
}

static int command_transfer(char *operation, char *text)
{
	char *service = strsep(&text, " ");
	char *start = strsep(&text, " ");
	struct transfer t = {};

	if (!text || find_operation(&t, operation) ||
	    find_service(&t, service) || kstrtoull(start, 0, &t.start))
		return -EINVAL;

	return run_transfer(&t, text);
}

static int command_copy(char *text)
{
	char *mode = strsep(&text, " ");
	struct regions r = {};
	unsigned int flags = 0, write_err;
	int read_err, ret;

	if (!strcmp(mode, "ignore"))
		flags = BIT(KCOPYD_IGNORE_ERROR);
	else if (strcmp(mode, "stop"))
		return -EINVAL;

	ret = regions_open(&r, text);
	if (ret)
		return ret;
	ret = copy_run(&r.region[0], r.num - 1, &r.region[1], flags,
		       &read_err, &write_err);
	regions_close(&r);
	if (ret)
		return ret;

	snprintf(outcome, sizeof(outcome), "read_err=%d write_err=0x%x\n",
		 read_err ? 1 : 0, write_err);
	return 0;
}

static int command_run(char *text)
{
	char *operation = strsep(&text, " ");

	if (!text)
		return -EINVAL;
	if (!strcmp(operation, "copy"))
		return command_copy(text);
	return command_transfer(operation, text);
}

static ssize_t command_write(struct file *file, const char __user *user,
			     size_t size, loff_t *pos)
{
	char *text = memdup_user_nul(user, size);
	int ret;

	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&command_lock);
	ret = command_run(strim(text));
	mutex_unlock(&command_lock);
	kfree(text);
	return ret ?: size;
}

static ssize_t command_read(struct file *file, char __user *user, size_t size,
			    loff_t *pos)
{
	ssize_t ret;

	mutex_lock(&command_lock);
	ret = simple_read_from_buffer(user, size, pos, outcome,
				      strlen(outcome));
	mutex_unlock(&command_lock);
	return ret;
}

static ssize_t data_write(struct file *file, const char __user *user,
			  size_t size, loff_t *pos)
{
	return simple_write_to_buffer(buffer.data, buffer.size, pos, user,
				      size);
}

static ssize_t data_read(struct file *file, char __user *user, size_t size,
			 loff_t *pos)
{
	return simple_read_from_buffer(user, size, pos, buffer.data,
				       buffer.size);
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.read = command_read,
	.write = command_write,
};

static const struct file_operations data_fops = {
	.owner = THIS_MODULE,
	.read = data_read,
	.write = data_write,
	.llseek = default_llseek,
};

static int __init client_init(void)
{
	int ret;

	ret = buffer_create(&buffer, (size_t)buffer_mib * SZ_1M);
	if (ret)
		return ret;
	ret = transfer_init();
	if (ret)
		goto bad_transfer;
	ret = copy_init();
	if (ret)
		goto bad_copy;

	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("command", 0600, directory, NULL, &command_fops);
	debugfs_create_file("data", 0600, directory, NULL, &data_fops);
	return 0;

bad_copy:
	transfer_exit();
bad_transfer:
	buffer_destroy(&buffer);
	return ret;
}

static void __exit client_exit(void)
{
	debugfs_remove(directory);
	copy_exit();
	transfer_exit();
	buffer_destroy(&buffer);
}

module_init(client_init);
module_exit(client_exit);

MODULE_DESCRIPTION("A client of dm_io_rust, driven from user space");
MODULE_LICENSE("GPL");
