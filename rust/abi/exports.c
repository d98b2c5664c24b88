// SPDX-License-Identifier: GPL-2.0
/*
 * Rust cannot export a symbol to modules: C does it for the functions of abi/.
 */
#include <linux/export.h>

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>

EXPORT_SYMBOL_GPL(dm_io_get);
EXPORT_SYMBOL_GPL(dm_io_put);
EXPORT_SYMBOL_GPL(dm_io_sync);
EXPORT_SYMBOL_GPL(dm_io_async);
EXPORT_SYMBOL_GPL(dm_io_sync_bvec);
EXPORT_SYMBOL_GPL(dm_io_async_bvec);
EXPORT_SYMBOL_GPL(dm_io_sync_vm);
EXPORT_SYMBOL_GPL(dm_io_async_vm);
EXPORT_SYMBOL_GPL(kcopyd_client_create);
EXPORT_SYMBOL_GPL(kcopyd_client_destroy);
EXPORT_SYMBOL_GPL(kcopyd_copy);
