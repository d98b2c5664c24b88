// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how many nanoseconds a copy takes that a device-mapper target makes.
 *
 * usage: copies [foreground DEVICE FIRST STRIDE COUNT]
 *		 [read|write DEVICE FIRST STRIDE COUNT THREADS] [until NAME FIELD END UNIT]
 *
 * "write" and "read" do I/O of 4 KiB, each of which makes the target copy. "until" waits for
 * a number of the target's status, which says how many copies there were. "foreground"
 * writes 4 KiB now and then meanwhile, and adds the 50th, 95th and 99th percentile of how
 * long that takes.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "copies.h"

static struct places foreground;
static struct blocks blocks;
static struct progress progress;

__u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void sleep_us(unsigned int us)
{
	struct timespec time = { .tv_nsec = us * 1000L };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

int open_direct(const char *device, int flags)
{
	int file = open(device, flags | O_DIRECT);

	if (file < 0)
		err(1, "%s", device);
	return file;
}

void *new_block(void)
{
	void *block = aligned_alloc(BLOCK_SIZE, BLOCK_SIZE);

	if (!block)
		err(1, "memory");
	return memset(block, 0x5a, BLOCK_SIZE);
}

/* The next of the arguments. */
static char *word(char ***words)
{
	if (!**words)
		errx(1, "too few arguments");
	return *(*words)++;
}

static __u64 number(char ***words)
{
	return strtoull(word(words), NULL, 10);
}

static void parse_places(char ***words, struct places *places)
{
	places->device = word(words);
	places->first = number(words);
	places->stride = number(words);
	places->count = number(words);
}

static void parse_progress(char ***words)
{
	progress.name = word(words);
	progress.field = number(words);
	progress.end = number(words);
	progress.unit = number(words);
}

static void parse(char **words)
{
	while (*words) {
		const char *what = word(&words);

		if (!strcmp(what, "foreground")) {
			parse_places(&words, &foreground);
		} else if (!strcmp(what, "until")) {
			parse_progress(&words);
		} else {
			blocks.is_write = !strcmp(what, "write");
			parse_places(&words, &blocks.places);
			blocks.threads = number(&words);
		}
	}
	if (!progress.name && !blocks.places.count)
		errx(1, "nothing to do");
}

int main(int count, char **words)
{
	__u64 start, ns = 0;

	parse(words + (count > 0));
	/* What wakes up with another timer's interrupt would see no other time. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (foreground.count)
		foreground_start(&foreground);
	start = now_ns();
	blocks_start(&blocks);
	if (progress.name)
		ns = progress_wait(&progress);
	blocks_end(&blocks);
	if (!progress.name)
		ns = (now_ns() - start) / blocks.places.count;
	printf("%llu", ns);
	if (foreground.count)
		foreground_end();
	putchar('\n');
	return 0;
}
