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

struct call {
	void *client;
	const struct load *load;
	struct dm_io_region regions[MAX_DISKS];
	struct dm_io_request request;
	struct bio bio;
};

static void *io_create(void)
{
	return dm_io_client_create();
}

static void io_destroy(void *client)
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

static void call_prepare(struct call *call)
{
	const struct buffer *buffer = call->load->buffer;

	bio_init(&call->bio, NULL, buffer->vectors, buffer->num_vectors, call->load->op);
	call->bio.bi_iter.bi_size = buffer->size;
	call->request = (struct dm_io_request) {
		.bi_opf = call->load->op,
		.client = call->client,
	};
	describe(&call->request.mem, buffer, &call->bio);
}

static int call_sync(struct call *call)
{
	return dm_io(&call->request, call->load->num_regions, call->regions, NULL, NULL,
		     IOPRIO_DEFAULT);
}

static void io_done(unsigned long error, unsigned long unsup, void *context)
{
	batch_end_one(context, error || unsup);
}

static int call_async(void *context, struct batch *batch)
{
	struct call *call = context;

	call->request.notify.fn = io_done;
	call->request.notify.context = batch;
	return call_sync(call);
}

static void *copy_create(void)
{
	return dm_kcopyd_client_create(NULL);
}

static void copy_destroy(void *client)
{
	dm_kcopyd_client_destroy(client);
}

static void copy_done(int read_err, unsigned long write_err, void *context)
{
	batch_end_one(context, read_err || write_err);
}

static int call_copy(void *context, struct batch *batch)
{
	struct call *call = context;

	dm_kcopyd_copy(call->client, call->regions, call->load->num_regions, call->regions + 1, 0,
		       copy_done, batch);
	return 0;
}

#include "api.h"
