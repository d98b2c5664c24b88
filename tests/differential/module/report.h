/* SPDX-License-Identifier: GPL-2.0 */
/* What a run found, in the words of the guest's report: see tests/guest/report.sh. */
#ifndef _DIFFERENTIAL_REPORT_H
#define _DIFFERENTIAL_REPORT_H

#include <linux/compiler.h>
#include <linux/seq_file.h>
#include <linux/types.h>

int report_init(void);
void report_exit(void);
void report_start(u64 seed);
void report_show(struct seq_file *to);

__printf(1, 2) void report_say(const char *format, ...);
/* A difference at a request: all are counted, the first ones are told. */
__printf(2, 3) void report_difference(unsigned int request, const char *format, ...);
__printf(2, 3) void report_check(bool good, const char *format, ...);
unsigned int report_differences(void);

#endif /* _DIFFERENTIAL_REPORT_H */
