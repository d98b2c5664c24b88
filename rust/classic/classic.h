/* SPDX-License-Identifier: GPL-2.0 */
/* The services of the kernel's documents: what bindgen reads. */
#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>

void dm_io_rust_warn_excess_put(void);
