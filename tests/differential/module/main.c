// SPDX-License-Identifier: GPL-2.0
/*
 * The same requests to mainline's dm-io and kcopyd and to this project's: what
 * they answer, and every byte, are compared.
 *
 * Files in debugfs: dm_io_rust_differential/disk takes the devices (see
 * disk_add()), run takes "io|copy|callback|bad SEED REQUESTS" and works, and
 * report tells what the last run found.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bios.h"
#include "copy_plan.h"
#include "coverage.h"
#include "dice.h"
#include "io_plan.h"
#include "memory.h"
#include "other.h"
#include "report.h"

static const struct {
	const char *name;
	void (*run)(unsigned int requests);
} parts[] = {
	{ "io", io_run },
	{ "copy", copy_run },
	{ "callback", callback_run },
	{ "bad", bad_input_run },
};

static struct dentry *directory;

static int run(char *words)
{
	unsigned int requests;
	char name[16];
	u64 seed;

	if (sscanf(words, "%15s %llu %u", name, &seed, &requests) != 3)
		return -EINVAL;
	for (int i = 0; i < ARRAY_SIZE(parts); i++) {
		int ret;

		if (strcmp(name, parts[i].name))
			continue;
		report_start(seed);
		coverage_start();
		dice_seed(seed);
		ret = num_disks ? disks_fill() : -ENODEV;
		if (!ret)
			parts[i].run(requests);
		return ret;
	}
	return -EINVAL;
}

static ssize_t take(const char __user *from, size_t length, int (*command)(char *words))
{
	char *text = memdup_user_nul(from, min(length, PAGE_SIZE));
	int ret;

	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = command(strim(text));
	kfree(text);
	return ret ? ret : length;
}

static ssize_t disk_write(struct file *file, const char __user *from, size_t length,
			  loff_t *position)
{
	return take(from, length, disk_add);
}

static ssize_t run_write(struct file *file, const char __user *from, size_t length,
			 loff_t *position)
{
	return take(from, length, run);
}

static const struct file_operations disk_operations = {
	.owner = THIS_MODULE,
	.write = disk_write,
};

static const struct file_operations run_operations = {
	.owner = THIS_MODULE,
	.write = run_write,
};

static int found_show(struct seq_file *to, void *unused)
{
	report_show(to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(found);

static int (* const inits[])(void) = {
	report_init, disk_init, memory_init, bios_init, io_init, copy_init,
};

static void (* const exits[])(void) = {
	report_exit, disk_exit, memory_exit, bios_exit, io_exit, copy_exit,
};

static int __init differential_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(inits); i++) {
		int ret = inits[i]();

		if (!ret)
			continue;
		for (; i >= 0; i--)
			exits[i]();
		return ret;
	}
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("disk", 0200, directory, NULL, &disk_operations);
	debugfs_create_file("run", 0200, directory, NULL, &run_operations);
	debugfs_create_file("report", 0400, directory, NULL, &found_fops);
	return 0;
}
module_init(differential_init);

static void __exit differential_exit(void)
{
	debugfs_remove(directory);
	for (int i = ARRAY_SIZE(exits); i--;)
		exits[i]();
}
module_exit(differential_exit);

MODULE_DESCRIPTION("Compares mainline's dm-io and kcopyd with dm_io_rust");
MODULE_LICENSE("GPL");
