/* SPDX-License-Identifier: GPL-2.0 */
/* Requests to dm_io. */
#ifndef _DIFFERENTIAL_IO_PLAN_H
#define _DIFFERENTIAL_IO_PLAN_H

#include "memory.h"
#include "plan.h"

/**
 * struct io_plan - one request, and how it ended
 * @number: of the request in its run
 * @opf: the operation with its flags
 * @num: how many places
 * @places: the regions
 * @old: what a place that ends beyond its device held before; of it @old_place
 * @buffer: the buffer
 * @no_buffer: hand NULL over instead
 * @async: with a callback
 * @no_bits: do not ask for the bits of a call that waits
 * @priority: the I/O priority
 * @answers: of both sides
 */
struct io_plan {
	unsigned int number;
	blk_opf_t opf;
	unsigned int num;
	struct place places[BITS_PER_LONG];
	u8 *old;
	struct place *old_place;
	struct buffer buffer;
	bool no_buffer;
	bool async;
	bool no_bits;
	unsigned short priority;
	struct answer *answers;
};

void io_plan(struct io_plan *plan, size_t start, size_t size);
bool io_is(const struct io_plan *plan, enum req_op op);

int io_init(void);
void io_exit(void);
void io_run(unsigned int requests);
void io_check(struct io_plan *plan);

#endif /* _DIFFERENTIAL_IO_PLAN_H */
