// SPDX-License-Identifier: GPL-2.0
#include <dm_io_rust/kcopyd.h>

#include "classic.h"
#include "worker.h"

static_assert(REQUEST_REGIONS == KCOPYD_MAX_REGIONS);

int classic_create(struct classic *classic, unsigned int pages)
{
	int ret = kcopyd_client_create(pages, &classic->kc);

	if (ret) {
		classic->kc = NULL;
		return ret;
	}
	ret = dm_io_get(pages);
	if (!ret)
		classic->reserved = pages;
	return ret;
}

void classic_destroy(struct classic *classic)
{
	kcopyd_client_destroy(classic->kc);
	dm_io_put(classic->reserved);
	*classic = (struct classic){ };
}

static struct io_region region(const struct place *place)
{
	return (struct io_region) {
		.bdev = place->disk->bdev,
		.sector = place->sector,
		.count = place->count,
	};
}

static void io_done(unsigned long error, void *context)
{
	struct request *request = context;

	request->error = error;
	request_end(request);
}

static void copied(int read_err, unsigned int write_err, void *context)
{
	struct request *request = context;

	request->read_err = read_err;
	request->error = write_err;
	request_end(request);
}

static int start_sync(struct request *request, struct io_region *to)
{
	struct memory *memory = &request->memory;
	int rw = (__force int)request->opf;

	switch (memory->type) {
	case MEMORY_PAGE_LIST:
		return dm_io_sync(request->num, to, rw, memory_nodes(memory),
				  offset_in_page(memory->start), &request->error);
	case MEMORY_BIO:
		return dm_io_sync_bvec(request->num, to, rw, memory->vectors, &request->error);
	default:
		return dm_io_sync_vm(request->num, to, rw, memory_data(memory), &request->error);
	}
}

static int start_async(struct request *request, struct io_region *to)
{
	struct memory *memory = &request->memory;
	int rw = (__force int)request->opf;

	switch (memory->type) {
	case MEMORY_PAGE_LIST:
		return dm_io_async(request->num, to, rw, memory_nodes(memory),
				   offset_in_page(memory->start), io_done, request);
	case MEMORY_BIO:
		return dm_io_async_bvec(request->num, to, rw, memory->vectors, io_done, request);
	default:
		return dm_io_async_vm(request->num, to, rw, memory_data(memory), io_done, request);
	}
}

void classic_start(struct request *request)
{
	struct io_region from, to[REQUEST_REGIONS];

	for (unsigned int i = 0; i < request->num; i++)
		to[i] = region(&request->to[i]);
	if (request->kind == KIND_COPY) {
		from = region(&request->from);
		request->ret = kcopyd_copy(request->worker->classic.kc, &from, request->num, to,
					   request->flags, copied, request);
	} else if (request->waits) {
		request->ret = start_sync(request, to);
	} else {
		request->ret = start_async(request, to);
	}
	/* What is refused is not called back. */
	if (request->ret || (request->waits && request->kind != KIND_COPY))
		request_end(request);
}
