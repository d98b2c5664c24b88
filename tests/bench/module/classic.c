// SPDX-License-Identifier: GPL-2.0
/* This module, by its classic API. */
#include <linux/err.h>

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>

#include "bench.h"

/* What mainline's clients set aside: that of 16 I/Os, and a part of a copy. */
#define IO_PAGES 16
#define COPY_PAGES 128

static void *classic_io_create(void)
{
	int ret = dm_io_get(IO_PAGES);

	return ret ? ERR_PTR(ret) : NULL;
}

static void classic_io_destroy(void *client)
{
	dm_io_put(IO_PAGES);
}

static void region_on(struct io_region *region, const struct load *load,
		      unsigned int disk)
{
	region->bdev = load->disks[disk];
	region->sector = 0;
	region->count = load->count;
}

static int transfer(const struct load *load, struct io_region *regions)
{
	const struct buffer *buffer = load->buffer;
	int rw = (__force int)load->op;

	switch (buffer->memory) {
	case MEMORY_LIST:
		return dm_io_sync(load->num_regions, regions, rw, buffer->list,
				  0, NULL);
	case MEMORY_VMALLOC:
		return dm_io_sync_vm(load->num_regions, regions, rw,
				     buffer->data, NULL);
	/* This API's kmem is a vector that has all of it. */
	case MEMORY_KMEM:
	case MEMORY_BVEC:
		return dm_io_sync_bvec(load->num_regions, regions, rw,
				       buffer->vectors, NULL);
	}
	return -EINVAL;
}

static int classic_io(void *client, const struct load *load, unsigned int times)
{
	struct io_region regions[MAX_DISKS];
	int ret = 0;

	for (unsigned int i = 0; i < load->num_regions; i++)
		region_on(&regions[i], load, i);
	while (times-- && !ret)
		ret = transfer(load, regions);
	return ret;
}

static void *classic_copy_create(void)
{
	struct kcopyd_client *client;
	int ret = kcopyd_client_create(COPY_PAGES, &client);

	return ret ? ERR_PTR(ret) : client;
}

static void classic_copy_destroy(void *client)
{
	kcopyd_client_destroy(client);
}

static void classic_copy_done(int read_err, unsigned int write_err,
			      void *context)
{
	batch_end_one(context, read_err || write_err);
}

static int classic_copy(void *client, const struct load *load,
			unsigned int times)
{
	struct io_region from, dests[MAX_DISKS - 1];
	struct batch batch;
	int ret = 0;

	region_on(&from, load, 0);
	for (unsigned int i = 0; i < load->num_regions; i++)
		region_on(&dests[i], load, i + 1);
	while (times-- && !ret) {
		batch_start(&batch, load->jobs);
		for (unsigned int i = 0; i < load->jobs; i++)
			if (kcopyd_copy(client, &from, load->num_regions, dests,
					0, classic_copy_done, &batch))
				batch_end_one(&batch, true);
		ret = batch_wait(&batch);
	}
	return ret;
}

const struct service classic_service = {
	.name = "classic",
	.io_create = classic_io_create,
	.io_destroy = classic_io_destroy,
	.io = classic_io,
	.copy_create = classic_copy_create,
	.copy_destroy = classic_copy_destroy,
	.copy = classic_copy,
};
