// SPDX-License-Identifier: GPL-2.0
#include "spare_pages.h"

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

long spare_pages(void)
{
	struct zone *zone;
	long pages;
	int cpu;

	/* Stacks of tasks that are gone, and KASAN's shadow of them. */
	vm_unmap_aliases();
	pages = global_zone_page_state(NR_FREE_PAGES) +
		global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
		global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B);
	for_each_populated_zone(zone)
		for_each_online_cpu(cpu)
			pages += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return pages;
}
