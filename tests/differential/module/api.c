// SPDX-License-Identifier: GPL-2.0
/* The functions of both modules. */
#include "api.h"

const struct api apis[SIDES] = {
	[MAINLINE] = {
		.io_client_create = dm_io_client_create,
		.io_client_destroy = dm_io_client_destroy,
		.io = dm_io,
		.client_create = dm_kcopyd_client_create,
		.client_destroy = dm_kcopyd_client_destroy,
		.client_flush = dm_kcopyd_client_flush,
		.copy = dm_kcopyd_copy,
		.zero = dm_kcopyd_zero,
		.prepare_callback = dm_kcopyd_prepare_callback,
		.do_callback = dm_kcopyd_do_callback,
	},
	[RUST] = {
		.io_client_create = rust_dm_io_client_create,
		.io_client_destroy = rust_dm_io_client_destroy,
		.io = rust_dm_io,
		.client_create = rust_dm_kcopyd_client_create,
		.client_destroy = rust_dm_kcopyd_client_destroy,
		.client_flush = rust_dm_kcopyd_client_flush,
		.copy = rust_dm_kcopyd_copy,
		.zero = rust_dm_kcopyd_zero,
		.prepare_callback = rust_dm_kcopyd_prepare_callback,
		.do_callback = rust_dm_kcopyd_do_callback,
	},
};
