// SPDX-License-Identifier: GPL-2.0
/* How much memory clients hold: the pages that are free without them, less those with. */
#include <linux/delay.h>
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

static int print_held(const struct load *load, long pages, char *result,
		      size_t size)
{
	scnprintf(result, size, " %ld",
		  pages * (long)PAGE_SIZE / (long)load->num_clients);
	return 0;
}

/*
 * Makes the clients. Once before they have been made and have been at work: what
 * that leaves behind, such as workers, is no client's.
 */
static int clients_of(struct load *load, unsigned int times, long *without)
{
	unsigned int clients = load->num_clients;
	int ret = load_clients(load);

	if (ret)
		return ret;
	ret = load_run(load, times);
	load_forget_clients(load);
	if (ret)
		return ret;
	*without = free_pages_at_rest();
	load->num_clients = clients;
	return load_clients(load);
}

/* Prints how many bytes each client holds that does nothing. */
int measure_idle(struct load *load, char *result, size_t size)
{
	long without;
	int ret = clients_of(load, 0, &without);

	if (ret)
		return ret;
	print_held(load, without - free_pages_at_rest(), result, size);
	load_forget_clients(load);
	return 0;
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

/* Prints the most bytes that each client held while it was at work. */
int measure_busy(struct load *load, char *result, size_t size)
{
	struct run run = { .load = load };
	long without, least;
	int ret = clients_of(load, 1, &without);

	if (ret)
		return ret;
	least = without;
	INIT_WORK_ONSTACK(&run.work, run_work);
	queue_work(system_dfl_wq, &run.work);
	while (!READ_ONCE(run.done)) {
		msleep(LOOK_MS);
		least = min(least, free_pages_now());
	}
	flush_work(&run.work);
	destroy_work_on_stack(&run.work);
	print_held(load, without - least, result, size);
	load_forget_clients(load);
	return run.ret;
}
