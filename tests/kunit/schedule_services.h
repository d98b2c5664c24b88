/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of dm_io.h, for files that include the request API.
 */
#ifndef _DM_IO_RUST_SCHEDULE_SERVICES_H
#define _DM_IO_RUST_SCHEDULE_SERVICES_H

#include <linux/blk_types.h>

/* Writes to a disk's start, and returns whether that succeeded. */
bool schedule_services_write(struct block_device *bdev, sector_t sectors, bool is_async);

/* Has pages reserved, and gives them back. */
bool schedule_services_reserve(void);

#endif /* _DM_IO_RUST_SCHEDULE_SERVICES_H */
