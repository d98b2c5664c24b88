/* SPDX-License-Identifier: GPL-2.0 */
/* What of a place can be read, block by block: past both modules. */
#ifndef _DIFFERENTIAL_READABLE_H
#define _DIFFERENTIAL_READABLE_H

#include "plan.h"

/**
 * struct readable - a place, read by units of one or more blocks
 * @data: its bytes; zeroes where it cannot be read
 * @good: a byte for each sector: whether it can be read
 */
struct readable {
	u8 *data;
	u8 *good;
};

/* @unit: in sectors, counted from the start of the place. */
int readable_get(struct readable *readable, struct place *place, sector_t unit);
void readable_put(struct readable *readable);
/* A copy of what the raw device holds there, on one side. */
u8 *readable_raw(struct place *place, enum side side);

#endif /* _DIFFERENTIAL_READABLE_H */
