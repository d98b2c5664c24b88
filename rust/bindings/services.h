/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads: this project's own headers. What the kernel crate's
 * bindings have already is taken from there.
 */
#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>
#include <dm_io_rust/marker.h>

#include "helpers.h"
#include "statistics.h"
