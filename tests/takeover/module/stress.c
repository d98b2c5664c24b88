// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks that do round after round for as long as the module is loaded, and what came
 * of it: the parameters ours, theirs and errors.
 */
#include <linux/blkdev.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "stress.h"

#define WORKERS 2

static char *disk;
module_param(disk, charp, 0444);
MODULE_PARM_DESC(disk, "The disk that is written to");

static struct file *file;
static struct worker workers[WORKERS];

static int get_sum(char *buffer, const struct kernel_param *parameter)
{
	size_t offset = (size_t)parameter->arg;
	unsigned long sum = 0;
	int index;

	for (index = 0; index < WORKERS; index++)
		sum += READ_ONCE(*(unsigned long *)((void *)&workers[index] + offset));
	return sysfs_emit(buffer, "%lu\n", sum);
}

static const struct kernel_param_ops sum_ops = { .get = get_sum };

module_param_cb(ours, &sum_ops, (void *)offsetof(struct worker, ours), 0444);
module_param_cb(theirs, &sum_ops, (void *)offsetof(struct worker, theirs), 0444);
module_param_cb(errors, &sum_ops, (void *)offsetof(struct worker, errors), 0444);

static int work(void *context)
{
	struct worker *worker = context;

	while (!kthread_should_stop()) {
		if (do_round(worker))
			worker->errors++;
		cond_resched();
	}
	return 0;
}

static void stop_worker(struct worker *worker)
{
	if (!IS_ERR_OR_NULL(worker->task))
		kthread_stop(worker->task);
	kfree(worker->wrote);
	kfree(worker->read);
}

static int start_worker(struct worker *worker, unsigned int index)
{
	worker->bdev = file_bdev(file);
	worker->throttle.throttle = 100;
	worker->sector = index * 2 * ROUND_SECTORS;
	worker->seed = index << 24;
	init_completion(&worker->called);
	worker->interrupt = IRQ_WORK_INIT(end_job_in_interrupt);
	worker->wrote = kmalloc(ROUND_BYTES, GFP_KERNEL);
	worker->read = kmalloc(ROUND_BYTES, GFP_KERNEL);
	if (!worker->wrote || !worker->read)
		return -ENOMEM;
	worker->task = kthread_run(work, worker, "takeover_stress");
	return PTR_ERR_OR_ZERO(worker->task);
}

static void stress_exit(void)
{
	int index;

	for (index = 0; index < WORKERS; index++)
		stop_worker(&workers[index]);
	bdev_fput(file);
}
module_exit(stress_exit);

static int __init stress_init(void)
{
	int index, ret = 0;

	if (!disk)
		return -EINVAL;
	file = bdev_file_open_by_path(disk, BLK_OPEN_READ | BLK_OPEN_WRITE, THIS_MODULE, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	for (index = 0; index < WORKERS && !ret; index++)
		ret = start_worker(&workers[index], index);
	if (ret)
		stress_exit();
	return ret;
}
module_init(stress_init);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("Uses dm-io and kcopyd by the kernel's own names");
MODULE_LICENSE("GPL");
