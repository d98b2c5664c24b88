/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services of dm_io_rust/dm_io.h and dm_io_rust/kcopyd.h. No file can have their names beside
 * those of mainline's headers, and so all that calls them is behind this one.
 */
#ifndef _SOAK_CLASSIC_H
#define _SOAK_CLASSIC_H

struct kcopyd_client;
struct request;

/**
 * struct classic - what a user of these services has
 * @kc: the client for copies
 * @reserved: for how many pages more there is a reserve than without this user
 */
struct classic {
	struct kcopyd_client *kc;
	unsigned int reserved;
};

/* A client with so many pages, and a reserve for as many. */
int classic_create(struct classic *classic, unsigned int pages);
/* Waits for the client's copies. */
void classic_destroy(struct classic *classic);
/* Starts a request that is not mainline's only. */
void classic_start(struct request *request);

#endif /* _SOAK_CLASSIC_H */
