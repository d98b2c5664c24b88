// SPDX-License-Identifier: GPL-2.0
/*
 * Counters for each processor, which cost an instruction each, and the file that
 * shows their sums.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "statistics.h"

static const char *const names[DM_IO_RUST_COUNTERS] = {
	[DM_IO_RUST_IO_REQUESTS] = "io_requests",
	[DM_IO_RUST_IO_SECTORS_READ] = "io_sectors_read",
	[DM_IO_RUST_IO_SECTORS_WRITTEN] = "io_sectors_written",
	[DM_IO_RUST_COPY_JOBS] = "copy_jobs",
	[DM_IO_RUST_COPY_SECTORS] = "copy_sectors",
	[DM_IO_RUST_ZERO_JOBS] = "zero_jobs",
	[DM_IO_RUST_ZERO_SECTORS] = "zero_sectors",
	[DM_IO_RUST_CALLBACK_JOBS] = "callback_jobs",
};

static DEFINE_PER_CPU(u64 [DM_IO_RUST_COUNTERS], counts);
static struct dentry *folder;

/* Counts one of @events, and @amount of @sectors. Any context. */
void dm_io_rust_count(enum dm_io_rust_counter events, enum dm_io_rust_counter sectors,
		      u64 amount)
{
	this_cpu_inc(counts[events]);
	this_cpu_add(counts[sectors], amount);
}

static int statistics_show(struct seq_file *file, void *unused)
{
	int counter, cpu;

	for (counter = 0; counter < DM_IO_RUST_COUNTERS; counter++) {
		u64 sum = 0;

		for_each_possible_cpu(cpu)
			sum += per_cpu(counts[counter], cpu);
		seq_printf(file, "%s %llu\n", names[counter], sum);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(statistics);

void dm_io_rust_show_statistics(void)
{
	folder = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("statistics", 0444, folder, NULL, &statistics_fops);
}

void dm_io_rust_hide_statistics(void)
{
	debugfs_remove(folder);
	folder = NULL;
}
