/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DM_IO_RUST_SPARE_PAGES_H
#define _DM_IO_RUST_SPARE_PAGES_H

/*
 * The pages that are free or on a processor's list of such, or that slabs have:
 * of these a checker keeps many after their end, and kmemleak sees them.
 */
long spare_pages(void);

#endif
