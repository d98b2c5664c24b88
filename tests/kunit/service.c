// SPDX-License-Identifier: GPL-2.0
#include "service.h"

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "test_request.h"
#include "test_thread.h"

/*
 * Of a page list the offset is one into its first page. Each is used in one of the two ways to
 * wait: where the data starts is nothing that they know of.
 */
static const struct service_call calls[] = {
#ifndef CONFIG_DM_IO_IN_RUST
	{ &dm_io_page_list, false, 0 }, { &dm_io_page_list, true, 0 },
	{ &dm_io_page_list, true, 512 }, { &dm_io_page_list, false, 2 },
	{ &dm_io_page_list, true, PAGE_SIZE - 2 },
	{ &dm_io_bvecs, false, 0 }, { &dm_io_bvecs, true, 0 },
	{ &dm_io_bvecs, false, 1026 },
	{ &dm_io_multi, false, 0 }, { &dm_io_multi, true, 0 },
	{ &dm_io_multi, true, 3584 },
	{ &dm_io_ragged, false, 0 }, { &dm_io_ragged, true, 0 },
	{ &dm_io_ragged, false, 6 },
	{ &dm_io_vmalloc, false, 0 }, { &dm_io_vmalloc, true, 0 },
	{ &dm_io_vmalloc, true, 512 }, { &dm_io_vmalloc, false, 34 },
	{ &dm_io_vmap, false, 0 }, { &dm_io_vmap, true, 0 },
	{ &dm_io_vmap, true, PAGE_SIZE - 2 },
#endif
	{ &mainline_page_list, false, 0 }, { &mainline_page_list, true, 0 },
	{ &mainline_page_list, false, 512 }, { &mainline_page_list, true, PAGE_SIZE - 2 },
	{ &mainline_bio, false, 0 }, { &mainline_bio, true, 0 },
	{ &mainline_bio, false, 1026 }, { &mainline_bio, true, 2 * PAGE_SIZE + 514 },
	{ &mainline_vma, false, 0 }, { &mainline_vma, true, 0 },
	{ &mainline_vma, false, 34 }, { &mainline_vma, true, 3 * PAGE_SIZE - 2 },
	{ &mainline_kmem, false, 0 }, { &mainline_kmem, true, 0 },
	{ &mainline_kmem, false, 512 }, { &mainline_kmem, true, 3 * PAGE_SIZE - 2 },
};

static const struct service_call one_of_each_api[] = {
#ifndef CONFIG_DM_IO_IN_RUST
	{ &dm_io_vmalloc, true },
#endif
	{ &mainline_vma, true },
};

const struct service_call *service_call_next(const struct service_call *prev)
{
	const struct service_call *next = prev ? prev + 1 : calls;

	return next < calls + ARRAY_SIZE(calls) ? next : NULL;
}

static const void *call_named(const struct service_call *c, char *name)
{
	if (c)
		snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s_at_%u", c->async ? "async" : "sync",
			 c->service->name, c->offset);
	return c;
}

const void *service_gen_params(struct kunit *test, const void *prev, char *name)
{
	const struct service_call *c = service_call_next(prev);

	while (c && c->offset)
		c = service_call_next(c);
	return call_named(c, name);
}

const void *service_offset_gen_params(struct kunit *test, const void *prev, char *name)
{
	return call_named(service_call_next(prev), name);
}

static const void *next_of(const struct service_call *prev, char *name, bool async)
{
	const struct service_call *c = service_call_next(prev);

	while (c && c->async != async)
		c = service_call_next(c);
	return call_named(c, name);
}

const void *service_sync_gen_params(struct kunit *test, const void *prev, char *name)
{
	return next_of(prev, name, false);
}

const void *service_async_gen_params(struct kunit *test, const void *prev, char *name)
{
	return next_of(prev, name, true);
}

static void api_name(const struct service_call *c, char *name)
{
	strscpy(name, c->service->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(api, one_of_each_api, api_name);

const void *service_api_gen_params(struct kunit *test, const void *prev, char *name)
{
	return api_gen_params(test, prev, name);
}

struct service_buffer *service_buffer_create(struct kunit *test, const struct io_service *service,
					     unsigned int offset, size_t bytes)
{
	struct service_buffer *buf = kunit_kzalloc(test, sizeof(*buf), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	buf->test = test;
	buf->service = service;
	buf->bytes = bytes;
	service->create(buf, offset);
	buf->req = test_request_create(test);
	return buf;
}

void service_buffer_free(struct service_buffer *buf)
{
	test_request_free(buf->req);
	buf->service->free(buf);
	kunit_kfree(buf->test, buf);
}

void service_forget(struct service_buffer *buf)
{
	buf->service->forget(buf);
}

void service_fill(struct service_buffer *buf, u32 seed)
{
	buf->service->fill(buf, seed);
}

void service_expect_intact(struct service_buffer *buf)
{
	buf->service->expect_intact(buf);
}

unsigned int service_vectors(struct service_buffer *buf, size_t bytes)
{
	return buf->service->vectors(buf, bytes);
}

int service_start(struct service_buffer *buf, unsigned int num_regions,
		  const struct service_region *where, blk_opf_t opf)
{
	int ret = buf->service->io(buf, num_regions, where, opf, buf->req);

	return test_request_started(buf->req, ret);
}

static int start_and_wait(struct service_buffer *buf, unsigned int num_regions,
			  const struct service_region *where, blk_opf_t opf)
{
	int ret = service_start(buf, num_regions, where, opf);

	if (ret)
		return ret;
	if (!test_request_ends(buf->req))
		return -ETIMEDOUT;
	KUNIT_EXPECT_EQ(buf->test, atomic_read(&buf->req->calls), 1);
	/* Only a synchronous call reports in this way. */
	KUNIT_EXPECT_EQ(buf->test, buf->error, SERVICE_UNTOUCHED);
	KUNIT_EXPECT_EQ(buf->test, buf->unsup, SERVICE_UNTOUCHED);
	buf->error = buf->req->error;
	buf->unsup = buf->req->unsup;
	test_request_reset(buf->req);
	return 0;
}

int service_io(struct service_buffer *buf, const struct service_call *c, unsigned int num_regions,
	       const struct service_region *where, blk_opf_t opf)
{
	int ret;

	buf->error = SERVICE_UNTOUCHED;
	buf->unsup = SERVICE_UNTOUCHED;
	if (c->async)
		return start_and_wait(buf, num_regions, where, opf);
	ret = buf->service->io(buf, num_regions, where, opf, NULL);
	if (!buf->service->is_request_api)
		buf->unsup = 0;
	return ret;
}

static void expect_bits(struct service_buffer *buf, unsigned long error, unsigned long unsup)
{
	const struct io_service *service = buf->service;

	if (!service->is_request_api) {
		error |= unsup;
		unsup = 0;
	}
	KUNIT_EXPECT_EQ_MSG(buf->test, buf->error, error, "%s", service->name);
	KUNIT_EXPECT_EQ_MSG(buf->test, buf->unsup, unsup, "%s", service->name);
}

void service_expect_failed(struct service_buffer *buf, const struct service_call *c,
			   unsigned int num_regions, const struct service_region *where,
			   blk_opf_t opf, unsigned long error, unsigned long unsup)
{
	int ret = service_io(buf, c, num_regions, where, opf), want = 0;

	if (!c->async && error)
		want = -EIO;
	else if (!c->async && unsup)
		want = buf->service->is_request_api ? -EOPNOTSUPP : -EIO;
	KUNIT_EXPECT_EQ_MSG(buf->test, ret, want, "%s", buf->service->name);
	expect_bits(buf, error, unsup);
}

void service_expect_done(struct service_buffer *buf, const struct service_call *c,
			 unsigned int num_regions, const struct service_region *where,
			 blk_opf_t opf)
{
	service_expect_failed(buf, c, num_regions, where, opf, 0, 0);
}

void service_expect_ended(struct service_buffer *buf, unsigned long error, unsigned long unsup)
{
	test_request_wait(buf->req);
	buf->error = buf->req->error;
	buf->unsup = buf->req->unsup;
	expect_bits(buf, error, unsup);
}

static const struct copy_service * const copy_services[] = {
#ifndef CONFIG_DM_IO_IN_RUST
	&kcopyd_copies,
#endif
	&mainline_copies,
};

/* The parameter is a service, and not the element of an array of them. */
const void *copy_service_gen_params(struct kunit *test, const void *prev, char *name)
{
	const struct copy_service *next = NULL;
	unsigned int i = ARRAY_SIZE(copy_services);

	while (i-- && copy_services[i] != prev)
		next = copy_services[i];
	if (next)
		strscpy(name, next->name, KUNIT_PARAM_DESC_SIZE);
	return next;
}

static void destroy(void *client)
{
	struct copy_client *kc = client;

	kc->service->destroy(kc->client);
}

static void destroy_in_time(void *client)
{
	struct copy_client *kc = client;
	struct test_thread *thread = test_thread_create(kc->test, destroy, kc);

	test_thread_start(thread);
	test_thread_wait(thread);
}

struct copy_client *copy_client_create(struct kunit *test, const struct copy_service *service,
				       unsigned int pages)
{
	struct copy_client *kc = kunit_kzalloc(test, sizeof(*kc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kc);
	kc->test = test;
	kc->service = service;
	kc->client = service->create(pages);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc->client);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, destroy_in_time, kc));
	return kc;
}

void copy_client_destroy(struct copy_client *kc)
{
	kunit_release_action(kc->test, destroy_in_time, kc);
}

void copy_call_done(struct copy_call *call, int read_err, unsigned long write_err)
{
	test_request_dm_kcopyd_done(read_err, write_err, call->req);
}

struct copy_call *copy_call_create(struct kunit *test)
{
	struct copy_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->fn = copy_call_done;
	call->req = test_request_create(test);
	return call;
}

int copy_start(struct copy_client *kc, struct copy_call *call,
	       const struct service_region *from, unsigned int num_dests,
	       const struct service_region *dests, unsigned int flags)
{
	int ret = kc->service->copy(kc->client, from, num_dests, dests, flags, call);

	return test_request_started(call->req, ret);
}
