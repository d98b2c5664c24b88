// SPDX-License-Identifier: GPL-2.0
/*
 * Rust cannot export a symbol to modules: C does it for the services of the
 * kernel's documents.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/printk.h>

#include "classic.h"

void dm_io_rust_warn_excess_put(void)
{
	pr_warn_once("dm_io_put: more pages than dm_io_get reserved\n");
}

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
