/* SPDX-License-Identifier: GPL-2.0 */
/* The bios that both sides submit to the devices, and how they end. */
#ifndef _DIFFERENTIAL_BIOS_H
#define _DIFFERENTIAL_BIOS_H

#include <linux/blk_types.h>

#include "plan.h"

/* What the bios of a place did to a sector of it. */
enum touch {
	NOT_TOUCHED,
	FAILED,
	DONE,
};

/* What is common to the bios of a place. */
struct bio_flags {
	unsigned int num;
	blk_opf_t any;
	blk_opf_t all;
	unsigned int priorities;
};

int bios_init(void);
void bios_exit(void);

/* Forgets the last batch's, and records. */
void bios_start(void);
/* Waits for all, but not for ever, and records no more. */
bool bios_stop(void);

/* Whether a bio of the place has not ended yet. */
bool bios_pending(const struct place *place, enum side side);
struct bio_flags bios_flags(const struct place *place, enum side side);
/* An enum touch for each sector of the place, by its writes or its reads. */
u8 *bios_touched(const struct place *place, enum side side, bool writes);
/* Whether a bio failed in none of whose sectors @good is 0. */
bool bios_failed_in_vain(const struct place *place, enum side side, bool writes, const u8 *good);

#endif /* _DIFFERENTIAL_BIOS_H */
