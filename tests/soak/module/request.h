/* SPDX-License-Identifier: GPL-2.0 */
/* A request of the load: chosen, started, and compared with the model when it has ended. */
#ifndef _SOAK_REQUEST_H
#define _SOAK_REQUEST_H

#include <linux/atomic.h>
#include <linux/prandom.h>
#include <linux/types.h>

#include "disk.h"
#include "memory.h"

struct worker;

#define REQUEST_REGIONS 8

/* What a prepared callback is given is to come out at the other end. */
#define REQUEST_READ_ERR 1
#define REQUEST_WRITE_ERR 0x5a

enum kind {
	KIND_READ,
	KIND_WRITE,
	KIND_DISCARD,
	KIND_ZEROES,
	KIND_FLUSH,
	KIND_COPY,
	KIND_ZEROING,
	KIND_CALLBACK,
};

/**
 * struct place - a region, and what there was of its device when the request began
 * @disk: the disk
 * @sector: its first sector
 * @count: its length
 * @end: the length of the device
 * @able: the device could do the operation
 * @may_fail: its I/O could fail
 */
struct place {
	struct disk *disk;
	sector_t sector;
	sector_t count;
	sector_t end;
	bool able;
	bool may_fail;
};

/**
 * struct request - a request
 * @worker: whose it is
 * @kind: what it does
 * @is_classic: it is one of dm_io_rust/dm_io.h or dm_io_rust/kcopyd.h
 * @waits: the call is to wait for it
 * @opf: the operation and the flags of an I/O
 * @ioprio: its priority
 * @flags: the flags of a copy
 * @block: the largest block of the disks it may be for, in sectors
 * @from: the source of a copy
 * @to: the regions
 * @num: how many these are
 * @tag: what is written to the first sector
 * @memory: what is read to or written from
 * @ret: what the call returned
 * @error: the regions that failed
 * @unsup: the regions that are unsupported
 * @read_err: whether a copy could not be read
 * @calls: how often it was called back
 * @has_ended: it has been called back, or waited for
 * @in_use: it is started, and has not been checked; its places are nobody else's
 * @serial: one more with each request
 * @since: when it was started
 * @took: how long it has taken
 * @is_late: it has been reported for how long it takes
 */
struct request {
	struct worker *worker;
	enum kind kind;
	bool is_classic;
	bool waits;
	blk_opf_t opf;
	unsigned short ioprio;
	unsigned int flags;
	unsigned int block;
	struct place from;
	struct place to[REQUEST_REGIONS];
	unsigned int num;
	u64 tag;
	struct memory memory;
	int ret;
	unsigned long error;
	unsigned long unsup;
	int read_err;
	atomic_t calls;
	bool has_ended;
	bool in_use;
	unsigned int serial;
	unsigned long since;
	unsigned long took;
	bool is_late;
};

/* Chooses what is to be done; there is always something. */
void request_choose(struct request *request);
void request_start(struct request *request);
/* It has been called back, or waited for; anybody may call this. */
void request_end(struct request *request);
/* Compares what has come of it with the model, which then says what is known. */
void request_check(struct request *request);
__printf(2, 3) void request_report(const struct request *request, const char *format, ...);

/* Whether the device of a place can do now what the request asks of it. */
bool request_is_able(const struct request *request, const struct place *place);
/* The sectors that the request's buffer has. */
sector_t request_sectors(const struct request *request);

static inline bool request_is_copy(const struct request *request)
{
	return request->kind == KIND_COPY || request->kind == KIND_ZEROING ||
	       request->kind == KIND_CALLBACK;
}

#endif /* _SOAK_REQUEST_H */
