/* SPDX-License-Identifier: GPL-2.0 */
/* Disks that are written from the start of each zone on. */
#ifndef _SOAK_ZONE_H
#define _SOAK_ZONE_H

#include "disk.h"

struct place;
struct request;

/* Empties all zones; what they hold then is the device's choice. */
int zones_reset(struct disk *disk);

/*
 * A place where a zone of the worker's is written next, in a zone that has so much left or
 * is emptied for it. Returns a place of no sectors if the zone is in use.
 */
struct place zone_place(const struct request *request, struct disk *disk, sector_t count,
			bool is_length);
/* What was written, or in part, in which case nobody knows where the zone goes on. */
void zone_written(const struct place *place, bool is_done);

/* All of the zones that a place is in, if the disk has zones. */
sector_t zone_start(const struct place *place);
sector_t zone_end(const struct place *place);

#endif /* _SOAK_ZONE_H */
