// SPDX-License-Identifier: GPL-2.0
#include "service.h"

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/ioprio.h>
#include <linux/stddef.h>

#include "test_buffer.h"
#include "test_request.h"

static_assert(sizeof(struct service_region) == sizeof(struct io_region));
static_assert(offsetof(struct service_region, sector) == offsetof(struct io_region, sector));
static_assert(offsetof(struct service_region, count) == offsetof(struct io_region, count));
static_assert(BIT(KCOPYD_IGNORE_ERROR) == COPY_IGNORE_ERROR);

/* Of a task that has set none, which is what bios get that come without one. */
#define TASK_IOPRIO (IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | IOPRIO_BE_NORM)

/* Of the form's arguments the one that is the memory. */
static void *argument_of(const struct test_buffer *memory)
{
	switch (memory->form) {
	case TEST_BUFFER_PAGES:
		return memory->pl;
	case TEST_BUFFER_VMALLOC:
	case TEST_BUFFER_VMAP:
		return memory->data;
	default:
		return memory->bvec;
	}
}

static void create(struct service_buffer *buf, unsigned int offset)
{
	struct test_buffer *memory = test_buffer_create(buf->test, buf->service->kind, offset,
							buf->bytes);

	buf->memory = memory;
	buf->data = memory->data;
	buf->end = test_buffer_end(memory);
	buf->ptr = argument_of(memory);
	buf->offset = offset;
}

static void free(struct service_buffer *buf)
{
	test_buffer_free(buf->memory);
}

static void forget(struct service_buffer *buf)
{
	test_buffer_forget_lists(buf->memory);
}

static void fill(struct service_buffer *buf, u32 seed)
{
	test_buffer_fill(buf->memory, seed);
}

static void expect_intact(struct service_buffer *buf)
{
	test_buffer_expect_margins_intact(buf->memory);
}

static unsigned int vectors(struct service_buffer *buf, size_t bytes)
{
	if (buf->service->kind == TEST_BUFFER_VMALLOC)
		return SERVICE_ANY_VECTORS;
	return test_buffer_vectors(buf->memory, bytes);
}

static int io(struct service_buffer *buf, unsigned int num_regions,
	      const struct service_region *where, blk_opf_t opf, struct test_request *req)
{
	struct io_region *regions = (struct io_region *)where;
	struct test_buffer given = {
		.form = buf->service->kind,
		.pl = buf->ptr,
		.bvec = buf->ptr,
		.data = buf->ptr,
		.offset = buf->offset,
	};
	int rw = (__force int)opf;

	if (req)
		return test_buffer_io_async(&given, num_regions, regions, rw,
					    buf->no_fn ? NULL : test_request_io_done, req);
	return test_buffer_io_sync(&given, num_regions, regions, rw,
				   buf->no_error ? NULL : &buf->error);
}

#define SERVICE(what, bit, form, is_short) {	\
	.name = what,				\
	.memory = bit,				\
	.kind = form,				\
	.has_short_vectors = is_short,		\
	.ioprio = TASK_IOPRIO,			\
	.create = create,			\
	.free = free,				\
	.forget = forget,			\
	.fill = fill,				\
	.expect_intact = expect_intact,		\
	.vectors = vectors,			\
	.io = io,				\
}

const struct io_service dm_io_page_list =
	SERVICE("dm_io_page_list", SERVICE_LIST, TEST_BUFFER_PAGES, false);
const struct io_service dm_io_bvecs =
	SERVICE("dm_io_bvecs", SERVICE_BVECS, TEST_BUFFER_BVECS, false);
const struct io_service dm_io_multi =
	SERVICE("dm_io_multi_page_bvecs", SERVICE_BVECS, TEST_BUFFER_MULTI, false);
const struct io_service dm_io_ragged =
	SERVICE("dm_io_ragged_bvecs", SERVICE_BVECS, TEST_BUFFER_RAGGED, true);
const struct io_service dm_io_vmalloc =
	SERVICE("dm_io_vmalloc", SERVICE_VM, TEST_BUFFER_VMALLOC, false);
const struct io_service dm_io_vmap =
	SERVICE("dm_io_vmap", SERVICE_VM, TEST_BUFFER_VMAP, false);

static void *client_create(unsigned int pages)
{
	struct kcopyd_client *kc;
	int ret = kcopyd_client_create(pages, &kc);

	return ret ? ERR_PTR(ret) : kc;
}

static void client_destroy(void *client)
{
	kcopyd_client_destroy(client);
}

static void call_back(int read_err, unsigned int write_err, void *context)
{
	struct copy_call *call = context;

	call->fn(call, read_err, write_err);
}

static int copy(void *client, const struct service_region *from, unsigned int num_dests,
		const struct service_region *dests, unsigned int flags, struct copy_call *call)
{
	return kcopyd_copy(client, (struct io_region *)from, num_dests,
			   (struct io_region *)dests, flags, call ? call_back : NULL, call);
}

const struct copy_service kcopyd_copies = {
	.name = "kcopyd",
	.create = client_create,
	.destroy = client_destroy,
	.copy = copy,
};
