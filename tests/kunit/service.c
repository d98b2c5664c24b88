// SPDX-License-Identifier: GPL-2.0
#include "service.h"

#include <kunit/test.h>
#include <linux/slab.h>

#include "test_request.h"
#include "test_thread.h"

static const struct service_call calls[] = {
	{ &dm_io_page_list, false },
	{ &dm_io_page_list, true },
	{ &dm_io_bvecs, false },
	{ &dm_io_bvecs, true },
	{ &dm_io_ragged, false },
	{ &dm_io_ragged, true },
	{ &dm_io_vmalloc, false },
	{ &dm_io_vmalloc, true },
	{ &mainline_page_list, false },
	{ &mainline_page_list, true },
	{ &mainline_bio, false },
	{ &mainline_bio, true },
	{ &mainline_vma, false },
	{ &mainline_vma, true },
	{ &mainline_kmem, false },
	{ &mainline_kmem, true },
};

static const struct service_call one_of_each_api[] = {
	{ &dm_io_vmalloc, true },
	{ &mainline_vma, true },
};

static void call_name(const struct service_call *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s", c->async ? "async" : "sync",
		 c->service->name);
}

static void api_name(const struct service_call *c, char *name)
{
	strscpy(name, c->service->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(call, calls, call_name);
KUNIT_ARRAY_PARAM(api, one_of_each_api, api_name);

const void *service_gen_params(struct kunit *test, const void *prev, char *name)
{
	return call_gen_params(test, prev, name);
}

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

void service_fill(struct service_buffer *buf, u32 seed)
{
	buf->service->fill(buf, seed);
}

void service_expect_intact(struct service_buffer *buf)
{
	buf->service->expect_intact(buf);
}

int service_start(struct service_buffer *buf, unsigned int num_regions,
		  const struct service_region *where, blk_opf_t opf)
{
	int ret = buf->service->io(buf, num_regions, where, opf, buf->req);

	return test_request_started(buf->req, ret);
}

int service_io(struct service_buffer *buf, const struct service_call *c, unsigned int num_regions,
	       const struct service_region *where, blk_opf_t opf)
{
	int ret;

	buf->error = 0;
	buf->unsup = 0;
	if (!c->async)
		return buf->service->io(buf, num_regions, where, opf, NULL);
	ret = service_start(buf, num_regions, where, opf);
	if (ret)
		return ret;
	if (!test_request_ends(buf->req))
		return -ETIMEDOUT;
	buf->error = buf->req->error;
	buf->unsup = buf->req->unsup;
	test_request_reset(buf->req);
	return 0;
}

static const struct copy_service * const copy_services[] = { &kcopyd_copies, &mainline_copies };

/* The parameter is a service, and not the element of an array of them. */
const void *copy_service_gen_params(struct kunit *test, const void *prev, char *name)
{
	const struct copy_service *next = prev ? prev == copy_services[0] ? copy_services[1] :
								    NULL :
						 copy_services[0];

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
	KUNIT_ASSERT_NOT_NULL(test, kc->client);
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
