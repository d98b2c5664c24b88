// SPDX-License-Identifier: GPL-2.0
/*
 * Does the writes of a plan, one after the other, and says which are durable.
 *
 * usage: writer DEVICE PLAN WRITER EVERY log NAME
 *	  writer DEVICE PLAN WRITER EVERY journal DISK
 *
 * A write of PLAN is two numbers of 32 bits, its first sector and how many it has. What is
 * written says in each eight bytes which WRITER it is by, the number of the write, from 1
 * on, and the sector. The writes are O_DSYNC if EVERY is 1; else the device is synced after
 * so many. What is durable then is acknowledged: by a mark in the log of the device NAME of
 * dm-log-writes, or on DISK. With a journal, the program goes on after the write that was
 * acknowledged last, and says so of each on its standard output.
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "writer.h"

struct planned {
	__u32 sector;
	__u32 count;
};

static struct {
	struct planned *writes;
	__u32 count;
} plan;

static unsigned int writer, every;
static bool in_log;
static int device;

int open_direct(const char *path, int flags)
{
	int file = open(path, flags | O_DIRECT);

	if (file < 0)
		err(1, "%s", path);
	return file;
}

void *new_sectors(unsigned int count)
{
	void *sectors = aligned_alloc(4096, (count * SECTOR_SIZE + 4095) / 4096 * 4096);

	if (!sectors)
		err(1, "memory");
	return sectors;
}

static void read_plan(const char *path)
{
	int file = open(path, O_RDONLY);
	struct stat stat;

	if (file < 0 || fstat(file, &stat))
		err(1, "%s", path);
	plan.count = stat.st_size / sizeof(*plan.writes);
	plan.writes = malloc(stat.st_size);
	if (!plan.writes || read(file, plan.writes, stat.st_size) != stat.st_size)
		err(1, "%s", path);
	close(file);
}

static void do_write(__u32 number)
{
	const struct planned *write = &plan.writes[number - 1];
	size_t words = write->count * (SECTOR_SIZE / sizeof(__u64));
	__u64 stamp = (__u64)writer << 56 | (__u64)number << 32 | write->sector;
	__u64 *data = new_sectors(write->count);

	for (size_t i = 0; i < words; i++)
		data[i] = stamp + i / (SECTOR_SIZE / sizeof(__u64));
	if (pwrite(device, data, words * sizeof(*data), (off_t)write->sector * SECTOR_SIZE) !=
	    (ssize_t)(words * sizeof(*data)))
		err(1, "write %u of writer %u", number, writer);
	free(data);
}

static void acknowledge(__u32 number)
{
	if (every > 1 && fsync(device))
		err(1, "write %u of writer %u is not durable", number, writer);
	if (in_log) {
		marks_put(writer, number);
		return;
	}
	journal_put(writer, number);
	/* In one call, or lines of other writers would come between. */
	if (write(STDOUT_FILENO, "acknowledged\n", 13) != 13)
		err(1, "standard output");
}

int main(int argc, char **argv)
{
	__u32 number = 0;

	if (argc != 7)
		errx(1, "usage: writer DEVICE PLAN WRITER EVERY log|journal WHERE");
	writer = atoi(argv[3]);
	every = atoi(argv[4]);
	in_log = !strcmp(argv[5], "log");
	device = open_direct(argv[1], O_WRONLY | (every == 1 ? O_DSYNC : 0));
	read_plan(argv[2]);
	if (in_log)
		marks_open(argv[6]);
	else
		number = journal_open(argv[6], writer);
	while (number < plan.count) {
		do_write(++number);
		if (number % every == 0)
			acknowledge(number);
	}
	return 0;
}
