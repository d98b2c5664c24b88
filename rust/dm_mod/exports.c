// SPDX-License-Identifier: GPL-2.0
/*
 * Rust cannot export a symbol to modules: C does it for the functions of abi/, as
 * dm-io.c and dm-kcopyd.c do.
 */
#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>
#include <linux/export.h>

EXPORT_SYMBOL(dm_io);
EXPORT_SYMBOL(dm_io_client_create);
EXPORT_SYMBOL(dm_io_client_destroy);
EXPORT_SYMBOL(dm_kcopyd_client_create);
EXPORT_SYMBOL(dm_kcopyd_client_destroy);
EXPORT_SYMBOL(dm_kcopyd_client_flush);
EXPORT_SYMBOL(dm_kcopyd_copy);
EXPORT_SYMBOL(dm_kcopyd_zero);
EXPORT_SYMBOL(dm_kcopyd_prepare_callback);
EXPORT_SYMBOL(dm_kcopyd_do_callback);
