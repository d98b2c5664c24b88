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

/**
 * struct answer - how a request ended on one side
 * @ret: what the call returned
 * @error: the error bits
 * @other: the unsupported bits, or the read error of a copy
 * @calls: how often it was called back
 * @bad_context: a callback came where none may
 * @early: it ended before all of its bios had
 * @side: the side
 * @num: how many places
 * @places: the places whose bios end before it does
 * @from: the same of a copy's source
 */
struct answer {
	int ret;
	unsigned long error;
	unsigned long other;
	atomic_t calls;
	bool bad_context;
	bool early;
	enum side side;
	unsigned int num;
	const struct place *places;
	const struct place *from;
};

/* No two places of a batch overlap, so that the order of I/O changes nothing. */
void plan_start_batch(void);
sector_t plan_size(sector_t most);
bool plan_place(struct place *place, sector_t count, bool writes);
/* The same on a device on which some sectors fail, and others do not. */
bool plan_failing_place(struct place *place, sector_t count);
/* The same on a device on which no sector fails, and any can be written. */
bool plan_sound_place(struct place *place, sector_t count);
/* The same, of which so many sectors are beyond the end. */
bool plan_beyond_end(struct place *place, sector_t count, sector_t beyond);
bool place_misses_zone(const struct place *place);
bool place_may_fail(const struct place *place, bool writes);
struct dm_io_region place_region(const struct place *place, enum side side);
int places_ready(struct place *places, unsigned int num);

/* Waits for callbacks: for so many of them, and not for ever. */
void plan_expect(unsigned int calls);
void plan_called(struct answer *answer);
/* A request of which nobody is told has ended. */
void plan_ended(struct answer *answer);
void plan_not_called(void);
bool plan_wait(void);
/* The same without a wait: whether they all came. */
bool plan_is_over(void);

#endif /* _DIFFERENTIAL_PLAN_H */
