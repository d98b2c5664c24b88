/* SPDX-License-Identifier: GPL-2.0 */
/* What the requests of a batch, which are in flight together, have in common. */
#ifndef _DIFFERENTIAL_PLAN_H
#define _DIFFERENTIAL_PLAN_H

#include <linux/atomic.h>

#include "disk.h"

#define MAX_BATCH 4

/* A region on either side. */
struct place {
	struct disk *disk;
	sector_t sector;
	sector_t count;
};

/* How a request ended on one side. */
struct answer {
	int ret;
	unsigned long error;
	unsigned long other;	/* unsupported bits, or the read error of a copy */
	atomic_t calls;
	bool bad_context;
};

/* No two places of a batch overlap, so that the order of I/O changes nothing. */
void plan_start_batch(void);
sector_t plan_size(sector_t most);
bool plan_place(struct place *place, sector_t count, bool writes);
/* The same on a device on which some sectors fail, and others do not. */
bool plan_failing_place(struct place *place, sector_t count);
bool place_may_fail(const struct place *place, bool writes);
struct dm_io_region place_region(const struct place *place, enum side side);
int places_ready(struct place *places, unsigned int num);

/* Waits for callbacks: for so many of them, and not for ever. */
void plan_expect(unsigned int calls);
void plan_called(struct answer *answer);
void plan_not_called(void);
bool plan_wait(void);
/* The same without a wait: whether they all came. */
bool plan_is_over(void);

#endif /* _DIFFERENTIAL_PLAN_H */
