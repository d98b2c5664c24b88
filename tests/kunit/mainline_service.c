// SPDX-License-Identifier: GPL-2.0
#include "service.h"

#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/build_bug.h>
#include <linux/err.h>
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
	memory = test_memory_create(buf->test, buf->service->kind, offset, buf->bytes);
	buf->client = client;
	buf->memory = memory;
	buf->data = memory->data;
}

static void fill(struct service_buffer *buf, u32 seed)
{
	test_memory_fill(buf->memory, seed);
}

static void expect_intact(struct service_buffer *buf)
{
	test_memory_expect_intact(buf->memory);
}

static int io(struct service_buffer *buf, unsigned int num_regions,
	      const struct service_region *where, blk_opf_t opf, struct test_request *req)
{
	struct test_memory *memory = buf->memory;
	struct dm_io_request io_req = {
		.bi_opf = opf,
		.mem = memory->mem,
		.client = buf->client,
		.notify.fn = req ? test_request_dm_io_done : NULL,
		.notify.context = req,
	};

	if (buf->pl)
		io_req.mem.ptr.pl = buf->pl;
	return rust_dm_io(&io_req, num_regions, (struct dm_io_region *)where, &buf->error,
			  &buf->unsup, 0);
}

#define SERVICE(what, type) {			\
	.name = what,				\
	.is_request_api = true,			\
	.kind = type,				\
	.create = create,			\
	.fill = fill,				\
	.expect_intact = expect_intact,		\
	.io = io,				\
}

const struct io_service mainline_page_list = SERVICE("mainline_page_list", DM_IO_PAGE_LIST);
const struct io_service mainline_bio = SERVICE("mainline_bio", DM_IO_BIO);
const struct io_service mainline_vma = SERVICE("mainline_vma", DM_IO_VMA);
const struct io_service mainline_kmem = SERVICE("mainline_kmem", DM_IO_KMEM);

static void *client_create(unsigned int pages)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(NULL);

	return IS_ERR(kc) ? NULL : kc;
}

static void client_destroy(void *client)
{
	rust_dm_kcopyd_client_destroy(client);
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
			    (struct dm_io_region *)dests, flags, call_back, call);
	return 0;
}

const struct copy_service mainline_copies = {
	.name = "mainline",
	.is_request_api = true,
	.create = client_create,
	.destroy = client_destroy,
	.copy = copy,
};
