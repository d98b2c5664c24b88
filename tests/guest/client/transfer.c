// SPDX-License-Identifier: GPL-2.0
/*
 * A long transfer through the dm-io services: done in requests of 1 MiB, one
 * after the other, or several at a time when they are asynchronous.
 */
#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/semaphore.h>

#include "client.h"

#define REQUEST_SECTORS ((sector_t)SZ_1M >> SECTOR_SHIFT)
#define REQUESTS_IN_FLIGHT 8
#define RESERVED_PAGES (REQUESTS_IN_FLIGHT * SZ_1M / PAGE_SIZE)

/* The asynchronous requests of one transfer. */
struct flight {
	struct semaphore places;
	atomic_long_t error;
};

int transfer_init(void)
{
	return dm_io_get(RESERVED_PAGES);
}

void transfer_exit(void)
{
	dm_io_put(RESERVED_PAGES);
}

static int request_sync(struct buffer *buffer, struct transfer *t,
			sector_t start, unsigned long *error)
{
	size_t byte = start << SECTOR_SHIFT;
	size_t page = byte / PAGE_SIZE;
	int rw = (__force int)t->rw;

	switch (t->service) {
	case SERVICE_LIST:
		return dm_io_sync(t->num_regions, t->regions, rw,
				  &buffer->list[page], 0, error);
	case SERVICE_BVEC:
		return dm_io_sync_bvec(t->num_regions, t->regions, rw,
				       &buffer->vector[page], error);
	case SERVICE_VM:
		return dm_io_sync_vm(t->num_regions, t->regions, rw,
				     buffer->data + byte, error);
	}
	return -EINVAL;
}

/* May run in interrupt context. The last up() lets flight_land() return. */
static void request_done(unsigned long error, void *context)
{
	struct flight *flight = context;

	atomic_long_or(error, &flight->error);
	up(&flight->places);
}

static int request_async(struct buffer *buffer, struct transfer *t,
			 sector_t start, struct flight *flight)
{
	size_t byte = start << SECTOR_SHIFT;
	size_t page = byte / PAGE_SIZE;
	int rw = (__force int)t->rw;

	switch (t->service) {
	case SERVICE_LIST:
		return dm_io_async(t->num_regions, t->regions, rw,
				   &buffer->list[page], 0,
				   request_done, flight);
	case SERVICE_BVEC:
		return dm_io_async_bvec(t->num_regions, t->regions, rw,
					&buffer->vector[page],
					request_done, flight);
	case SERVICE_VM:
		return dm_io_async_vm(t->num_regions, t->regions, rw,
				      buffer->data + byte,
				      request_done, flight);
	}
	return -EINVAL;
}

static int request_launch(struct buffer *buffer, struct transfer *t,
			  sector_t start, struct flight *flight)
{
	unsigned long error = 0;
	int ret;

	if (!t->async) {
		ret = request_sync(buffer, t, start, &error);
		atomic_long_or(error, &flight->error);
		/* An I/O error is in the set: the other requests go on. */
		return ret == -EIO && error ? 0 : ret;
	}

	down(&flight->places);
	ret = request_async(buffer, t, start, flight);
	if (ret)
		up(&flight->places);
	return ret;
}

static void flight_land(struct flight *flight)
{
	for (int i = 0; i < REQUESTS_IN_FLIGHT; i++)
		down(&flight->places);
}

int transfer_run(struct buffer *buffer, struct transfer *t,
		 unsigned long *error)
{
	sector_t count = t->regions[0].count, done = 0;
	struct flight flight = {};
	int ret;

	sema_init(&flight.places, REQUESTS_IN_FLIGHT);
	do {
		sector_t part = min(count - done, REQUEST_SECTORS);

		for (unsigned int i = 0; i < t->num_regions; i++)
			t->regions[i].count = part;
		ret = request_launch(buffer, t, t->start + done, &flight);
		for (unsigned int i = 0; i < t->num_regions; i++)
			t->regions[i].sector += part;
		done += part;
	} while (!ret && done < count);
	flight_land(&flight);

	*error = atomic_long_read(&flight.error);
	return ret;
}
