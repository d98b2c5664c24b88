// SPDX-License-Identifier: GPL-2.0
#include "service.h"

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include "test_buffer.h"
#include "test_request.h"

static_assert(sizeof(struct service_region) == sizeof(struct io_region));
static_assert(offsetof(struct service_region, sector) == offsetof(struct io_region, sector));
static_assert(offsetof(struct service_region, count) == offsetof(struct io_region, count));
static_assert(BIT(KCOPYD_IGNORE_ERROR) == COPY_IGNORE_ERROR);

static void create(struct service_buffer *buf, unsigned int offset)
{
	struct test_buffer *memory = test_buffer_create(buf->test, buf->service->kind, offset,
							buf->bytes);

	buf->memory = memory;
	buf->data = memory->data;
}

static void fill(struct service_buffer *buf, u32 seed)
{
	test_buffer_fill(buf->memory, seed);
}

static void expect_intact(struct service_buffer *buf)
{
	test_buffer_expect_margins_intact(buf->memory);
}

static int io(struct service_buffer *buf, unsigned int num_regions,
	      const struct service_region *where, blk_opf_t opf, struct test_request *req)
{
	struct io_region *regions = (struct io_region *)where;
	struct test_buffer memory = *(struct test_buffer *)buf->memory;
	int rw = (__force int)opf;

	if (buf->pl)
		memory.pl = buf->pl;
	if (req)
		return test_buffer_io_async(&memory, num_regions, regions, rw,
					    test_request_io_done, req);
	return test_buffer_io_sync(&memory, num_regions, regions, rw, &buf->error);
}

#define SERVICE(what, form) {			\
	.name = what,				\
	.kind = form,				\
	.create = create,			\
	.fill = fill,				\
	.expect_intact = expect_intact,		\
	.io = io,				\
}

const struct io_service dm_io_page_list = SERVICE("dm_io_page_list", TEST_BUFFER_PAGES);
const struct io_service dm_io_bvecs = SERVICE("dm_io_bvecs", TEST_BUFFER_BVECS);
const struct io_service dm_io_ragged = SERVICE("dm_io_ragged_bvecs", TEST_BUFFER_RAGGED);
const struct io_service dm_io_vmalloc = SERVICE("dm_io_vmalloc", TEST_BUFFER_VMALLOC);

static void *client_create(unsigned int pages)
{
	struct kcopyd_client *kc;

	return kcopyd_client_create(pages, &kc) ? NULL : kc;
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
			   (struct io_region *)dests, flags, call_back, call);
}

const struct copy_service kcopyd_copies = {
	.name = "kcopyd",
	.create = client_create,
	.destroy = client_destroy,
	.copy = copy,
};
