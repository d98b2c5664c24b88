/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The copy service: copies a run of sectors from one block device to one or
 * more others.
 *
 * The names and prototypes are those of the kernel's kcopyd document,
 * Documentation/admin-guide/device-mapper/kcopyd.rst.
 */
#ifndef _DM_IO_RUST_KCOPYD_H
#define _DM_IO_RUST_KCOPYD_H

#include <dm_io_rust/dm_io.h>

/* The most destinations that one copy may have. */
#define KCOPYD_MAX_REGIONS 8

/* A bit number in the flags of kcopyd_copy(): copy what can be copied. */
#define KCOPYD_IGNORE_ERROR 1

struct kcopyd_client;

/**
 * typedef kcopyd_notify_fn - completion callback of a copy
 * @read_err: not 0 when any part of the source could not be read
 * @write_err: bit i is set when any part of destination i could not be written
 * @context: as given with the copy
 *
 * Context: Process context. It may sleep, and may start further copies. The
 * callbacks of one client run one at a time. It must not destroy its client.
 */
typedef void (*kcopyd_notify_fn)(int read_err, unsigned int write_err,
				 void *context);

/**
 * kcopyd_client_create - make a client with memory of its own
 * @num_pages: how many pages the client sets aside for its copies, at least 1;
 *	it bounds how much is in flight when memory is short, not what can be
 *	copied
 * @result: receives the client
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL when @num_pages is 0 or @result is NULL, or -ENOMEM.
 */
int kcopyd_client_create(unsigned int num_pages, struct kcopyd_client **result);

/**
 * kcopyd_client_destroy - wait for a client's copies, and free it
 * @kc: the client, or NULL, which is ignored; nobody may start a copy with it
 *	any more
 *
 * Every callback has returned when this does.
 *
 * Context: Process context, may sleep. In a callback of the same client, for which
 * it would have to wait, it is refused with a line in the log: the client stays.
 */
void kcopyd_client_destroy(struct kcopyd_client *kc);

/**
 * kcopyd_copy - copy a region to one or more others
 * @kc: the client
 * @from: the source; not used after the call has returned
 * @num_dests: how many destinations, 1 to KCOPYD_MAX_REGIONS
 * @dests: the destinations, each as long as the source; not used after the call
 *	has returned
 * @flags: 0 or BIT(KCOPYD_IGNORE_ERROR)
 * @fn: called exactly once if the call returns 0, and not otherwise
 * @context: handed to @fn
 *
 * No I/O is submitted by the call itself, whose caller may hold locks that a device
 * beneath wants. A long copy is done in sub-jobs, several of which are in flight
 * at a time. After an error none is started any more, unless KCOPYD_IGNORE_ERROR is
 * set: then all that can be read is written wherever it can be written. What is
 * lost is single blocks: those of the device that has the largest logical blocks,
 * counted from the start of the copy. Blocks that cannot be read are written as
 * zeroes; those that cannot be written to a destination are left as they are
 * there. A write that a device does not support at all is not tried in pieces, nor
 * is what fails on a device once it has failed for 1,024 such blocks of the copy, one
 * after the other: until one succeeds there, a sub-job that fails, of up to the
 * module's kcopyd_subjob_size_kb, is lost as a whole.
 *
 * Without memory the call waits for another copy's callback; from within a
 * callback of the same client, for the kernel to free some.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for arguments that make no sense, with nothing started and
 * a line in the log that names the argument.
 */
int kcopyd_copy(struct kcopyd_client *kc, struct io_region *from,
		unsigned int num_dests, struct io_region *dests,
		unsigned int flags, kcopyd_notify_fn fn, void *context);

#endif /* _DM_IO_RUST_KCOPYD_H */
