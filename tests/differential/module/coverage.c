// SPDX-License-Identifier: GPL-2.0
/* Counters with names. */
#include <linux/kernel.h>
#include <linux/string.h>

#include "coverage.h"
#include "report.h"

static const char * const names[KINDS] = {
	[IO_READ] = "reads",
	[IO_WRITE] = "writes",
	[IO_FLUSH] = "with a flush",
	[IO_DISCARD] = "discards",
	[IO_ZEROES] = "writes of zeroes",
	[IO_LIST] = "page lists",
	[IO_BIO] = "bios",
	[IO_VMA] = "vmalloc'd",
	[IO_KMEM] = "kernel memory",
	[IO_ODD_START] = "at an odd start",
	[IO_ADVANCED] = "advanced bios",
	[IO_WAITED] = "waited for",
	[IO_CALLED_BACK] = "called back",
	[IO_MANY_REGIONS] = "of more than 8 regions",
	[IO_ZONED] = "written to zones",
	[IO_FAILED] = "failed",
	[IO_UNSUPPORTED] = "unsupported",
	[IO_FAILED_READ] = "failed reads",
	[IO_BEYOND_END] = "written beyond the end",
	[IO_FLUSHED_BEYOND_END] = "empty flushes beyond the end",
	[COPY_ONE] = "to one",
	[COPY_MANY] = "to many",
	[COPY_ZERO] = "zeroed",
	[COPY_SPLIT] = "split",
	[COPY_SEQUENTIAL] = "in sequence",
	[COPY_ZONED] = "to zones",
	[COPY_THROTTLED] = "throttled",
	[COPY_READ_FAILED] = "not read",
	[COPY_WRITE_FAILED] = "not written",
	[COPY_IGNORED] = "with errors ignored",
	[COPY_STOPPED] = "stopped",
	[COPY_OVERLAPPING] = "to where they overlap",
	[COPY_IN_PLACE] = "in place",
	[COPY_BEYOND_END] = "beyond the end",
	[COPY_FLUSHED] = "flushed",
	[COPY_DESTROYED] = "in flight at the client's end",
};

static unsigned int counts[KINDS];

void coverage_start(void)
{
	memset(counts, 0, sizeof(counts));
}

void coverage_count(enum kind kind)
{
	counts[kind]++;
}

void coverage_report(enum kind from, enum kind to)
{
	char line[640];
	size_t used = 0;
	bool each = true;

	for (enum kind kind = from; kind <= to; kind++) {
		used += scnprintf(line + used, sizeof(line) - used, "%s%u %s",
				  kind > from ? ", " : "", counts[kind], names[kind]);
		each &= counts[kind] > 0;
	}
	report_say("%s", line);
	report_check(each, "there was each kind of request");
}
