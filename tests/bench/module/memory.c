// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory clients hold: the pages that are free without them, less those
 * with. That is done a few times, for slabs have room for some more or fewer.
 */
#include <linux/delay.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "bench.h"

/* Longer than anything that was put off by what was done before. */
#define REST_MS 200
/* How often a load is looked at: much more often than its disks answer. */
#define LOOK_MS 10
/* How often clients are made and measured. */
#define TIMES 9

static long zone_free_pages(struct zone *zone)
{
	long pages = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	int cpu;

	/* Each processor keeps some, which no zone counts. */
	for_each_online_cpu(cpu)
		pages += per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
	return pages;
}

/* Of the first node: the guest has no other. */
static long free_pages_now(void)
{
	struct zone *zones = NODE_DATA(first_online_node)->node_zones;
	long pages = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		if (populated_zone(&zones[i]))
			pages += zone_free_pages(&zones[i]);
	return pages;
}

static long free_pages_at_rest(void)
{
	rcu_barrier();
	msleep(REST_MS);
	return free_pages_now();
}

struct run {
	struct work_struct work;
	struct load *load;
	bool done;
	int ret;
};

static void run_work(struct work_struct *work)
{
	struct run *run = container_of(work, struct run, work);

	run->ret = load_run(run->load, 1);
	WRITE_ONCE(run->done, true);
}

/* Has clients at work, and returns the fewest pages that were free meanwhile. */
static int least_free_pages(struct load *load, long *least)
{
	struct run run = { .load = load };

	*least = LONG_MAX;
	INIT_WORK_ONSTACK(&run.work, run_work);
	queue_work(system_dfl_wq, &run.work);
	while (!READ_ONCE(run.done)) {
		msleep(LOOK_MS);
		*least = min(*least, free_pages_now());
	}
	flush_work(&run.work);
	destroy_work_on_stack(&run.work);
	return run.ret;
}

/* Makes clients, and finds how many pages they hold; it forgets them. */
static int held_pages(struct load *load, bool busy, long *pages)
{
	long without = free_pages_at_rest(), with;
	int ret = load_clients(load);

	if (ret)
		return ret;
	if (busy)
		ret = least_free_pages(load, &with);
	else
		with = free_pages_at_rest();
	*pages = without - with;
	load_forget_clients(load);
	return ret;
}

/*
 * Prints how many bytes each client holds. The first time is not counted: what it
 * leaves behind, such as workers, is no client's.
 */
static int measure_held(struct load *load, bool busy, char *result, size_t size)
{
	unsigned int clients = load->num_clients;
	long pages;
	int used = 0;

	for (unsigned int i = 0; i <= TIMES; i++) {
		int ret = held_pages(load, busy, &pages);

		if (ret)
			return ret;
		load->num_clients = clients;
		if (i > 0)
			used += scnprintf(result + used, size - used, " %ld",
					  pages * (long)PAGE_SIZE / (long)clients);
	}
	return 0;
}

/* Prints how many bytes each client holds that does nothing. */
int measure_idle(struct load *load, char *result, size_t size)
{
	return measure_held(load, false, result, size);
}

/* Prints the most bytes that each client held while it was at work. */
int measure_busy(struct load *load, char *result, size_t size)
{
	return measure_held(load, true, result, size);
}
