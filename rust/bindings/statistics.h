/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What went through the module, in debugfs: dm_io_rust/statistics.
 */
#ifndef _DM_IO_RUST_STATISTICS_H
#define _DM_IO_RUST_STATISTICS_H

#include <linux/types.h>

/* What is counted: each has a line in the file, in this order. */
enum dm_io_rust_counter {
	DM_IO_RUST_IO_REQUESTS,
	DM_IO_RUST_IO_SECTORS_READ,
	DM_IO_RUST_IO_SECTORS_WRITTEN,
	DM_IO_RUST_COPY_JOBS,
	DM_IO_RUST_COPY_SECTORS,
	DM_IO_RUST_ZERO_JOBS,
	DM_IO_RUST_ZERO_SECTORS,
	DM_IO_RUST_CALLBACK_JOBS,
	DM_IO_RUST_COUNTERS,
};

void dm_io_rust_count(enum dm_io_rust_counter events, enum dm_io_rust_counter sectors,
		      u64 amount);
void dm_io_rust_show_statistics(void);
void dm_io_rust_hide_statistics(void);

#endif /* _DM_IO_RUST_STATISTICS_H */
