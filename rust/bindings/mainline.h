/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads for the request API, which has some of the names of the
 * services for other things.
 */
#include <dm_io_rust/mainline.h>
