// SPDX-License-Identifier: GPL-2.0
/*
 * Leaves the work queues their rescuers: no thread is created that could do works, and the
 * workers of each processor are kept busy.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "divert.h"
#include "refusals.h"

/* More than a processor has workers: some are left over, for which there is none. */
#define WORKS_FOR_CPU 64

static bool refuse_workers;

/* The processors whose workers are busy but for one, which has tried to create another. */
static struct cpumask without_workers;
static DECLARE_WAIT_QUEUE_HEAD(tried);

static struct workqueue_struct *queue;
static struct work_struct *works;
static DECLARE_WAIT_QUEUE_HEAD(may_end);

/* Not those of unbound queues, nor of queues of high priority. */
static bool is_for_cpu(void)
{
	return !strstarts(current->comm, "kworker/u") && !task_nice(current);
}

/* In place of kthread_create_on_node(). */
static struct task_struct *no_worker(void)
{
	if (is_for_cpu()) {
		cpumask_set_cpu(task_cpu(current), &without_workers);
		wake_up(&tried);
	}
	return ERR_PTR(-ENOMEM);
}

static int at_kthread_create(struct kprobe *probe, struct pt_regs *regs)
{
	return READ_ONCE(refuse_workers) && current->flags & PF_WQ_WORKER ?
		divert(regs, no_worker) : 0;
}
NOKPROBE_SYMBOL(at_kthread_create);

static struct kprobe *probe = DIVERSION("kthread_create_on_node", at_kthread_create);

static void keep_busy(struct work_struct *work)
{
	wait_event_idle(may_end, !READ_ONCE(refuse_workers));
}

/* Returns when no processor has a worker to be had. */
static void take_workers(void)
{
	int cpu;

	cpumask_clear(&without_workers);
	WRITE_ONCE(refuse_workers, true);
	for_each_online_cpu(cpu)
		for (int i = 0; i < WORKS_FOR_CPU; i++)
			queue_work_on(cpu, queue, &works[cpu * WORKS_FOR_CPU + i]);
	wait_event(tried, cpumask_subset(cpu_online_mask, &without_workers));
}

static void give_workers(void)
{
	WRITE_ONCE(refuse_workers, false);
	wake_up_all(&may_end);
	flush_workqueue(queue);
}

static int set_refuse_workers(const char *value, const struct kernel_param *param)
{
	bool refuse;
	int ret = kstrtobool(value, &refuse);

	if (ret || refuse == refuse_workers)
		return ret;
	if (refuse)
		take_workers();
	else
		give_workers();
	return 0;
}

static const struct kernel_param_ops refuse_workers_ops = {
	.set = set_refuse_workers,
	.get = param_get_bool,
};
module_param_cb(refuse_workers, &refuse_workers_ops, &refuse_workers, 0644);
MODULE_PARM_DESC(refuse_workers, "Whether there are no workers now");

int refuse_workers_init(void)
{
	int ret = -ENOMEM;

	works = kcalloc(nr_cpu_ids * WORKS_FOR_CPU, sizeof(*works), GFP_KERNEL);
	if (!works)
		return ret;
	for (unsigned int i = 0; i < nr_cpu_ids * WORKS_FOR_CPU; i++)
		INIT_WORK(&works[i], keep_busy);
	/* It has no rescuer. */
	queue = alloc_workqueue("dm_io_rust_refusals", WQ_PERCPU, 0);
	if (queue)
		ret = register_kprobe(probe);
	if (!ret)
		return 0;
	if (queue)
		destroy_workqueue(queue);
	kfree(works);
	return ret;
}

void refuse_workers_exit(void)
{
	if (refuse_workers)
		give_workers();
	unregister_kprobe(probe);
	destroy_workqueue(queue);
	kfree(works);
}
