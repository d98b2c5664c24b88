// SPDX-License-Identifier: GPL-2.0
/*
 * What tells the module's objects from those of the kernel's own dm-io and kcopyd:
 * its address, which nothing else has.
 */
#include "marker.h"

const char dm_io_rust_marker[DM_IO_RUST_KINDS];
