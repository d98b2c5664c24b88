// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>

#include "load.h"
#include "worker.h"

#define MOST_WORKERS 16

static uint limit_seconds = 300;
module_param(limit_seconds, uint, 0644);
MODULE_PARM_DESC(limit_seconds, "No request may take longer");

static struct worker *workers[MOST_WORKERS];
static unsigned int num_workers;

static void look(struct work_struct *work)
{
	for (unsigned int i = 0; i < num_workers; i++)
		worker_find_late(workers[i], limit_seconds);
	schedule_delayed_work(to_delayed_work(work), HZ);
}

static DECLARE_DELAYED_WORK(watch, look);

int load_start(unsigned int number, u32 seed)
{
	while (num_workers < min(number, MOST_WORKERS)) {
		struct worker *worker = worker_create(num_workers, number, seed);

		if (IS_ERR(worker)) {
			load_stop();
			return PTR_ERR(worker);
		}
		workers[num_workers++] = worker;
	}
	schedule_delayed_work(&watch, HZ);
	return 0;
}

void load_stop(void)
{
	/* Who is stuck is still reported. */
	for (unsigned int i = 0; i < num_workers; i++)
		worker_stop(workers[i]);
	cancel_delayed_work_sync(&watch);
	while (num_workers)
		worker_destroy(workers[--num_workers]);
}

bool load_is_on(void)
{
	return num_workers;
}

void load_settle(void)
{
	for (unsigned int i = 0; i < num_workers; i++)
		worker_settle(workers[i]);
}

static int create_client(void)
{
	struct dm_kcopyd_client *kc = dm_kcopyd_client_create(NULL);
	struct dm_io_client *io = dm_io_client_create();
	struct classic classic = { };
	int ret = PTR_ERR_OR_ZERO(kc) ?: PTR_ERR_OR_ZERO(io) ?: classic_create(&classic, 4);

	classic_destroy(&classic);
	dm_kcopyd_client_destroy(kc);
	dm_io_client_destroy(io);
	return ret;
}

int load_clients(unsigned int number)
{
	int ret = 0;

	while (number-- && !ret) {
		ret = create_client();
		cond_resched();
	}
	return ret;
}
