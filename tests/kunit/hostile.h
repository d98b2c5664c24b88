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
#include "test_counters.h"
#include "test_disk.h"

struct hostile_copy;
struct hostile_io;
struct kunit;

/* As long is the memory of a call. */
#define HOSTILE_SECTORS 24
#define HOSTILE_DISK_SECTORS 64
/* One more than any call may have, so that there is something to find behind. */
#define HOSTILE_REGIONS (BITS_PER_LONG + 1)
#define HOSTILE_BUFFERS 64
/* Of each API so many live at a time. */
#define HOSTILE_COPY_CLIENTS 3
#define HOSTILE_COPY_APIS 2

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
 * @counted: what the module is to have counted of them
 * @how: how a service is called, for each buffer
 * @bufs: the memory of each service, with a client if it has such
 * @nr_bufs: how many
 * @kcs: clients for copies
 * @nr_kcs: how many
 * @is_odd: which of them have not as many pages as at first
 * @reserved: the pages that dm_io_get() has reserved
 * @nobody: what is none of the module's objects
 * @io: the arguments of an I/O
 * @copy: the arguments of a copy
 */
struct hostile {
	struct kunit *test;
	struct rnd_state random;
	struct test_disk *disk[HOSTILE_DISKS];
	u8 *before[HOSTILE_DISKS];
	unsigned int calls;
	unsigned int served;
	u64 counted[TEST_COUNTERS];
	const struct service_call *how[HOSTILE_BUFFERS];
	struct service_buffer *bufs[HOSTILE_BUFFERS];
	unsigned int nr_bufs;
	struct copy_client *kcs[HOSTILE_COPY_APIS * HOSTILE_COPY_CLIENTS];
	unsigned int nr_kcs;
	bool is_odd[HOSTILE_COPY_APIS * HOSTILE_COPY_CLIENTS];
	unsigned int reserved;
	unsigned long nobody[4];
	struct hostile_io *io;
	struct hostile_copy *copy;
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

/* Expects the log to have got so many lines of a refusal since this was last asked. */
void hostile_expect_lines(struct hostile *h, unsigned int lines);

/* The memory and the clients that calls are made with. */
void hostile_objects_create(struct hostile *h);

/* Frees one, and makes another: maybe it has the address that was just freed. */
void hostile_renew_buffer(struct hostile *h, unsigned int which);
void hostile_renew_copy_client(struct hostile *h, unsigned int which, unsigned int pages);

/* From now on there is as much memory in use as there was at first. */
void hostile_settle(struct hostile *h);

/* A client for I/O, and what is none, or none for copies. */
void *hostile_io_client(struct hostile *h);
void *hostile_no_io_client(struct hostile *h);
void *hostile_no_copy_client(struct hostile *h);

/* What is wrong with a buffer. */
enum hostile_fault {
	HOSTILE_NO_FAULT,
	/* It cannot hold data. */
	HOSTILE_FAULT_OF_DATA,
	/* No call may be given it. */
	HOSTILE_FAULT,
};

/* The arguments that a buffer is given by. */
struct hostile_args {
	void *ptr;
	void *client;
	unsigned int offset;
	unsigned int type;
	struct bio_vec bvec;
	struct bvec_iter iter;
	struct bio_vec *io_vec;
};

/* Spoils the arguments of a buffer now and then, which are to be restored. */
enum hostile_fault hostile_spoil(struct hostile *h, struct service_buffer *buf);
struct hostile_args hostile_save_args(const struct service_buffer *buf);
void hostile_restore_args(struct service_buffer *buf, const struct hostile_args *args);

/* Calls, of each of the services in turn, and expects what must come of it. */
struct hostile_io *hostile_io_create(struct hostile *h);
void hostile_io_call(struct hostile *h);
struct hostile_copy *hostile_copy_create(struct hostile *h);
void hostile_copy_call(struct hostile *h);

/* Maybe calls a function that does no I/O. */
void hostile_aside(struct hostile *h);

/* Those of the kernel's documents. */
void hostile_get(struct hostile *h);
void hostile_put(struct hostile *h);
void hostile_put_all(struct hostile *h);
void hostile_create_no_kcopyd_client(struct hostile *h);
void hostile_destroy_no_kcopyd_client(struct hostile *h);

/*
 * What new clients do without memory: I/O and copies that need all that they have set aside. The
 * others are expected to do the same.
 */
struct hostile_reserves;
struct hostile_reserves *hostile_reserves_create(struct hostile *h);
void hostile_expect_reserves(struct hostile_reserves *r);

#endif /* _DM_IO_RUST_HOSTILE_H */
