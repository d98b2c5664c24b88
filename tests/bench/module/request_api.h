/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The service that is behind the names of linux/dm-io.h and linux/dm-kcopyd.h:
 * mainline.c and request.c say whose that is, and what it is called.
 */
#include <linux/bio.h>
#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>
#include <linux/ioprio.h>

#include "bench.h"

static void *request_io_create(void)
{
	return dm_io_client_create();
}

static void request_io_destroy(void *client)
{
	dm_io_client_destroy(client);
}

static void describe(struct dm_io_memory *mem, const struct buffer *buffer,
		     struct bio *bio)
{
	switch (buffer->memory) {
	case MEMORY_KMEM:
		mem->type = DM_IO_KMEM;
		mem->ptr.addr = buffer->data;
		break;
	case MEMORY_LIST:
		mem->type = DM_IO_PAGE_LIST;
		mem->ptr.pl = buffer->list;
		break;
	case MEMORY_VMALLOC:
		mem->type = DM_IO_VMA;
		mem->ptr.vma = buffer->data;
		break;
	case MEMORY_BVEC:
		mem->type = DM_IO_BIO;
		mem->ptr.bio = bio;
		break;
	}
}

static void region_on(struct dm_io_region *region, const struct load *load,
		      unsigned int disk)
{
	region->bdev = load->disks[disk];
	region->sector = 0;
	region->count = load->count;
}

static int request_io(void *client, const struct load *load, unsigned int times)
{
	struct dm_io_request request = { .bi_opf = load->op, .client = client };
	struct dm_io_region regions[MAX_DISKS];
	struct bio bio;
	int ret = 0;

	bio_init(&bio, NULL, load->buffer->vectors, load->buffer->num_vectors,
		 load->op);
	bio.bi_iter.bi_size = load->buffer->size;
	describe(&request.mem, load->buffer, &bio);
	for (unsigned int i = 0; i < load->num_regions; i++)
		region_on(&regions[i], load, i);
	while (times-- && !ret)
		ret = dm_io(&request, load->num_regions, regions, NULL, NULL,
			    IOPRIO_DEFAULT);
	bio_uninit(&bio);
	return ret;
}

static void *request_copy_create(void)
{
	return dm_kcopyd_client_create(NULL);
}

static void request_copy_destroy(void *client)
{
	dm_kcopyd_client_destroy(client);
}

static void request_copy_done(int read_err, unsigned long write_err,
			      void *context)
{
	batch_end_one(context, read_err || write_err);
}

static int request_copy(void *client, const struct load *load,
			unsigned int times)
{
	struct dm_io_region from, dests[MAX_DISKS - 1];
	struct batch batch;
	int ret = 0;

	region_on(&from, load, 0);
	for (unsigned int i = 0; i < load->num_regions; i++)
		region_on(&dests[i], load, i + 1);
	while (times-- && !ret) {
		batch_start(&batch, load->jobs);
		for (unsigned int i = 0; i < load->jobs; i++)
			dm_kcopyd_copy(client, &from, load->num_regions, dests, 0,
				       request_copy_done, &batch);
		ret = batch_wait(&batch);
	}
	return ret;
}

const struct service SERVICE = {
	.name = SERVICE_NAME,
	.io_create = request_io_create,
	.io_destroy = request_io_destroy,
	.io = request_io,
	.copy_create = request_copy_create,
	.copy_destroy = request_copy_destroy,
	.copy = request_copy,
};
