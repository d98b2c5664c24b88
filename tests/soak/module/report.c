// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/stdarg.h>

#include "report.h"

#define MOST_LINES 20

static const char * const names[COUNTS] = {
	[COUNT_READS] = "reads",
	[COUNT_WRITES] = "writes",
	[COUNT_DISCARDS] = "discards",
	[COUNT_ZEROES] = "zeroes",
	[COUNT_FLUSHES] = "flushes",
	[COUNT_COPIES] = "copies",
	[COUNT_ZEROINGS] = "zeroings",
	[COUNT_CALLBACKS] = "callbacks",
	[COUNT_CLASSIC] = "classic",
	[COUNT_REGIONS] = "regions",
	[COUNT_SECTORS] = "sectors",
	[COUNT_ODD] = "odd",
	[COUNT_FAILED] = "failed",
	[COUNT_UNSUPPORTED] = "unsupported",
	[COUNT_LONGEST_READ] = "longest_read_ms",
	[COUNT_CHECKED] = "checked",
	[COUNT_WRONG] = "wrong",
};

atomic64_t counts[COUNTS];

void report_counts(struct seq_file *to)
{
	for (int i = 0; i < COUNTS; i++)
		seq_printf(to, "%s %lld\n", names[i], atomic64_read(&counts[i]));
}

void report_wrong(const char *format, ...)
{
	struct va_format text = { .fmt = format };
	va_list arguments;

	if (atomic64_inc_return(&counts[COUNT_WRONG]) > MOST_LINES)
		return;
	va_start(arguments, format);
	text.va = &arguments;
	pr_err("soak: %pV\n", &text);
	va_end(arguments);
}
