/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gives the users of the kernel's own dm-io and kcopyd the engine of dm_io_rust.
 */
#ifndef _DM_IO_RUST_TAKEOVER_H
#define _DM_IO_RUST_TAKEOVER_H

#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>
#include <linux/types.h>

struct ftrace_ops;

/* main.c */
bool takeover_wants_clients(void);
void takeover_unregister(struct ftrace_ops *ops, const char *name);

/* redirect.c */
int takeover_redirect(void);
void takeover_restore(void);

/* clients.c: in place of the functions that create and destroy clients. */
struct dm_io_client *takeover_io_client_create(void);
void takeover_io_client_destroy(struct dm_io_client *client);
struct dm_kcopyd_client *takeover_copy_client_create(struct dm_kcopyd_throttle *throttle);
void takeover_copy_client_destroy(struct dm_kcopyd_client *kc);
int takeover_show_clients(void);
void takeover_hide_clients(void);

/* device.c */
int takeover_watch_devices(void);
void takeover_unwatch_devices(void);
dev_t takeover_current_device(void);

#endif /* _DM_IO_RUST_TAKEOVER_H */
