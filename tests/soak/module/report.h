/* SPDX-License-Identifier: GPL-2.0 */
/* What was done, what was found to be wrong, and both told to user space. */
#ifndef _SOAK_REPORT_H
#define _SOAK_REPORT_H

#include <linux/atomic.h>
#include <linux/compiler_attributes.h>

struct seq_file;

enum count {
	COUNT_READS,
	COUNT_WRITES,
	COUNT_DISCARDS,
	COUNT_ZEROES,
	COUNT_FLUSHES,
	COUNT_COPIES,
	COUNT_ZEROINGS,
	COUNT_CALLBACKS,
	/* How many of them all are of the classic services. */
	COUNT_CLASSIC,
	/* Their regions, sources included, and the sectors of these. */
	COUNT_REGIONS,
	COUNT_SECTORS,
	/* Requests whose data begins within a sector of memory. */
	COUNT_ODD,
	/* Regions with an error, and with an unsupported operation. */
	COUNT_FAILED,
	COUNT_UNSUPPORTED,
	/* How long the longest read took, in milliseconds. */
	COUNT_LONGEST_READ,
	/* Sectors that were compared with the model. */
	COUNT_CHECKED,
	/* What should not have been. */
	COUNT_WRONG,
	COUNTS,
};

extern atomic64_t counts[COUNTS];

static inline void count(enum count which)
{
	atomic64_inc(&counts[which]);
}

static inline void count_most(enum count which, s64 value)
{
	s64 had = atomic64_read(&counts[which]);

	while (value > had && !atomic64_try_cmpxchg(&counts[which], &had, value))
		;
}

void report_counts(struct seq_file *to);
/* Only the first of them are in the log. */
__printf(1, 2) void report_wrong(const char *format, ...);

#endif /* _SOAK_REPORT_H */
