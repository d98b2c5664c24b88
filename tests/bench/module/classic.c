// SPDX-License-Identifier: GPL-2.0
/* This module, by its classic API. */
#include <linux/err.h>

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>

#include "bench.h"

/* What mainline's clients set aside: that of 16 I/Os, and a part of a copy. */
#define IO_PAGES 16
#define COPY_PAGES 128

struct call {
	void *client;
	const struct load *load;
	struct io_region regions[MAX_DISKS];
};

static void *io_create(void)
{
	int ret = dm_io_get(IO_PAGES);

	return ret ? ERR_PTR(ret) : NULL;
}

static void io_destroy(void *client)
{
	dm_io_put(IO_PAGES);
}

static void call_prepare(struct call *call)
{
	/* There is nothing that does for more than one call. */
}

/* This API's kmem is a vector that has all of it. */
static int call_sync(struct call *call)
{
	const struct buffer *buffer = call->load->buffer;
	unsigned int num_regions = call->load->num_regions;
	int rw = (__force int)call->load->op;

	switch (buffer->memory) {
	case MEMORY_LIST:
		return dm_io_sync(num_regions, call->regions, rw, buffer->list, 0, NULL);
	case MEMORY_VMALLOC:
		return dm_io_sync_vm(num_regions, call->regions, rw, buffer->data, NULL);
	case MEMORY_KMEM:
	case MEMORY_BVEC:
		return dm_io_sync_bvec(num_regions, call->regions, rw, buffer->vectors, NULL);
	}
	return -EINVAL;
}

static void io_done(unsigned long error, void *context)
{
	batch_end_one(context, error);
}

static int call_async(void *context, struct batch *batch)
{
	struct call *call = context;
	const struct buffer *buffer = call->load->buffer;
	unsigned int num_regions = call->load->num_regions;
	int rw = (__force int)call->load->op;

	switch (buffer->memory) {
	case MEMORY_LIST:
		return dm_io_async(num_regions, call->regions, rw, buffer->list, 0, io_done, batch);
	case MEMORY_VMALLOC:
		return dm_io_async_vm(num_regions, call->regions, rw, buffer->data, io_done,
				      batch);
	case MEMORY_KMEM:
	case MEMORY_BVEC:
		return dm_io_async_bvec(num_regions, call->regions, rw, buffer->vectors, io_done,
					batch);
	}
	return -EINVAL;
}

static void *copy_create(void)
{
	struct kcopyd_client *client;
	int ret = kcopyd_client_create(COPY_PAGES, &client);

	return ret ? ERR_PTR(ret) : client;
}

static void copy_destroy(void *client)
{
	kcopyd_client_destroy(client);
}

static void copy_done(int read_err, unsigned int write_err, void *context)
{
	batch_end_one(context, read_err || write_err);
}

static int call_copy(void *context, struct batch *batch)
{
	struct call *call = context;

	return kcopyd_copy(call->client, call->regions, call->load->num_regions,
			   call->regions + 1, 0, copy_done, batch);
}

#define SERVICE classic_service
#define SERVICE_NAME "classic"
#include "api.h"
