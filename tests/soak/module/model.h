/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each sector of a disk may hold. A sector is one word of 64 bits over and over, its
 * tag, which no other write has; that of a sector of zeroes is 0. A write that failed
 * leaves a sector with what it held or what it was to hold, until a read tells.
 */
#ifndef _SOAK_MODEL_H
#define _SOAK_MODEL_H

#include <linux/types.h>

/* Sectors with more than a few are read before they are written or copied again. */
#define MODEL_TAGS 6
#define MODEL_FEW 2

/* What is known to fail in a sector. */
#define BAD_READS 1
#define BAD_WRITES 2
/* A write ends that. */
#define BAD_HEALS 4
/* Maybe one has. */
#define BAD_MAYBE 8

/**
 * struct model - what a sector may hold
 * @tags: the tags that are possible
 * @num: how many these are
 * @bad: what fails there, of the BAD_ bits
 */
struct model {
	u64 tags[MODEL_TAGS];
	u8 num;
	u8 bad;
};

static inline void model_set(struct model *sector, u64 tag)
{
	sector->tags[0] = tag;
	sector->num = 1;
}

bool model_has(const struct model *sector, u64 tag);
void model_add(struct model *sector, u64 tag);
void model_add_all(struct model *sector, const struct model *other);
/* Leaves what fails there as it is. */
void model_copy(struct model *sector, const struct model *other);

void content_fill(void *data, u64 tag);
/* Whether there is a tag at all. */
bool content_tag(const void *data, u64 *tag);

#endif /* _SOAK_MODEL_H */
