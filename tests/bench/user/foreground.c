// SPDX-License-Identifier: GPL-2.0
/* Writes of 4 KiB, one at a time and now and then, and how long each took. */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "copies.h"

/* Between writes, and how much longer at random. */
#define LEAST_PAUSE_US 200
#define MORE_PAUSE_US 600
#define MAX_WRITES 65536
/* A prime: with it no place is written again before all others are. */
#define LEAP 7919

static const struct places *places;
static int file;
static atomic_bool is_over;
static pthread_t thread;
static __u64 took[MAX_WRITES];
static size_t writes;

/* Any sequence will do that is the same each time. */
static unsigned int next_random(void)
{
	static __u64 state = 1;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 33;
}

static void *write_on(void *block)
{
	while (!is_over && writes < MAX_WRITES) {
		__u64 place = places->first + writes * LEAP % places->count * places->stride;
		__u64 start = now_ns();

		if (pwrite(file, block, BLOCK_SIZE, place) != BLOCK_SIZE)
			err(1, "%s at %llu", places->device, place);
		took[writes++] = now_ns() - start;
		sleep_us(LEAST_PAUSE_US + next_random() % MORE_PAUSE_US);
	}
	return NULL;
}

void foreground_start(const struct places *where)
{
	places = where;
	file = open_direct(places->device, O_WRONLY);
	if (pthread_create(&thread, NULL, write_on, new_block()))
		errx(1, "no thread");
}

static int compare(const void *one, const void *other)
{
	__u64 a = *(const __u64 *)one, b = *(const __u64 *)other;

	return (a > b) - (a < b);
}

/* The least that so many per cent of the writes did not exceed. */
static __u64 percentile(unsigned int percent)
{
	return took[(writes * percent + 99) / 100 - 1];
}

/* Prints the percentiles. */
void foreground_end(void)
{
	is_over = true;
	pthread_join(thread, NULL);
	if (!writes)
		errx(1, "no write in the foreground");
	qsort(took, writes, sizeof(*took), compare);
	printf(" %llu %llu %llu", percentile(50), percentile(95),
	       percentile(99));
	close(file);
}
