/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls with any arguments at all, valid, invalid and odd ones mixed, of each
 * of which it is known by what the headers say how it must end.
 */
#ifndef _DM_IO_RUST_HOSTILE_H
#define _DM_IO_RUST_HOSTILE_H

#include <linux/prandom.h>
#include <linux/types.h>

#include "service.h"
#include "test_disk.h"

struct kunit;

/* As long is the memory of a call. */
#define HOSTILE_SECTORS 24
#define HOSTILE_DISK_SECTORS 64
/* One more than any call may have, so that there is something to find behind. */
#define HOSTILE_REGIONS (BITS_PER_LONG + 1)

enum hostile_disk {
	HOSTILE_FIRST,
	HOSTILE_SECOND,
	/* Ends before the others do. */
	HOSTILE_SHORT,
	/* Neither discards nor writes zeroes. */
	HOSTILE_UNABLE,
	/* Nor does this, which was taken out of the system. */
	HOSTILE_GONE,
	HOSTILE_DISKS,
};

/**
 * struct hostile - the caller
 * @test: the case
 * @random: every choice comes from it
 * @disk: where regions may be
 * @before: what the disks held when the call was made
 * @calls: how many were made, for messages
 * @served: how many of them were served
 */
struct hostile {
	struct kunit *test;
	struct rnd_state random;
	struct test_disk *disk[HOSTILE_DISKS];
	u8 *before[HOSTILE_DISKS];
	unsigned int calls;
	unsigned int served;
};

/* What must become of a region whose call is not refused. */
enum hostile_outcome {
	HOSTILE_DONE,
	HOSTILE_FAILED,
	HOSTILE_UNSUPPORTED,
	/* It fails for either reason. */
	HOSTILE_FAILED_SOMEHOW,
	/* It has no sectors. */
	HOSTILE_SKIPPED,
	/* Each sector is as it was, or zeroes, or has some of what was to be written. */
	HOSTILE_IN_PART,
};

struct hostile *hostile_create(struct kunit *test, u32 seed);

/* A number below @limit, and true once in @times. */
u32 hostile_below(struct hostile *h, u32 limit);
bool hostile_once_in(struct hostile *h, u32 times);

/* A region that is good, or not, on any disk, or none. */
struct service_region hostile_region(struct hostile *h);
bool hostile_is_valid(const struct service_region *r);
bool hostile_is_beyond(const struct hostile *h, const struct service_region *r);
struct test_disk *hostile_disk_of(const struct hostile *h, const struct service_region *r);

/* What the disks hold now is what they held before the next call. */
void hostile_remember(struct hostile *h);

/* Expects no disk to have got a bio. */
void hostile_expect_no_bio(struct hostile *h);

/*
 * Expects the regions that are done to hold @data, or zeroes if it is NULL, and every
 * sector outside of these and of those done in part to be as it was. Where a region is done
 * in part, or where two of them overlap, a sector holds nothing that is of neither.
 */
void hostile_expect_written(struct hostile *h, unsigned int num_regions,
			    const struct service_region *where,
			    const enum hostile_outcome *outcomes, const u8 *data);

/* Calls, of each of the services in turn, and expects what must come of it. */
struct hostile_io;
struct hostile_io *hostile_io_create(struct hostile *h);
void hostile_io_call(struct hostile_io *io);

struct hostile_copy;
struct hostile_copy *hostile_copy_create(struct hostile *h);
void hostile_copy_call(struct hostile_copy *copy);

#endif /* _DM_IO_RUST_HOSTILE_H */
