// SPDX-License-Identifier: GPL-2.0
/*
 * Rust cannot export a symbol to modules: C does it for the request API. Rust's
 * functions are held against the kernel's headers, and this project's header here.
 */
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/export.h>

#include <dm_io_rust/mainline.h>

#include "marker.h"

static_assert(__same_type(rust_dm_io, dm_io));
static_assert(__same_type(rust_dm_io_client_create, dm_io_client_create));
static_assert(__same_type(rust_dm_io_client_destroy, dm_io_client_destroy));
static_assert(__same_type(rust_dm_kcopyd_client_create, dm_kcopyd_client_create));
static_assert(__same_type(rust_dm_kcopyd_client_destroy, dm_kcopyd_client_destroy));
static_assert(__same_type(rust_dm_kcopyd_client_flush, dm_kcopyd_client_flush));
static_assert(__same_type(rust_dm_kcopyd_copy, dm_kcopyd_copy));
static_assert(__same_type(rust_dm_kcopyd_zero, dm_kcopyd_zero));
static_assert(__same_type(rust_dm_kcopyd_prepare_callback, dm_kcopyd_prepare_callback));
static_assert(__same_type(rust_dm_kcopyd_do_callback, dm_kcopyd_do_callback));

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

/* For dm_io_rust_takeover.ko. */
EXPORT_SYMBOL_GPL(dm_io_rust_is_calling_back);
EXPORT_SYMBOL_GPL(dm_io_rust_marker);
