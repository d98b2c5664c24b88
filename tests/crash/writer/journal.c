// SPDX-License-Identifier: GPL-2.0
/* The numbers of the last writes that were acknowledged, on a disk. */
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "writer.h"

static __u32 *last;
static int file;

__u32 journal_open(const char *device, unsigned int writer)
{
	file = open_direct(device, O_RDWR);
	last = new_sectors(1);
	if (pread(file, last, SECTOR_SIZE, writer * SECTOR_SIZE) != SECTOR_SIZE)
		err(1, "%s", device);
	return *last;
}

void journal_put(unsigned int writer, __u32 number)
{
	*last = number;
	if (pwrite(file, last, SECTOR_SIZE, writer * SECTOR_SIZE) != SECTOR_SIZE)
		err(1, "the journal");
}
