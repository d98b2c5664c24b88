/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How to tell an object of this module from one of the kernel's own dm-io and
 * kcopyd, where both are in use: see dm_io() in rust_dm_io.rs, and takeover/.
 */
#ifndef _DM_IO_RUST_MARKER_H
#define _DM_IO_RUST_MARKER_H

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/types.h>

/**
 * enum dm_io_rust_kind - what the module hands to its callers
 * @DM_IO_RUST_IO_CLIENT: a struct dm_io_client
 * @DM_IO_RUST_COPY_CLIENT: a struct dm_kcopyd_client, or a struct kcopyd_client
 * @DM_IO_RUST_JOB: what rust_dm_kcopyd_prepare_callback() returns
 * @DM_IO_RUST_KINDS: how many kinds there are
 */
enum dm_io_rust_kind {
	DM_IO_RUST_IO_CLIENT,
	DM_IO_RUST_COPY_CLIENT,
	DM_IO_RUST_JOB,
	DM_IO_RUST_KINDS,
};

/*
 * The first word of an object is the address of the marker of its kind. No object
 * of the kernel's own can have that there: its struct dm_io_client begins with a
 * lock and a small number, struct dm_kcopyd_client and struct kcopyd_job with a
 * pointer to memory that was allocated, or NULL.
 */
extern const char dm_io_rust_marker[DM_IO_RUST_KINDS];

/**
 * dm_io_rust_is - tell whether an object is this module's
 * @marker: the marker of its kind
 * @object: one of that kind, of this module or of the kernel's own dm-io and kcopyd;
 *	NULL and an ERR_PTR are nobody's
 *
 * Context: Any. Calls nothing.
 * Return: Whether it is this module's.
 */
static __always_inline bool dm_io_rust_is(const char *marker, const void *object)
{
	/* What is there in an object of the kernel's own may change: its lock. */
	return !IS_ERR_OR_NULL(object) && READ_ONCE(*(const char *const *)object) == marker;
}

struct dm_kcopyd_client;

/**
 * dm_io_rust_is_calling_back - tell whether this is a callback of a client
 * @kc: the client
 *
 * Context: Any.
 * Return: Whether it is: then the caller cannot destroy the client.
 */
bool dm_io_rust_is_calling_back(struct dm_kcopyd_client *kc);

#endif /* _DM_IO_RUST_MARKER_H */
