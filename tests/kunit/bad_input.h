/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad input: regions, copies and devices of the kinds that no call may accept.
 */
#ifndef _DM_IO_RUST_BAD_INPUT_H
#define _DM_IO_RUST_BAD_INPUT_H

#include <linux/blk_types.h>
#include <linux/types.h>

#include "service.h"
#include "test_disk.h"

struct kunit;

/* As long is the memory of a call, and each of its regions. */
#define BAD_TARGET_SECTORS 24
/* The most destinations of a copy. */
#define BAD_COPY_DESTS 8

/**
 * struct bad_target - where to an I/O goes, and how: good until a case spoils it
 * @where: the regions
 * @num_regions: how many are given
 * @no_where: give none
 * @opf: the operation
 */
struct bad_target {
	struct service_region where[BITS_PER_LONG + 1];
	unsigned int num_regions;
	bool no_where;
	blk_opf_t opf;
};

/* Has a function or an operation to spoil it with. */
struct bad_target_case {
	const char *name;
	void (*spoil)(struct bad_target *target);
	blk_opf_t opf;
	int ret;
};

/* A disk for the regions of a target. */
struct test_disk *bad_target_disk(struct kunit *test);
void bad_target_init(struct bad_target *target, struct test_disk *td);
void bad_target_spoil(struct bad_target *target, const struct bad_target_case *c);
const void *bad_target_gen_params(struct kunit *test, const void *prev, char *name);

/**
 * struct bad_copy - what to copy where to: good until a case spoils it
 * @from: the source
 * @dests: the destinations, behind which no memory can be read
 * @num_dests: how many are given
 * @flags: as given
 * @no_from: give no such argument
 * @no_dests: give no such argument
 */
struct bad_copy {
	struct service_region from;
	struct service_region *dests;
	unsigned int num_dests;
	unsigned int flags;
	bool no_from;
	bool no_dests;
};

struct bad_copy_case {
	const char *name;
	void (*spoil)(struct bad_copy *copy);
	/* A zeroing has no such argument. */
	bool of_source;
};

void bad_copy_init(struct kunit *test, struct bad_copy *copy, struct test_disk *td);
const void *bad_copy_gen_params(struct kunit *test, const void *prev, char *name);

/* Those that are bad input to a zeroing as well. */
const void *bad_zeroing_gen_params(struct kunit *test, const void *prev, char *name);

/* Copies whose source and destination overlap: bad input to kcopyd_copy() only. */
const void *bad_overlap_gen_params(struct kunit *test, const void *prev, char *name);

/**
 * struct bad_device_case - a device that does not do what it is asked
 * @name: of the case
 * @config: what the device is like
 * @opf: what it is asked
 * @sector: where
 * @count: how much
 * @remove: take it out of the system before
 * @unsup: it cannot do that at all
 */
struct bad_device_case {
	const char *name;
	struct test_disk_config config;
	blk_opf_t opf;
	sector_t sector;
	sector_t count;
	bool remove;
	bool unsup;
};

/* Those for an I/O, and those for either end of a copy. */
const void *bad_device_gen_params(struct kunit *test, const void *prev, char *name);
const void *bad_end_gen_params(struct kunit *test, const void *prev, char *name);

/* The device of a case. */
struct test_disk *bad_device_create(struct kunit *test, const struct bad_device_case *c);

/* A device's registers, which are mapped as vmalloc's pages are and are no memory. */
extern void __iomem *bad_device_memory;
int bad_device_memory_map(struct kunit_suite *suite);
void bad_device_memory_unmap(void);

#endif /* _DM_IO_RUST_BAD_INPUT_H */
