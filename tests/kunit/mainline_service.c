// SPDX-License-Identifier: GPL-2.0
#include "service.h"

#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/build_bug.h>
#include <linux/ioprio.h>
#include <linux/stddef.h>

#include "test_memory.h"
#include "test_request.h"

static_assert(sizeof(struct service_region) == sizeof(struct dm_io_region));
static_assert(offsetof(struct service_region, sector) == offsetof(struct dm_io_region, sector));
static_assert(offsetof(struct service_region, count) == offsetof(struct dm_io_region, count));
static_assert(BIT(DM_KCOPYD_IGNORE_ERROR) == COPY_IGNORE_ERROR);

KUNIT_DEFINE_ACTION_WRAPPER(io_client_destroy, rust_dm_io_client_destroy, struct dm_io_client *);

static void create(struct service_buffer *buf, unsigned int offset)
{
	struct dm_io_client *client = rust_dm_io_client_create();
	struct test_memory *memory;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(buf->test, client);
	KUNIT_ASSERT_EQ(buf->test, 0,
			kunit_add_action_or_reset(buf->test, io_client_destroy, client));
	buf->args = kunit_kzalloc(buf->test, sizeof(struct dm_io_request), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(buf->test, buf->args);
	memory = test_memory_create(buf->test, buf->service->kind, offset, buf->bytes);
	buf->client = client;
	buf->memory = memory;
	buf->data = memory->data;
	buf->end = memory->end;
	buf->ptr = memory->mem.ptr.addr;
	buf->offset = memory->mem.offset;
	buf->type = memory->mem.type;
}

static void free(struct service_buffer *buf)
{
	kunit_kfree(buf->test, buf->args);
	test_memory_free(buf->memory);
	kunit_release_action(buf->test, io_client_destroy, buf->client);
}

static void forget(struct service_buffer *buf)
{
	test_memory_forget_arguments(buf->memory);
	kunit_kfree(buf->test, buf->args);
	buf->args = NULL;
}

static void fill(struct service_buffer *buf, u32 seed)
{
	test_memory_fill(buf->memory, seed);
}

static void expect_intact(struct service_buffer *buf)
{
	test_memory_expect_intact(buf->memory);
}

static unsigned int vectors(struct service_buffer *buf, size_t bytes)
{
	return test_memory_vectors(buf->memory, bytes);
}

static int io(struct service_buffer *buf, unsigned int num_regions,
	      const struct service_region *where, blk_opf_t opf, struct test_request *req)
{
	struct dm_io_request *args = buf->args;

	*args = (struct dm_io_request) {
		.bi_opf = opf,
		.mem.type = buf->type,
		.mem.offset = buf->offset,
		.mem.ptr.addr = buf->ptr,
		.client = buf->client,
		.notify.fn = req ? test_request_dm_io_done : NULL,
		.notify.context = req,
	};
	return rust_dm_io(args, num_regions, (struct dm_io_region *)where,
			  buf->no_error ? NULL : &buf->error, buf->no_unsup ? NULL : &buf->unsup,
			  buf->service->ioprio);
}

#define SERVICE(what, bit, type) {					\
	.name = what,							\
	.is_request_api = true,						\
	.memory = bit,							\
	.kind = type,							\
	.ioprio = IOPRIO_CLASS_RT << IOPRIO_CLASS_SHIFT | 3,		\
	.create = create,						\
	.free = free,							\
	.forget = forget,						\
	.fill = fill,							\
	.expect_intact = expect_intact,					\
	.vectors = vectors,						\
	.io = io,							\
}

const struct io_service mainline_page_list =
	SERVICE("mainline_page_list", SERVICE_LIST, DM_IO_PAGE_LIST);
const struct io_service mainline_bio = SERVICE("mainline_bio", SERVICE_BIO, DM_IO_BIO);
const struct io_service mainline_vma = SERVICE("mainline_vma", SERVICE_VM, DM_IO_VMA);
const struct io_service mainline_kmem = SERVICE("mainline_kmem", SERVICE_KMEM, DM_IO_KMEM);

static void *client_create(unsigned int pages)
{
	return rust_dm_kcopyd_client_create(NULL);
}

static void client_destroy(void *client)
{
	rust_dm_kcopyd_client_destroy(client);
}

static void client_flush(void *client)
{
	rust_dm_kcopyd_client_flush(client);
}

static void call_back(int read_err, unsigned long write_err, void *context)
{
	struct copy_call *call = context;

	call->fn(call, read_err, write_err);
}

static int copy(void *client, const struct service_region *from, unsigned int num_dests,
		const struct service_region *dests, unsigned int flags, struct copy_call *call)
{
	rust_dm_kcopyd_copy(client, (struct dm_io_region *)from, num_dests,
			    (struct dm_io_region *)dests, flags, call ? call_back : NULL, call);
	return 0;
}

static int zero(void *client, unsigned int num_dests, const struct service_region *dests,
		unsigned int flags, struct copy_call *call)
{
	rust_dm_kcopyd_zero(client, num_dests, (struct dm_io_region *)dests, flags,
			    call ? call_back : NULL, call);
	return 0;
}

static bool prepare_and_call_back(void *client, struct copy_call *call, int read_err,
				  unsigned long write_err)
{
	void *job = rust_dm_kcopyd_prepare_callback(client, call ? call_back : NULL, call);

	rust_dm_kcopyd_do_callback(job, read_err, write_err);
	return job;
}

const struct copy_service mainline_copies = {
	.name = "mainline",
	.is_request_api = true,
	.create = client_create,
	.destroy = client_destroy,
	.flush = client_flush,
	.copy = copy,
	.zero = zero,
	.call_back = prepare_and_call_back,
};
