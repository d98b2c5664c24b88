/* SPDX-License-Identifier: GPL-2.0 */
/* I/O of 4 KiB to a device, and what a target copies meanwhile. */
#ifndef COPIES_H
#define COPIES_H

#include <linux/types.h>
#include <stdbool.h>

#define BLOCK_SIZE 4096

/**
 * struct places - where on a device I/O is done
 * @device: its path
 * @first: the first place, in bytes
 * @stride: how far a place is from the one before
 * @count: how many there are, 0 for no I/O
 */
struct places {
	const char *device;
	__u64 first;
	__u64 stride;
	unsigned long count;
};

/**
 * struct blocks - I/O to each of some places, once
 * @places: where it is
 * @is_write: whether they are written, not read
 * @threads: how many of them are in flight
 */
struct blocks {
	struct places places;
	bool is_write;
	unsigned int threads;
};

/**
 * struct progress - a number of a target's status that changes with each copy
 * @name: the device, NULL for none
 * @field: which word of the status begins with it, from 1
 * @end: what it will be in the end
 * @unit: by how much a copy changes it
 */
struct progress {
	const char *name;
	unsigned int field;
	__u64 end;
	unsigned int unit;
};

/* main.c */
__u64 now_ns(void);
void sleep_us(unsigned int us);
int open_direct(const char *device, int flags);
void *new_block(void);

/* blocks.c */
void blocks_start(const struct blocks *blocks);
void blocks_end(const struct blocks *blocks);

/* foreground.c */
void foreground_start(const struct places *places);
void foreground_end(void);

/* progress.c */
__u64 progress_wait(const struct progress *progress);

#endif /* COPIES_H */
