// SPDX-License-Identifier: GPL-2.0
/*
 * Rust cannot export a symbol to modules: C does it for the request API.
 */
#include <linux/export.h>

#include <dm_io_rust/mainline.h>

EXPORT_SYMBOL_GPL(rust_dm_io);
EXPORT_SYMBOL_GPL(rust_dm_io_client_create);
EXPORT_SYMBOL_GPL(rust_dm_io_client_destroy);
EXPORT_SYMBOL_GPL(rust_dm_kcopyd_client_create);
EXPORT_SYMBOL_GPL(rust_dm_kcopyd_client_destroy);
EXPORT_SYMBOL_GPL(rust_dm_kcopyd_client_flush);
EXPORT_SYMBOL_GPL(rust_dm_kcopyd_copy);
EXPORT_SYMBOL_GPL(rust_dm_kcopyd_zero);
EXPORT_SYMBOL_GPL(rust_dm_kcopyd_prepare_callback);
EXPORT_SYMBOL_GPL(rust_dm_kcopyd_do_callback);
