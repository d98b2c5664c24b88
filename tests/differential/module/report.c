// SPDX-License-Identifier: GPL-2.0
/* Lines of text, read from debugfs when the run has ended. */
#include <linux/kernel.h>
#include <linux/slab.h>

#include "report.h"

#define TEXT_SIZE SZ_64K
#define MOST_TOLD 20

static char *text;
static size_t used;
static u64 run_seed;
static unsigned int differences;

int report_init(void)
{
	text = kvzalloc(TEXT_SIZE, GFP_KERNEL);
	return text ? 0 : -ENOMEM;
}

void report_exit(void)
{
	kvfree(text);
}

void report_start(u64 seed)
{
	used = 0;
	text[0] = '\0';
	run_seed = seed;
	differences = 0;
}

void report_show(struct seq_file *to)
{
	seq_puts(to, text);
}

static void add(const char *kind, struct va_format *line)
{
	used += scnprintf(text + used, TEXT_SIZE - used, "%s %pV\n", kind, line);
	pr_info("differential: %s %pV\n", kind, line);
}

void report_say(const char *format, ...)
{
	struct va_format line = { .fmt = format };
	va_list arguments;

	va_start(arguments, format);
	line.va = &arguments;
	add("say", &line);
	va_end(arguments);
}

void report_difference(unsigned int request, const char *format, ...)
{
	struct va_format line = { .fmt = format };
	va_list arguments;

	if (differences++ >= MOST_TOLD)
		return;
	va_start(arguments, format);
	line.va = &arguments;
	report_say("seed %llu, request %u: %pV", run_seed, request, &line);
	va_end(arguments);
}

void report_check(bool good, const char *format, ...)
{
	struct va_format line = { .fmt = format };
	va_list arguments;

	va_start(arguments, format);
	line.va = &arguments;
	add(good ? "pass" : "fail", &line);
	va_end(arguments);
}

unsigned int report_differences(void)
{
	return differences;
}
