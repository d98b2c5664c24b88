// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input that only the request API can be given: requests, clients, types of
 * memory, zeroings and callbacks that are none.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/poison.h>
#include <linux/slab.h>

#include "bad_input.h"
#include "service.h"
#include "test_disk.h"
#include "test_memory.h"
#include "test_request.h"

static_assert(BAD_COPY_DESTS == DM_KCOPYD_MAX_REGIONS);

/**
 * struct bad_call - the arguments of a call, good ones that a case spoils
 * @td: the disk
 * @buf: the memory
 * @io: the request
 * @no_io: give none
 */
struct bad_call {
	struct test_disk *td;
	struct service_buffer *buf;
	struct dm_io_request io;
	bool no_io;
};

static void no_request(struct bad_call *call)
{
	call->no_io = true;
}

static void no_client(struct bad_call *call)
{
	call->io.client = NULL;
}

static void client_is_error(struct bad_call *call)
{
	call->io.client = ERR_PTR(-ENOMEM);
}

static void type_unknown(struct bad_call *call)
{
	call->io.mem.type = TEST_MEMORY_TYPES;
}

static void type_far_out(struct bad_call *call)
{
	call->io.mem.type = (enum dm_io_mem_type)-1;
}

/* The pages of the other types are mapped as vmalloc's are. */
static void kmem_of_vmalloc(struct bad_call *call)
{
	call->io.mem.type = DM_IO_KMEM;
	call->io.mem.ptr.addr = call->buf->data;
}

struct bad_case {
	const char *name;
	void (*spoil)(struct bad_call *call);
	bool is_of_mapped;
};

#define BAD(fn, ...) { #fn, fn, ##__VA_ARGS__ }

static const struct bad_case bad_cases[] = {
	BAD(no_request),
	BAD(no_client),
	BAD(client_is_error),
	BAD(type_unknown),
	BAD(type_far_out),
	BAD(kmem_of_vmalloc, true),
};

KUNIT_ARRAY_PARAM_DESC(bad_case, bad_cases, name);

static const struct io_service * const services[] = {
	&mainline_page_list, &mainline_bio, &mainline_vma, &mainline_kmem,
};

static struct bad_call *good_call(struct kunit *test, const struct io_service *service)
{
	struct bad_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->td = bad_target_disk(test);
	call->buf = service_buffer_create(test, service, 0, BAD_TARGET_SECTORS * SECTOR_SIZE);
	service_fill(call->buf, 1);
	call->io = (struct dm_io_request) {
		.bi_opf = REQ_OP_WRITE,
		.mem = ((struct test_memory *)call->buf->memory)->mem,
		.client = call->buf->client,
	};
	return call;
}

/* The call, a synchronous one if there is no request. */
static int do_call(struct bad_call *call, unsigned long *error, unsigned long *unsup,
		   struct test_request *req)
{
	struct dm_io_region where = { call->td->bdev, 0, BAD_TARGET_SECTORS };
	int ret;

	call->io.notify.fn = req ? test_request_dm_io_done : NULL;
	call->io.notify.context = req;
	ret = rust_dm_io(call->no_io ? NULL : &call->io, 1, &where, error, unsup, 0);
	return req ? test_request_started(req, ret) : ret;
}

static void expect_refused(struct kunit *test, struct bad_call *call)
{
	unsigned long error = SERVICE_UNTOUCHED, unsup = SERVICE_UNTOUCHED;
	struct test_request *req = call->buf->req;
	struct test_disk *td = call->td;

	KUNIT_EXPECT_EQ(test, do_call(call, &error, &unsup, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_call(call, NULL, NULL, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_call(call, &error, &unsup, req), -EINVAL);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	KUNIT_EXPECT_EQ(test, error, SERVICE_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, unsup, SERVICE_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
	test_expect_zeroes(test, td->data, td->sectors << SECTOR_SHIFT, "disk");
}

static void mainline_bad_input_is_refused(struct kunit *test)
{
	const struct bad_case *c = test->param_value;

	for (int i = 0; i < ARRAY_SIZE(services); i++) {
		struct bad_call *call;

		if (c->is_of_mapped && services[i] == &mainline_kmem)
			continue;
		call = good_call(test, services[i]);
		c->spoil(call);
		expect_refused(test, call);
	}
}

static void zero(void *kc, const struct bad_copy *copy, dm_kcopyd_notify_fn fn, void *context)
{
	struct dm_io_region *dests = (struct dm_io_region *)copy->dests;

	rust_dm_kcopyd_zero(kc, copy->num_dests, copy->no_dests ? NULL : dests, copy->flags, fn,
			    context);
}

/* The caller is told by the callback, for the call itself returns nothing. */
static void expect_zero_refused(struct kunit *test, void *kc, const struct bad_copy *copy)
{
	struct test_request *req = test_request_create(test);

	test_request_started(req, 0);
	zero(kc, copy, test_request_dm_kcopyd_done, req);
	test_request_expect_copied(req, true, ~0UL);
	KUNIT_EXPECT_FALSE(test, req->in_hardirq);
}

static void mainline_bad_input_zero_is_refused(struct kunit *test)
{
	const struct bad_copy_case *c = test->param_value;
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 16);
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	c->spoil(&copy);
	expect_zero_refused(test, kc->client, &copy);
	/* If it kept anything, this would wait for it. */
	copy_client_destroy(kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void mainline_bad_input_zero_no_client(struct kunit *test)
{
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	expect_zero_refused(test, NULL, &copy);
	expect_zero_refused(test, ERR_PTR(-ENOMEM), &copy);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

/* Nothing is done that nobody could be told of. */
static void mainline_bad_input_no_fn(struct kunit *test)
{
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 16);
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	zero(kc->client, &copy, NULL, NULL);
	zero(NULL, &copy, NULL, NULL);
	copy.num_dests = 0;
	zero(NULL, &copy, NULL, NULL);
	KUNIT_EXPECT_PTR_EQ(test, NULL, rust_dm_kcopyd_prepare_callback(kc->client, NULL, td));
	copy_client_destroy(kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

/* The arguments that the cases above spoil are good ones. */
static void mainline_bad_input_zero_unspoiled(struct kunit *test)
{
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 16);
	struct test_request *req = test_request_create(test);
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	test_request_started(req, 0);
	zero(kc->client, &copy, test_request_dm_kcopyd_done, req);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, BAD_COPY_DESTS);
}

/* A device that does not do what is asked is an error of the zeroing. */
static void mainline_bad_input_zero_device_error(struct kunit *test)
{
	const struct bad_device_case *c = test->param_value;
	struct copy_client *kc = copy_client_create(test, &mainline_copies, 16);
	struct test_disk *bad = bad_device_create(test, c);
	struct test_disk *good = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 64 });
	struct dm_io_region dests[2] = { { good->bdev, 8, 8 }, { bad->bdev, c->sector, 8 } };
	struct test_request *req = test_request_create(test);

	test_request_started(req, 0);
	rust_dm_kcopyd_zero(kc->client, 2, dests, 0, test_request_dm_kcopyd_done, req);
	test_request_expect_copied(req, false, 2);
	KUNIT_EXPECT_EQ(test, good->nr_log, 1);
}

static void mainline_bad_input_no_object(struct kunit *test)
{
	struct test_request *req = test_request_create(test);
	dm_kcopyd_notify_fn fn = test_request_dm_kcopyd_done;

	rust_dm_io_client_destroy(NULL);
	rust_dm_io_client_destroy(ERR_PTR(-ENOMEM));
	rust_dm_kcopyd_client_destroy(NULL);
	rust_dm_kcopyd_client_destroy(ERR_PTR(-ENOMEM));
	rust_dm_kcopyd_client_flush(NULL);
	rust_dm_kcopyd_client_flush(ERR_PTR(-ENOMEM));
	rust_dm_kcopyd_do_callback(NULL, 1, 2);
	KUNIT_EXPECT_PTR_EQ(test, NULL, rust_dm_kcopyd_prepare_callback(NULL, fn, req));
	KUNIT_EXPECT_PTR_EQ(test, NULL, rust_dm_kcopyd_prepare_callback(ERR_PTR(-EIO), fn, req));
	KUNIT_EXPECT_PTR_EQ(test, NULL, rust_dm_kcopyd_prepare_callback(NULL, NULL, NULL));
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
}

/*
 * An object of another kind, or of somebody else, as the kernel's own dm-io and kcopyd:
 * its first word is not the marker of the kind that is asked for.
 */
static void mainline_bad_input_other_object(struct kunit *test)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(NULL);
	struct dm_io_client *client = rust_dm_io_client_create();
	struct test_request *req = test_request_create(test);
	unsigned long somebody[4] = { 1, 2, 3, 4 };
	void *objects[] = { somebody, kc, client };
	dm_kcopyd_notify_fn fn = test_request_dm_kcopyd_done;
	struct dm_io_region none = { };

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
	for (int i = 0; i < ARRAY_SIZE(objects); i++) {
		struct dm_io_request io = { .bi_opf = REQ_OP_DISCARD, .client = objects[i] };

		rust_dm_kcopyd_do_callback(objects[i], 1, 2);
		if (objects[i] != client) {
			KUNIT_EXPECT_EQ(test, rust_dm_io(&io, 1, &none, NULL, NULL, 0), -EINVAL);
			rust_dm_io_client_destroy(objects[i]);
		}
		if (objects[i] != kc) {
			KUNIT_EXPECT_PTR_EQ(test, NULL,
					    rust_dm_kcopyd_prepare_callback(objects[i], fn, req));
			rust_dm_kcopyd_client_flush(objects[i]);
			rust_dm_kcopyd_client_destroy(objects[i]);
		}
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	rust_dm_io_client_destroy(client);
	rust_dm_kcopyd_client_destroy(kc);
}

/* No regions, and no array of them. */
static void mainline_bad_input_no_array(struct kunit *test)
{
	struct dm_io_client *client = rust_dm_io_client_create();
	struct dm_io_request req = {
		.bi_opf = REQ_OP_READ, .mem.type = DM_IO_KMEM, .client = client,
	};

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
	KUNIT_EXPECT_EQ(test, rust_dm_io(&req, 0, NULL, NULL, NULL, 0), -EINVAL);
	rust_dm_io_client_destroy(client);
}

/* The memory of an operation that carries no data is not looked at, in many pieces either. */
static void mainline_bad_input_stale_list(struct kunit *test)
{
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 64, .max_write_zeroes_sectors = 8,
	});
	struct dm_io_client *client = rust_dm_io_client_create();
	struct dm_io_region where = { .bdev = td->bdev, .count = 64 };
	struct dm_io_request req = {
		.bi_opf = REQ_OP_WRITE_ZEROES, .mem.type = DM_IO_PAGE_LIST, .client = client,
	};

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
	req.mem.ptr.pl = LIST_POISON1;
	KUNIT_EXPECT_EQ(test, rust_dm_io(&req, 1, &where, NULL, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 8);
	rust_dm_io_client_destroy(client);
}

static struct kunit_case mainline_bad_input_test_cases[] = {
	KUNIT_CASE(mainline_bad_input_no_array),
	KUNIT_CASE(mainline_bad_input_stale_list),
	KUNIT_CASE_PARAM(mainline_bad_input_is_refused, bad_case_gen_params),
	KUNIT_CASE(mainline_bad_input_zero_unspoiled),
	KUNIT_CASE_PARAM(mainline_bad_input_zero_is_refused, bad_zeroing_gen_params),
	KUNIT_CASE(mainline_bad_input_zero_no_client),
	KUNIT_CASE_PARAM(mainline_bad_input_zero_device_error, bad_end_gen_params),
	KUNIT_CASE(mainline_bad_input_no_fn),
	KUNIT_CASE(mainline_bad_input_no_object),
	KUNIT_CASE(mainline_bad_input_other_object),
	{}
};

static struct kunit_suite mainline_bad_input_test_suite = {
	.name = "dm_io_rust_mainline_bad_input",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_bad_input_test_cases,
};

kunit_test_suite(mainline_bad_input_test_suite);
