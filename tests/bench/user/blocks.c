// SPDX-License-Identifier: GPL-2.0
/* I/O of 4 KiB to each of some places, with some in flight. */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "copies.h"

#define MAX_THREADS 64

static struct share {
	const struct blocks *blocks;
	unsigned int number;
	pthread_t thread;
} shares[MAX_THREADS];

static void *do_share(void *context)
{
	const struct share *share = context;
	const struct places *places = &share->blocks->places;
	bool is_write = share->blocks->is_write;
	int file = open_direct(places->device, is_write ? O_WRONLY : O_RDONLY);
	void *block = new_block();

	for (unsigned long i = share->number; i < places->count; i += share->blocks->threads) {
		__u64 place = places->first + i * places->stride;
		ssize_t done = is_write ? pwrite(file, block, BLOCK_SIZE, place) :
					  pread(file, block, BLOCK_SIZE, place);

		if (done != BLOCK_SIZE)
			err(1, "%s at %llu", places->device, place);
	}
	close(file);
	free(block);
	return NULL;
}

void blocks_start(const struct blocks *blocks)
{
	if (blocks->threads > MAX_THREADS)
		errx(1, "too many threads");
	for (unsigned int i = 0; i < blocks->threads; i++) {
		shares[i].blocks = blocks;
		shares[i].number = i;
		if (pthread_create(&shares[i].thread, NULL, do_share, &shares[i]))
			errx(1, "no thread");
	}
}

void blocks_end(const struct blocks *blocks)
{
	for (unsigned int i = 0; i < blocks->threads; i++)
		pthread_join(shares[i].thread, NULL);
}
