// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input to both APIs: a refused call has submitted nothing. It says so by
 * what it returns, and a call that returns nothing by its callback.
 */
#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/bvec.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/slab.h>

#include "bad_input.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"

static_assert(BAD_COPY_DESTS == KCOPYD_MAX_REGIONS);

#define BAD_BYTES (BAD_TARGET_SECTORS * SECTOR_SIZE)

/**
 * struct bad_call - the arguments of a call, good ones that a case spoils
 * @td: the disk of every region
 * @buf: memory that is as long as each region
 * @target: the regions and the operation
 */
struct bad_call {
	struct test_disk *td;
	struct service_buffer *buf;
	struct bad_target target;
};

static void no_fn(struct bad_call *call)
{
	call->buf->no_fn = true;
}

static void no_memory(struct bad_call *call)
{
	call->buf->ptr = NULL;
}

static void no_memory_for_read(struct bad_call *call)
{
	no_memory(call);
	call->target.opf = REQ_OP_READ;
}

static void no_memory_for_second(struct bad_call *call)
{
	no_memory(call);
	call->target.num_regions = 2;
	call->target.where[0].count = 0;
}

/* In bytes the count comes to nothing. */
static void bytes_overflow(struct bad_call *call)
{
	call->target.where[0].sector = 0;
	call->target.where[0].count = 1ULL << 55;
}

static void too_short(struct bad_call *call)
{
	call->target.where[0].count = BAD_TARGET_SECTORS + 8 * PAGE_SECTORS;
}

/* By the least that there is: memory that is mapped has a margin. */
static void too_short_by_sector(struct bad_call *call)
{
	call->target.where[0].count = BAD_TARGET_SECTORS + 1;
}

static void too_short_for_largest(struct bad_call *call)
{
	call->target.num_regions = 3;
	call->target.where[0].count = 1;
	call->target.where[1].count = BAD_TARGET_SECTORS + 1;
	call->target.where[2].count = 2;
}

/* That the region is longer than its device makes the memory no longer. */
static void too_short_for_device(struct bad_call *call)
{
	call->target.where[0].sector = 0;
	call->target.where[0].count = bdev_nr_sectors(call->target.where[0].bdev) + 8;
}

static void list_too_short_by_offset(struct bad_call *call)
{
	call->buf->offset = 2;
}

static void list_without_page(struct bad_call *call)
{
	struct page_list *pl = call->buf->ptr;

	pl[1].page = NULL;
}

static void offset_of_page(struct bad_call *call)
{
	call->buf->offset = PAGE_SIZE;
	call->target.where[0].count = 1;
}

static void offset_beyond(struct bad_call *call)
{
	call->buf->offset = UINT_MAX;
	call->target.where[0].count = 1;
}

static void offset_of_page_without_data(struct bad_call *call)
{
	call->target.opf = REQ_OP_DISCARD;
	call->buf->offset = PAGE_SIZE;
}

static void bvec_without_page(struct bad_call *call)
{
	struct bio_vec *bvec = call->buf->ptr;

	bvec[0].bv_page = NULL;
}

static void bvec_without_length(struct bad_call *call)
{
	struct bio_vec *bvec = call->buf->ptr;

	bvec[0].bv_len = 0;
}

static struct bio_vec *last_bvec(struct bad_call *call)
{
	return (struct bio_vec *)call->buf->ptr + service_vectors(call->buf, BAD_BYTES) - 1;
}

static void last_bvec_without_page(struct bad_call *call)
{
	last_bvec(call)->bv_page = NULL;
}

static void last_bvec_without_length(struct bad_call *call)
{
	last_bvec(call)->bv_len = 0;
}

/* Who has used up a part of the bio has less than the rest. */
static void bio_advanced(struct bad_call *call)
{
	bio_advance(call->buf->ptr, SECTOR_SIZE);
}

static void bio_spent(struct bad_call *call)
{
	bio_advance(call->buf->ptr, BAD_BYTES);
}

static void bio_of_discard(struct bad_call *call)
{
	struct bio *bio = call->buf->ptr;

	bio->bi_opf = REQ_OP_DISCARD;
}

static void bio_without_vectors(struct bad_call *call)
{
	struct bio *bio = call->buf->ptr;

	bio->bi_io_vec = NULL;
}

static void address_of_slab(struct bad_call *call)
{
	call->buf->ptr = call;
}

static void address_of_page_zero(struct bad_call *call)
{
	call->buf->ptr = (void *)8;
}

static void address_of_user(struct bad_call *call)
{
	call->buf->ptr = (void *)0x7f0000001000;
}

static void address_of_code(struct bad_call *call)
{
	call->buf->ptr = service_buffer_create;
}

static void address_of_guard_page(struct bad_call *call)
{
	call->buf->ptr = call->buf->end;
}

static void address_of_device(struct bad_call *call)
{
	call->buf->ptr = (__force void *)bad_device_memory;
}

static void address_of_last_byte(struct bad_call *call)
{
	call->buf->ptr = (void *)ULONG_MAX;
}

/* The area's end, and not the memory's, which has a margin. */
static void area_too_short(struct bad_call *call)
{
	call->buf->ptr = call->buf->end - BAD_BYTES + 2;
}

static void area_too_short_by_sector(struct bad_call *call)
{
	call->buf->ptr = call->buf->end - BAD_BYTES + SECTOR_SIZE;
}

static void area_too_short_for_largest(struct bad_call *call)
{
	call->target.num_regions = 2;
	call->target.where[1].count = ((call->buf->end - call->buf->data) >> SECTOR_SHIFT) + 1;
}

/* There is less memory than this. */
static void kmem_beyond_memory(struct bad_call *call)
{
	call->target.where[0].sector = 0;
	call->target.where[0].count = 1ULL << 40;
}

/* For which kinds of memory a case is. */
#define LIST SERVICE_LIST
#define BVEC SERVICE_BVECS
#define VM SERVICE_VM
#define BIO SERVICE_BIO
#define KMEM SERVICE_KMEM
#define ALL (LIST | BVEC | VM | BIO | KMEM)

struct bad_case {
	const char *name;
	void (*spoil)(struct bad_call *call);
	unsigned int memory;
	/* To the request API a call without a callback is a synchronous one. */
	bool needs_fn;
};

#define BAD(fn, memory, ...) { #fn, fn, memory, ##__VA_ARGS__ }

/* Vectors do not say how many there are. */
static const struct bad_case bad_cases[] = {
	BAD(no_fn, ALL, true),
	BAD(no_memory, ALL),
	BAD(no_memory_for_read, ALL),
	BAD(no_memory_for_second, ALL),
	BAD(bytes_overflow, ALL & ~BVEC),
	BAD(too_short, LIST | VM | BIO),
	BAD(too_short_by_sector, LIST | BIO),
	BAD(too_short_for_largest, LIST | BIO),
	BAD(too_short_for_device, LIST | VM | BIO),
	BAD(list_too_short_by_offset, LIST),
	BAD(list_without_page, LIST),
	BAD(offset_of_page, LIST),
	BAD(offset_beyond, LIST),
	BAD(offset_of_page_without_data, LIST),
	BAD(bvec_without_page, BVEC),
	BAD(last_bvec_without_page, BVEC),
	BAD(bvec_without_length, BVEC),
	BAD(last_bvec_without_length, BVEC),
	BAD(bio_advanced, BIO),
	BAD(bio_spent, BIO),
	BAD(bio_of_discard, BIO),
	BAD(bio_without_vectors, BIO),
	BAD(address_of_slab, VM),
	BAD(address_of_page_zero, VM | KMEM),
	BAD(address_of_user, VM | KMEM),
	BAD(address_of_code, VM),
	BAD(address_of_guard_page, VM),
	BAD(address_of_device, VM),
	BAD(address_of_last_byte, KMEM),
	BAD(area_too_short, VM),
	BAD(area_too_short_by_sector, VM),
	BAD(area_too_short_for_largest, VM),
	BAD(kmem_beyond_memory, KMEM),
};

KUNIT_ARRAY_PARAM_DESC(bad_case, bad_cases, name);

static struct bad_call *good_call(struct kunit *test, const struct io_service *service)
{
	struct bad_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->td = bad_target_disk(test);
	bad_target_init(&call->target, call->td);
	call->buf = service_buffer_create(test, service, 0, BAD_BYTES);
	service_fill(call->buf, 1);
	return call;
}

static int do_call(struct bad_call *call, struct test_request *req)
{
	const struct bad_target *target = &call->target;

	return call->buf->service->io(call->buf, target->num_regions,
				      target->no_where ? NULL : target->where, target->opf, req);
}

/* The synchronous call that gives no error sets. */
static int do_call_untold(struct bad_call *call)
{
	int ret;

	call->buf->no_error = true;
	call->buf->no_unsup = true;
	ret = do_call(call, NULL);
	call->buf->no_error = false;
	call->buf->no_unsup = false;
	return ret;
}

static void expect_refused(struct kunit *test, struct bad_call *call, int ret)
{
	struct service_buffer *buf = call->buf;
	const char *name = buf->service->name;
	struct test_disk *td = call->td;
	int async;

	buf->error = SERVICE_UNTOUCHED;
	buf->unsup = SERVICE_UNTOUCHED;
	if (!buf->no_fn) {
		KUNIT_EXPECT_EQ_MSG(test, do_call(call, NULL), ret, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, do_call_untold(call), ret, "%s", name);
	}
	async = test_request_started(buf->req, do_call(call, buf->req));
	KUNIT_EXPECT_EQ_MSG(test, async, ret, "%s", name);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&buf->req->calls), 0, "%s", name);
	KUNIT_EXPECT_EQ_MSG(test, buf->error, SERVICE_UNTOUCHED, "%s", name);
	KUNIT_EXPECT_EQ_MSG(test, buf->unsup, SERVICE_UNTOUCHED, "%s", name);
	KUNIT_EXPECT_EQ_MSG(test, td->nr_log, 0, "%s", name);
	test_expect_zeroes(test, td->data, td->sectors << SECTOR_SHIFT, name);
	test_disk_free(td);
}

/* Returns the service behind @prev in the table of all, the first one for NULL. */
static const struct io_service *next_service(const struct service_call **c)
{
	do {
		*c = service_call_next(*c);
	} while (*c && ((*c)->offset || (*c)->async));
	return *c ? (*c)->service : NULL;
}

static void bad_input_is_refused(struct kunit *test)
{
	const struct bad_case *c = test->param_value;
	const struct service_call *at = NULL;
	const struct io_service *service;

	while ((service = next_service(&at))) {
		struct bad_call *call;

		if (!(c->memory & service->memory) || (c->needs_fn && service->is_request_api))
			continue;
		call = good_call(test, service);
		c->spoil(call);
		expect_refused(test, call, -EINVAL);
	}
}

static void bad_input_target_is_refused(struct kunit *test)
{
	const struct bad_target_case *c = test->param_value;
	const struct service_call *at = NULL;
	const struct io_service *service;

	while ((service = next_service(&at))) {
		struct bad_call *call = good_call(test, service);

		bad_target_spoil(&call->target, c);
		expect_refused(test, call, c->ret);
	}
}

/* The arguments that the cases above spoil are good ones. */
static void bad_input_unspoiled(struct kunit *test)
{
	const struct service_call *c = test->param_value;
	struct bad_call *call = good_call(test, c->service);

	service_expect_done(call->buf, c, BITS_PER_LONG, call->target.where, call->target.opf);
	KUNIT_EXPECT_EQ(test, call->td->nr_log, BITS_PER_LONG);
}

/* What a device does not do is that region's error, and no other's. */
static void bad_input_device_error(struct kunit *test)
{
	const struct bad_device_case *d = test->param_value;
	struct test_disk *bad = bad_device_create(test, d), *good = bad_target_disk(test);
	struct service_region where[3] = {
		{ good->bdev, 0, 8 }, { bad->bdev, d->sector, d->count }, { good->bdev, 8, 8 },
	};
	const struct service_call *c = NULL;

	while ((c = service_call_next(c))) {
		struct service_buffer *buf;

		if (c->offset)
			continue;
		buf = service_buffer_create(test, c->service, 0, 8 * SECTOR_SIZE);
		service_fill(buf, 3);
		service_expect_failed(buf, c, 3, where, d->opf, d->unsup ? 0 : 2,
				      d->unsup ? 2 : 0);
		test_disk_expect_exactly(good, d->opf, service_flags(c), 0, 16);
		test_disk_forget(good);
	}
	if (!d->remove)
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
}

/* What is not read is zeroes, whatever the reason. */
static void expect_unread(struct kunit *test, struct test_disk *td, sector_t sector,
			  sector_t count, sector_t readable)
{
	const struct service_call *c = test->param_value;
	const size_t good = readable << SECTOR_SHIFT;
	struct service_region where = { td->bdev, sector, count };
	struct service_buffer *buf = service_buffer_create(test, c->service, c->offset,
							   count * SECTOR_SIZE);

	service_fill(buf, 4);
	service_expect_failed(buf, c, 1, &where, REQ_OP_READ, 1, 0);
	test_expect_zeroes(test, buf->data + good, buf->bytes - good, "unread");
	service_expect_intact(buf);
}

static void bad_input_read_error(struct kunit *test)
{
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 64 });

	expect_unread(test, td, 60, 8, 4);
	expect_unread(test, td, 64, 8, 0);
	expect_unread(test, td, 0, 72, 64);
	test_disk_remove(td);
	expect_unread(test, td, 0, 8, 0);
}

static int do_copy(const struct copy_service *service, void *client, const struct bad_copy *copy,
		   struct copy_call *call)
{
	return service->copy(client, copy->no_from ? NULL : &copy->from, copy->num_dests,
			     copy->no_dests ? NULL : copy->dests, copy->flags, call);
}

/* A call that returns nothing calls back, once and in process context, with all bits set. */
static void expect_copy_refused(struct kunit *test, const struct copy_service *service,
				void *client, const struct bad_copy *copy)
{
	struct copy_call *call = copy_call_create(test);
	struct test_request *req = call->req;

	if (!service->is_request_api) {
		KUNIT_EXPECT_EQ(test, -EINVAL,
				test_request_started(req, do_copy(service, client, copy, call)));
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
		return;
	}
	test_request_started(req, 0);
	do_copy(service, client, copy, call);
	test_request_expect_copied(req, true, ~0UL);
	KUNIT_EXPECT_FALSE(test, req->in_hardirq);
}

static void copy_is_refused(struct kunit *test, const struct copy_service *service)
{
	const struct bad_copy_case *c = test->param_value;
	struct copy_client *kc = copy_client_create(test, service, 16);
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	c->spoil(&copy);
	expect_copy_refused(test, service, kc->client, &copy);
	/* If it kept anything, this would wait for it. */
	copy_client_destroy(kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void bad_input_copy_is_refused(struct kunit *test)
{
	copy_is_refused(test, &kcopyd_copies);
	copy_is_refused(test, &mainline_copies);
}

/* The request API copies what overlaps, as mainline does. */
static void bad_input_overlap_is_refused(struct kunit *test)
{
	copy_is_refused(test, &kcopyd_copies);
}

static void bad_input_copy_no_client(struct kunit *test)
{
	const struct copy_service *service = test->param_value;
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	expect_copy_refused(test, service, NULL, &copy);
	if (service->is_request_api)
		expect_copy_refused(test, service, ERR_PTR(-ENOMEM), &copy);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

/* Nothing is done that nobody could be told of. */
static void bad_input_copy_no_fn(struct kunit *test)
{
	const struct copy_service *service = test->param_value;
	struct copy_client *kc = copy_client_create(test, service, 16);
	struct test_disk *td = bad_target_disk(test);
	const int ret = service->is_request_api ? 0 : -EINVAL;
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	KUNIT_EXPECT_EQ(test, do_copy(service, kc->client, &copy, NULL), ret);
	KUNIT_EXPECT_EQ(test, do_copy(service, NULL, &copy, NULL), ret);
	copy.num_dests = 0;
	KUNIT_EXPECT_EQ(test, do_copy(service, NULL, &copy, NULL), ret);
	copy_client_destroy(kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

/* The arguments that the cases above spoil are good ones. */
static void bad_input_copy_unspoiled(struct kunit *test)
{
	struct copy_client *kc = copy_client_create(test, test->param_value, 16);
	struct copy_call *call = copy_call_create(test);
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(test, &copy, td);
	KUNIT_ASSERT_EQ(test, 0, test_request_started(call->req, do_copy(kc->service, kc->client,
									 &copy, call)));
	test_request_expect_copied(call->req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 1 + BAD_COPY_DESTS);
}

static void copy_device_error(struct kunit *test, const struct copy_service *service)
{
	const struct bad_device_case *c = test->param_value;
	struct test_disk *bad = bad_device_create(test, c);
	struct test_disk *good = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 64 });
	struct service_region spoiled = { bad->bdev, c->sector, 8 };
	struct service_region fine = { good->bdev, 0, 8 }, dests[2] = {
		{ good->bdev, 8, 8 }, spoiled,
	};
	struct copy_client *kc = copy_client_create(test, service, 16);
	struct copy_call *call = copy_call_create(test);

	KUNIT_ASSERT_EQ(test, copy_start(kc, call, &fine, 2, dests, 0), 0);
	test_request_expect_copied(call->req, false, 2);
	KUNIT_EXPECT_EQ(test, good->nr_log, 2);
	test_request_reset(call->req);
	KUNIT_ASSERT_EQ(test, copy_start(kc, call, &spoiled, 1, dests, 0), 0);
	test_request_expect_copied(call->req, true, 0);
	KUNIT_EXPECT_EQ(test, good->nr_log, 2);
}

static void bad_input_copy_device_error(struct kunit *test)
{
	copy_device_error(test, &kcopyd_copies);
	copy_device_error(test, &mainline_copies);
}

static void bad_input_kcopyd_client(struct kunit *test)
{
	struct kcopyd_client *kc = (void *)SERVICE_UNTOUCHED;

	KUNIT_EXPECT_EQ(test, kcopyd_client_create(0, &kc), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, kc, (void *)SERVICE_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, kcopyd_client_create(16, NULL), -EINVAL);
	kcopyd_client_destroy(NULL);
}

/* Far more than there is: an error, and no splat. */
static void bad_input_kcopyd_client_too_large(struct kunit *test)
{
	struct kcopyd_client *kc;

	KUNIT_EXPECT_EQ(test, kcopyd_client_create(UINT_MAX, &kc), -ENOMEM);
}

static struct kunit_case bad_input_test_cases[] = {
	KUNIT_CASE_PARAM(bad_input_unspoiled, service_gen_params),
	KUNIT_CASE_PARAM(bad_input_is_refused, bad_case_gen_params),
	KUNIT_CASE_PARAM(bad_input_target_is_refused, bad_target_gen_params),
	KUNIT_CASE_PARAM(bad_input_device_error, bad_device_gen_params),
	KUNIT_CASE_PARAM(bad_input_read_error, service_offset_gen_params),
	KUNIT_CASE_PARAM(bad_input_copy_unspoiled, copy_service_gen_params),
	KUNIT_CASE_PARAM(bad_input_copy_is_refused, bad_copy_gen_params),
	KUNIT_CASE_PARAM(bad_input_overlap_is_refused, bad_overlap_gen_params),
	KUNIT_CASE_PARAM(bad_input_copy_no_client, copy_service_gen_params),
	KUNIT_CASE_PARAM(bad_input_copy_no_fn, copy_service_gen_params),
	KUNIT_CASE_PARAM(bad_input_copy_device_error, bad_end_gen_params),
	KUNIT_CASE(bad_input_kcopyd_client),
	KUNIT_CASE(bad_input_kcopyd_client_too_large),
	{}
};

static void bad_input_suite_exit(struct kunit_suite *suite)
{
	bad_device_memory_unmap();
	test_disks_scrap_spare(suite);
}

static struct kunit_suite bad_input_test_suite = {
	.name = "dm_io_rust_bad_input",
	.suite_init = bad_device_memory_map,
	.suite_exit = bad_input_suite_exit,
	.test_cases = bad_input_test_cases,
};

kunit_test_suite(bad_input_test_suite);
