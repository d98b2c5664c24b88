// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input: a refused call has submitted nothing and called nothing back.
 */
#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>
#include <linux/bvec.h>
#include <linux/limits.h>
#include <linux/slab.h>

#include "bad_input.h"
#include "test_buffer.h"
#include "test_client.h"
#include "test_disk.h"
#include "test_request.h"

static_assert(BAD_COPY_DESTS == KCOPYD_MAX_REGIONS);

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aUL

/**
 * struct bad_call - the arguments of a call, good ones that a case spoils
 * @td: the disk of every region
 * @buf: a buffer that is as long as each region
 * @target: the regions and the operation
 * @no_fn: give no callback
 * @pl: what is given for these arguments
 * @offset: what is given for these arguments
 * @bvec: what is given for these arguments
 * @data: what is given for these arguments
 */
struct bad_call {
	struct test_disk *td;
	struct test_buffer *buf;
	struct bad_target target;
	bool no_fn;
	struct page_list *pl;
	unsigned int offset;
	struct bio_vec *bvec;
	void *data;
};

static void no_fn(struct bad_call *call)
{
	call->no_fn = true;
}

static void no_buffer(struct bad_call *call)
{
	call->pl = NULL;
	call->bvec = NULL;
	call->data = NULL;
}

static void no_buffer_for_read(struct bad_call *call)
{
	no_buffer(call);
	call->target.opf = REQ_OP_READ;
}

static void no_buffer_for_second(struct bad_call *call)
{
	no_buffer(call);
	call->target.num_regions = 2;
	call->target.where[0].count = 0;
}

/* In bytes the count comes to nothing. */
static void bytes_overflow(struct bad_call *call)
{
	call->target.where[0].sector = 0;
	call->target.where[0].count = 1ULL << 55;
}

static void buffer_too_short(struct bad_call *call)
{
	call->target.where[0].count = BAD_TARGET_SECTORS + 8 * PAGE_SECTORS;
}

/* By the least that there is. */
static void list_too_short(struct bad_call *call)
{
	call->target.where[0].count = BAD_TARGET_SECTORS + 1;
}

static void list_too_short_for_largest(struct bad_call *call)
{
	call->target.num_regions = 3;
	call->target.where[0].count = 1;
	call->target.where[1].count = BAD_TARGET_SECTORS + 1;
	call->target.where[2].count = 2;
}

static void list_too_short_by_offset(struct bad_call *call)
{
	call->offset = 2;
}

/* That the region is longer than its device makes the buffer no longer. */
static void buffer_too_short_for_device(struct bad_call *call)
{
	call->target.where[0].sector = 0;
	call->target.where[0].count = bdev_nr_sectors(call->target.where[0].bdev) + 8;
}

static void list_without_page(struct bad_call *call)
{
	call->pl[1].page = NULL;
}

static void offset_of_page(struct bad_call *call)
{
	call->offset = PAGE_SIZE;
	call->target.where[0].count = 1;
}

static void offset_beyond(struct bad_call *call)
{
	call->offset = UINT_MAX;
	call->target.where[0].count = 1;
}

static void bvec_without_page(struct bad_call *call)
{
	call->bvec[0].bv_page = NULL;
}

static void last_bvec_without_page(struct bad_call *call)
{
	call->bvec[2].bv_page = NULL;
}

static void bvec_without_length(struct bad_call *call)
{
	call->bvec[0].bv_len = 0;
}

static void last_bvec_without_length(struct bad_call *call)
{
	call->bvec[2].bv_len = 0;
}

static void vm_address_of_slab(struct bad_call *call)
{
	call->data = call;
}

static void vm_address_of_page_zero(struct bad_call *call)
{
	call->data = (void *)8;
}

static void vm_address_of_user(struct bad_call *call)
{
	call->data = (void *)0x7f0000001000;
}

static void vm_address_of_code(struct bad_call *call)
{
	call->data = test_buffer_create;
}

static void vm_address_of_guard_page(struct bad_call *call)
{
	call->data = call->buf->map + call->buf->nr_pages * PAGE_SIZE;
}

/* The area's end, and not the buffer's, which has a margin. */
static void vm_area_too_short(struct bad_call *call)
{
	call->data = call->buf->map + call->buf->nr_pages * PAGE_SIZE -
		     BAD_TARGET_SECTORS * SECTOR_SIZE + 2;
}

static void vm_area_too_short_for_largest(struct bad_call *call)
{
	call->target.num_regions = 2;
	call->target.where[1].count = call->buf->nr_pages * PAGE_SECTORS + 1;
}

static void vm_address_of_device(struct bad_call *call)
{
	call->data = (__force void *)bad_device_memory;
}

static void vm_area_too_short_by_sector(struct bad_call *call)
{
	call->data = call->buf->map + call->buf->nr_pages * PAGE_SIZE -
		     BAD_TARGET_SECTORS * SECTOR_SIZE + SECTOR_SIZE;
}

/* Which services a case is for. */
#define LIST BIT(TEST_BUFFER_PAGES)
#define BVEC BIT(TEST_BUFFER_BVECS)
#define VM BIT(TEST_BUFFER_VMALLOC)
#define ALL (LIST | BVEC | VM)

struct bad_case {
	const char *name;
	void (*spoil)(struct bad_call *call);
	unsigned int forms;
	bool async_only;
};

#define BAD(fn, forms, ...) { #fn, fn, forms, ##__VA_ARGS__ }

static const struct bad_case bad_cases[] = {
	BAD(no_fn, ALL, true),
	BAD(no_buffer, ALL),
	BAD(no_buffer_for_read, ALL),
	BAD(no_buffer_for_second, ALL),
	BAD(bytes_overflow, LIST | VM),
	BAD(buffer_too_short, LIST | VM),
	BAD(list_too_short, LIST),
	BAD(list_too_short_for_largest, LIST),
	BAD(list_too_short_by_offset, LIST),
	BAD(buffer_too_short_for_device, LIST | VM),
	BAD(list_without_page, LIST),
	BAD(offset_of_page, LIST),
	BAD(offset_beyond, LIST),
	BAD(bvec_without_page, BVEC),
	BAD(last_bvec_without_page, BVEC),
	BAD(bvec_without_length, BVEC),
	BAD(last_bvec_without_length, BVEC),
	BAD(vm_address_of_slab, VM),
	BAD(vm_address_of_page_zero, VM),
	BAD(vm_address_of_user, VM),
	BAD(vm_address_of_code, VM),
	BAD(vm_address_of_guard_page, VM),
	BAD(vm_address_of_device, VM),
	BAD(vm_area_too_short, VM),
	BAD(vm_area_too_short_by_sector, VM),
	BAD(vm_area_too_short_for_largest, VM),
};

KUNIT_ARRAY_PARAM_DESC(bad_case, bad_cases, name);

static struct bad_call *good_call(struct kunit *test, enum test_buffer_form form)
{
	struct bad_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->td = bad_target_disk(test);
	bad_target_init(&call->target, call->td);
	call->buf = test_buffer_create(test, form, 0, BAD_TARGET_SECTORS * SECTOR_SIZE);
	test_buffer_fill(call->buf, 1);
	call->pl = call->buf->pl;
	call->bvec = call->buf->bvec;
	call->data = call->buf->data;
	return call;
}

static struct io_region region_of(const struct bad_region *region)
{
	return (struct io_region) { region->bdev, region->sector, region->count };
}

/* The call, of one that waits if there is no request. */
static int do_call(struct bad_call *call, unsigned long *bits, struct test_request *req)
{
	const struct bad_target *target = &call->target;
	struct io_region where[ARRAY_SIZE(target->where)];
	struct io_region *given = target->no_where ? NULL : where;
	int rw = (__force int)target->opf;
	struct test_buffer buf = {
		.form = call->buf->form,
		.pl = call->pl,
		.bvec = call->bvec,
		.data = call->data,
		.offset = call->offset,
	};

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region_of(&target->where[i]);
	if (!req)
		return test_buffer_io_sync(&buf, target->num_regions, given, rw, bits);
	return test_request_started(req,
		test_buffer_io_async(&buf, target->num_regions, given, rw,
				     call->no_fn ? NULL : test_request_io_done, req));
}

static void expect_refused(struct kunit *test, struct bad_call *call, int ret, bool async_only)
{
	struct test_request *req = test_request_create(test);
	struct test_disk *td = call->td;
	unsigned long bits = UNTOUCHED;

	if (!async_only) {
		KUNIT_EXPECT_EQ(test, do_call(call, &bits, NULL), ret);
		KUNIT_EXPECT_EQ(test, bits, UNTOUCHED);
		KUNIT_EXPECT_EQ(test, do_call(call, NULL, NULL), ret);
	}
	KUNIT_EXPECT_EQ(test, do_call(call, NULL, req), ret);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
	test_expect_zeroes(test, td->data, td->sectors << SECTOR_SHIFT, "disk");
}

static void bad_input_is_refused(struct kunit *test)
{
	const struct bad_case *c = test->param_value;

	for (int form = 0; form < TEST_BUFFER_FORMS; form++) {
		struct bad_call *call;

		if (!(c->forms & BIT(form)))
			continue;
		call = good_call(test, form);
		c->spoil(call);
		expect_refused(test, call, -EINVAL, c->async_only);
	}
}

static void bad_input_target_is_refused(struct kunit *test)
{
	const struct bad_target_case *c = test->param_value;

	for (int form = 0; form < TEST_BUFFER_FORMS; form++) {
		struct bad_call *call = good_call(test, form);

		bad_target_spoil(&call->target, c);
		expect_refused(test, call, c->ret, false);
	}
}

/* The arguments that the cases above spoil are good ones. */
static void bad_input_unspoiled(struct kunit *test)
{
	for (int form = 0; form < TEST_BUFFER_FORMS; form++) {
		struct bad_call *call = good_call(test, form);
		struct test_request *req = test_request_create(test);
		unsigned long bits = UNTOUCHED;

		call->target.num_regions = BITS_PER_LONG;
		KUNIT_EXPECT_EQ(test, do_call(call, &bits, NULL), 0);
		KUNIT_EXPECT_EQ(test, bits, 0);
		KUNIT_ASSERT_EQ(test, do_call(call, NULL, req), 0);
		test_request_wait(req);
		KUNIT_EXPECT_EQ(test, req->error, 0);
	}
}

/* What a device does not do is that region's error, and no other's. */
static void bad_input_device_error(struct kunit *test)
{
	const struct bad_device_case *c = test->param_value;
	struct test_disk *bad = bad_device_create(test, c), *good = bad_target_disk(test);
	struct test_buffer *buf = test_buffer_create(test, TEST_BUFFER_PAGES, 0,
						     8 * SECTOR_SIZE);
	struct test_request *req = test_request_create(test);
	struct io_region where[3] = {
		{ good->bdev, 0, 8 },
		{ bad->bdev, c->sector, c->count },
		{ good->bdev, 8, 8 },
	};
	unsigned long bits = 0;
	int ret;

	test_buffer_fill(buf, 3);
	KUNIT_EXPECT_EQ(test, -EIO, dm_io_sync(3, where, (__force int)c->opf,
					       buf->pl, 0, &bits));
	KUNIT_EXPECT_EQ(test, bits, 2);
	test_disk_expect_exactly(good, c->opf, REQ_SYNC, 0, 16);
	test_disk_forget(good);

	ret = dm_io_async(3, where, (__force int)c->opf, buf->pl, 0,
			  test_request_io_done, req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->error, 2);
	test_disk_expect_exactly(good, c->opf, 0, 0, 16);
	if (!c->remove)
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
}

/* What is not read is zeroes, whatever the reason. */
static void expect_unread(struct kunit *test, struct test_disk *td,
			  sector_t sector, sector_t count, sector_t readable)
{
	const size_t good = readable << SECTOR_SHIFT;
	struct test_buffer *buf = test_buffer_create(test, TEST_BUFFER_PAGES, 0,
						     count * SECTOR_SIZE);
	struct io_region where = { td->bdev, sector, count };
	unsigned long bits = 0;

	test_buffer_fill(buf, 4);
	KUNIT_EXPECT_EQ(test, -EIO,
			dm_io_sync(1, &where, READ, buf->pl, 0, &bits));
	KUNIT_EXPECT_EQ(test, bits, 1);
	test_expect_zeroes(test, buf->data + good, buf->bytes - good, "unread");
	test_buffer_expect_margins_intact(buf);
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

static int do_copy(struct kcopyd_client *kc, const struct bad_copy *copy, kcopyd_notify_fn fn,
		   struct test_request *req)
{
	struct io_region dests[ARRAY_SIZE(copy->dests)], from = region_of(&copy->from);

	for (int i = 0; i < ARRAY_SIZE(dests); i++)
		dests[i] = region_of(&copy->dests[i]);
	return test_request_started(req, kcopyd_copy(kc, copy->no_from ? NULL : &from,
						     copy->num_dests,
						     copy->no_dests ? NULL : dests, copy->flags,
						     fn, req));
}

static void bad_input_copy_is_refused(struct kunit *test)
{
	const struct bad_copy_case *c = test->param_value;
	struct test_disk *td = bad_target_disk(test);
	struct kcopyd_client *kc = test_client_create(test, 16);
	struct test_request *req = test_request_create(test);
	struct bad_copy copy;

	bad_copy_init(&copy, td);
	c->spoil(&copy);
	KUNIT_EXPECT_EQ(test, do_copy(kc, &copy, test_request_copy_done, req), -EINVAL);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);

	/* If it kept anything, this would wait for it. */
	test_client_destroy(test, kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void bad_input_overlap_is_refused(struct kunit *test)
{
	bad_input_copy_is_refused(test);
}

static void bad_input_copy_no_client(struct kunit *test)
{
	struct test_disk *td = bad_target_disk(test);
	struct test_request *req = test_request_create(test);
	struct bad_copy copy;

	bad_copy_init(&copy, td);
	KUNIT_EXPECT_EQ(test, do_copy(NULL, &copy, test_request_copy_done, req), -EINVAL);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void bad_input_copy_no_fn(struct kunit *test)
{
	struct test_disk *td = bad_target_disk(test);
	struct kcopyd_client *kc = test_client_create(test, 16);
	struct test_request *req = test_request_create(test);
	struct bad_copy copy;

	bad_copy_init(&copy, td);
	KUNIT_EXPECT_EQ(test, do_copy(kc, &copy, NULL, req), -EINVAL);
	test_client_destroy(test, kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

/* The arguments that the cases above spoil are good ones. */
static void bad_input_copy_unspoiled(struct kunit *test)
{
	struct test_disk *td = bad_target_disk(test);
	struct kcopyd_client *kc = test_client_create(test, 16);
	struct test_request *req = test_request_create(test);
	struct bad_copy copy;

	bad_copy_init(&copy, td);
	KUNIT_ASSERT_EQ(test, do_copy(kc, &copy, test_request_copy_done, req), 0);
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->read_err, 0);
	KUNIT_EXPECT_EQ(test, req->write_err, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 1 + BAD_COPY_DESTS);
}

static void bad_input_client(struct kunit *test)
{
	struct kcopyd_client *kc = (void *)UNTOUCHED;

	KUNIT_EXPECT_EQ(test, kcopyd_client_create(0, &kc), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, kc, (void *)UNTOUCHED);
	KUNIT_EXPECT_EQ(test, kcopyd_client_create(16, NULL), -EINVAL);
	kcopyd_client_destroy(NULL);
}

/* Far more than there is: an answer, and no splat. */
static void bad_input_client_too_large(struct kunit *test)
{
	struct kcopyd_client *kc;

	KUNIT_EXPECT_EQ(test, kcopyd_client_create(UINT_MAX, &kc), -ENOMEM);
}

static void bad_input_copy_device_error(struct kunit *test)
{
	const struct bad_device_case *c = test->param_value;
	struct test_disk *bad = bad_device_create(test, c);
	struct test_disk *good = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 64 });
	struct io_region spoiled = { bad->bdev, c->sector, 8 };
	struct io_region fine[2] = {
		{ good->bdev, 0, 8 }, { good->bdev, 8, 8 },
	};
	struct io_region dests[2] = { fine[1], spoiled };
	struct kcopyd_client *kc = test_client_create(test, 16);
	struct test_request *req = test_request_create(test);
	int ret;

	ret = kcopyd_copy(kc, &fine[0], 2, dests, 0, test_request_copy_done,
			  req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->read_err, 0);
	KUNIT_EXPECT_EQ(test, req->write_err, 2);
	test_request_reset(req);
	ret = kcopyd_copy(kc, &spoiled, 1, &fine[1], 0, test_request_copy_done,
			  req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	KUNIT_EXPECT_NE(test, req->read_err, 0);
	KUNIT_EXPECT_EQ(test, req->write_err, 0);
}

static struct kunit_case bad_input_test_cases[] = {
	KUNIT_CASE(bad_input_unspoiled),
	KUNIT_CASE_PARAM(bad_input_is_refused, bad_case_gen_params),
	KUNIT_CASE_PARAM(bad_input_target_is_refused, bad_target_gen_params),
	KUNIT_CASE_PARAM(bad_input_device_error, bad_device_gen_params),
	KUNIT_CASE(bad_input_read_error),
	KUNIT_CASE(bad_input_copy_unspoiled),
	KUNIT_CASE_PARAM(bad_input_copy_is_refused, bad_copy_gen_params),
	KUNIT_CASE_PARAM(bad_input_overlap_is_refused, bad_overlap_gen_params),
	KUNIT_CASE(bad_input_copy_no_client),
	KUNIT_CASE(bad_input_copy_no_fn),
	KUNIT_CASE(bad_input_client),
	KUNIT_CASE(bad_input_client_too_large),
	KUNIT_CASE_PARAM(bad_input_copy_device_error, bad_end_gen_params),
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
