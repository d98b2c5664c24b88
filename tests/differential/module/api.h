/* SPDX-License-Identifier: GPL-2.0 */
/* The two modules that are compared, each as a table of its functions. */
#ifndef _DIFFERENTIAL_API_H
#define _DIFFERENTIAL_API_H

#include <dm_io_rust/mainline.h>

enum side {
	MAINLINE,
	RUST,
	SIDES,
};

struct api {
	typeof(dm_io_client_create) *io_client_create;
	typeof(dm_io_client_destroy) *io_client_destroy;
	typeof(dm_io) *io;
	typeof(dm_kcopyd_client_create) *client_create;
	typeof(dm_kcopyd_client_destroy) *client_destroy;
	typeof(dm_kcopyd_client_flush) *client_flush;
	typeof(dm_kcopyd_copy) *copy;
	typeof(dm_kcopyd_zero) *zero;
	typeof(dm_kcopyd_prepare_callback) *prepare_callback;
	typeof(dm_kcopyd_do_callback) *do_callback;
};

extern const struct api apis[SIDES];

#endif /* _DIFFERENTIAL_API_H */
