/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes a source file that is written for the kernel's dm-io and kcopyd use this
 * module instead, without a change to it:
 *
 *	ccflags-y += -I/path/to/dm_io_rust/include -include dm_io_rust/redirect.h
 *
 * The kernel's own headers then declare these names. All files that share a
 * client (as dm-integrity does with dm-bufio) are to be built like this.
 */
#ifndef _DM_IO_RUST_REDIRECT_H
#define _DM_IO_RUST_REDIRECT_H

#define dm_io rust_dm_io
#define dm_io_client_create rust_dm_io_client_create
#define dm_io_client_destroy rust_dm_io_client_destroy

#define dm_kcopyd_client_create rust_dm_kcopyd_client_create
#define dm_kcopyd_client_destroy rust_dm_kcopyd_client_destroy
#define dm_kcopyd_client_flush rust_dm_kcopyd_client_flush
#define dm_kcopyd_copy rust_dm_kcopyd_copy
#define dm_kcopyd_zero rust_dm_kcopyd_zero
#define dm_kcopyd_prepare_callback rust_dm_kcopyd_prepare_callback
#define dm_kcopyd_do_callback rust_dm_kcopyd_do_callback

#endif /* _DM_IO_RUST_REDIRECT_H */
