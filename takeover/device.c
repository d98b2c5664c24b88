// SPDX-License-Identifier: GPL-2.0
/*
 * Which mapped device a task is setting up, so that a client that it creates can be
 * listed with it. A target's constructor runs between dm_table_add_target() and
 * dm_table_complete(), or dm_table_destroy() after an error, all of which the task
 * calls that loads the table.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "takeover.h"

/* Should more tables be loaded at a time, clients of those are listed with no device. */
static struct {
	struct task_struct *task;
	dev_t device;
} loads[64];
static DEFINE_RAW_SPINLOCK(loads_lock);

/* Returns the number of the element that is the task's, or -1. */
static int find_load(const struct task_struct *task)
{
	int index;

	for (index = 0; index < ARRAY_SIZE(loads); index++)
		if (loads[index].task == task)
			return index;
	return -1;
}

static void load_goes_on(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			 struct ftrace_regs *fregs)
{
	struct dm_table *table = (struct dm_table *)ftrace_regs_get_argument(fregs, 0);
	dev_t device = disk_devt(dm_disk(dm_table_get_md(table)));
	unsigned long flags;
	int index;

	raw_spin_lock_irqsave(&loads_lock, flags);
	index = find_load(current);
	if (index < 0)
		index = find_load(NULL);
	if (index >= 0) {
		loads[index].task = current;
		loads[index].device = device;
	}
	raw_spin_unlock_irqrestore(&loads_lock, flags);
}

static void load_ends(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		      struct ftrace_regs *fregs)
{
	unsigned long flags;
	int index;

	raw_spin_lock_irqsave(&loads_lock, flags);
	index = find_load(current);
	if (index >= 0)
		loads[index].task = NULL;
	raw_spin_unlock_irqrestore(&loads_lock, flags);
}

/* The device of the table that the current task is loading; 0 if there is none. */
dev_t takeover_current_device(void)
{
	dev_t device = 0;
	int index;

	raw_spin_lock_irq(&loads_lock);
	index = find_load(current);
	if (index >= 0)
		device = loads[index].device;
	raw_spin_unlock_irq(&loads_lock);
	return device;
}

static struct ftrace_ops add_ops = { .func = load_goes_on };
static struct ftrace_ops end_ops = { .func = load_ends };

/* None of these is exported. */
static struct {
	struct ftrace_ops *ops;
	char name[24];
} watched[] = {
	{ &add_ops, "dm_table_add_target" },
	{ &end_ops, "dm_table_complete" },
	{ &end_ops, "dm_table_destroy" },
};

static int watch(struct ftrace_ops *ops)
{
	int index, ret = -ENOENT;

	for (index = 0; index < ARRAY_SIZE(watched); index++) {
		if (watched[index].ops != ops)
			continue;
		ret = ftrace_set_filter(ops, watched[index].name, strlen(watched[index].name), 0);
		if (ret) {
			pr_err("%s cannot be traced: %d\n", watched[index].name, ret);
			goto free;
		}
	}
	ret = register_ftrace_function(ops);
	if (!ret)
		return 0;
	pr_err("ftrace cannot be used: %d\n", ret);
free:
	ftrace_free_filter(ops);
	return ret;
}

int takeover_watch_devices(void)
{
	int ret = watch(&end_ops);

	if (ret)
		return ret;
	ret = watch(&add_ops);
	if (ret)
		takeover_unregister(&end_ops, "dm_table_complete");
	return ret;
}

void takeover_unwatch_devices(void)
{
	takeover_unregister(&add_ops, "dm_table_add_target");
	takeover_unregister(&end_ops, "dm_table_complete");
}
