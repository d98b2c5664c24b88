// SPDX-License-Identifier: GPL-2.0
/* How fast a number of a target's status changes. */
#include <err.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "copies.h"

#define PAUSE_US 1000

struct sample {
	__u64 number;
	__u64 ns;
};

/* A field of the status, or the number that it begins with. */
static __u64 status_number(int control, const char *name, unsigned int field)
{
	static union {
		struct dm_ioctl header;
		char bytes[BLOCK_SIZE];
	} request;
	const char *words;

	memset(&request, 0, sizeof(request));
	request.header = (struct dm_ioctl){
		.version = { DM_VERSION_MAJOR, 0, 0 },
		.data_size = sizeof(request),
		.data_start = sizeof(request.header),
		/* It asks, and has nothing written that was to be written later. */
		.flags = DM_NOFLUSH_FLAG,
	};
	snprintf(request.header.name, sizeof(request.header.name), "%s", name);
	if (ioctl(control, DM_TABLE_STATUS, &request))
		err(1, "status of %s", name);
	words = request.bytes + request.header.data_start + sizeof(struct dm_target_spec);
	while (--field)
		words = strchr(words, ' ') + 1;
	return strtoull(words, NULL, 10);
}

static struct sample take_sample(int control, const struct progress *progress)
{
	__u64 number = status_number(control, progress->name, progress->field);

	return (struct sample){ .number = number, .ns = now_ns() };
}

/*
 * Waits until the number is what it will be; how long a copy took. That is between the first
 * and the last sample that are not the end, which may have been long ago when it is seen.
 */
__u64 progress_wait(const struct progress *progress)
{
	int control = open("/dev/mapper/control", O_RDWR);
	struct sample first, last, sample;
	long long changed;

	if (control < 0)
		err(1, "/dev/mapper/control");
	first = take_sample(control, progress);
	last = first;
	sample = first;
	while (sample.number != progress->end) {
		last = sample;
		sleep_us(PAUSE_US);
		sample = take_sample(control, progress);
	}
	close(control);
	changed = llabs((long long)(last.number - first.number)) / progress->unit;
	if (!changed)
		errx(1, "%s was ready at once", progress->name);
	return (last.ns - first.ns) / changed;
}
