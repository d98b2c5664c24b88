// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input to the request API: a refused call has submitted nothing, and one
 * that returns nothing says so to whom it would have called back.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/slab.h>

#include "bad_input.h"
#include "test_disk.h"
#include "test_memory.h"
#include "test_request.h"

static_assert(BAD_COPY_DESTS == DM_KCOPYD_MAX_REGIONS);

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aUL

KUNIT_DEFINE_ACTION_WRAPPER(io_client_destroy, rust_dm_io_client_destroy, struct dm_io_client *);
KUNIT_DEFINE_ACTION_WRAPPER(kcopyd_client_destroy, rust_dm_kcopyd_client_destroy,
			    struct dm_kcopyd_client *);

static struct dm_io_client *io_client(struct kunit *test)
{
	struct dm_io_client *client = rust_dm_io_client_create();

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, io_client_destroy, client));
	return client;
}

static struct dm_kcopyd_client *kcopyd_client(struct kunit *test)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kcopyd_client_destroy, kc));
	return kc;
}

/**
 * struct bad_call - the arguments of a call, good ones that a case spoils
 * @td: the disk of every region
 * @memory: as long as each region
 * @target: the regions and the operation
 * @io: the request, but for the operation
 * @no_io: give none
 */
struct bad_call {
	struct test_disk *td;
	struct test_memory *memory;
	struct bad_target target;
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

static void no_memory(struct bad_call *call)
{
	call->io.mem.ptr.addr = NULL;
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

/* By the least that there is. */
static void too_short(struct bad_call *call)
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
	call->io.mem.offset = 2;
}

static void list_without_page(struct bad_call *call)
{
	call->io.mem.ptr.pl[1].page = NULL;
}

static void offset_of_page(struct bad_call *call)
{
	call->io.mem.offset = PAGE_SIZE;
	call->target.where[0].count = 1;
}

static void offset_beyond(struct bad_call *call)
{
	call->io.mem.offset = UINT_MAX;
	call->target.where[0].count = 1;
}

static void offset_of_page_without_data(struct bad_call *call)
{
	call->target.opf = REQ_OP_DISCARD;
	call->io.mem.offset = PAGE_SIZE;
}

/* Who has used up a part of the bio has less than the rest. */
static void bio_advanced(struct bad_call *call)
{
	bio_advance(call->io.mem.ptr.bio, SECTOR_SIZE);
}

static void bio_spent(struct bad_call *call)
{
	bio_advance(call->io.mem.ptr.bio, BAD_TARGET_SECTORS * SECTOR_SIZE);
}

static void bio_of_discard(struct bad_call *call)
{
	call->io.mem.ptr.bio->bi_opf = REQ_OP_DISCARD;
}

static void bio_without_vectors(struct bad_call *call)
{
	call->io.mem.ptr.bio->bi_io_vec = NULL;
}

static void vma_of_slab(struct bad_call *call)
{
	call->io.mem.ptr.vma = call;
}

static void vma_of_page_zero(struct bad_call *call)
{
	call->io.mem.ptr.vma = (void *)8;
}

static void vma_of_user(struct bad_call *call)
{
	call->io.mem.ptr.vma = (void *)0x7f0000001000;
}

static void vma_of_code(struct bad_call *call)
{
	call->io.mem.ptr.vma = test_memory_create;
}

static void vma_of_guard_page(struct bad_call *call)
{
	call->io.mem.ptr.vma = call->memory->end;
}

/* The area's end, and not the memory's, which has a margin. */
static void vma_area_too_short(struct bad_call *call)
{
	call->io.mem.ptr.vma = call->memory->end - BAD_TARGET_SECTORS * SECTOR_SIZE + 2;
}

static void vma_of_device(struct bad_call *call)
{
	call->io.mem.ptr.vma = (__force void *)bad_device_memory;
}

static void vma_area_too_short_by_sector(struct bad_call *call)
{
	call->io.mem.ptr.vma = call->memory->end - (BAD_TARGET_SECTORS - 1) * SECTOR_SIZE;
}

/* The pages of the other types are mapped as vmalloc's are. */
static void kmem_of_vmalloc(struct bad_call *call)
{
	call->io.mem.type = DM_IO_KMEM;
	call->io.mem.ptr.addr = call->memory->data;
}

static void kmem_of_page_zero(struct bad_call *call)
{
	call->io.mem.ptr.addr = (void *)8;
}

static void kmem_of_user(struct bad_call *call)
{
	call->io.mem.ptr.addr = (void *)0x7f0000001000;
}

static void kmem_of_last_byte(struct bad_call *call)
{
	call->io.mem.ptr.addr = (void *)ULONG_MAX;
}

/* There is less memory than this. */
static void kmem_beyond_memory(struct bad_call *call)
{
	call->target.where[0].sector = 0;
	call->target.where[0].count = 1ULL << 40;
}

/* For which types of memory a case is. */
#define LIST BIT(DM_IO_PAGE_LIST)
#define BIO BIT(DM_IO_BIO)
#define VMA BIT(DM_IO_VMA)
#define KMEM BIT(DM_IO_KMEM)
#define ALL (LIST | BIO | VMA | KMEM)

struct bad_case {
	const char *name;
	void (*spoil)(struct bad_call *call);
	unsigned int types;
};

#define BAD(fn, types) { #fn, fn, types }

static const struct bad_case bad_cases[] = {
	BAD(no_request, ALL),
	BAD(no_client, ALL),
	BAD(client_is_error, ALL),
	BAD(type_unknown, ALL),
	BAD(type_far_out, ALL),
	BAD(no_memory, ALL),
	BAD(no_memory_for_read, ALL),
	BAD(no_memory_for_second, ALL),
	BAD(bytes_overflow, ALL),
	BAD(too_short, LIST | BIO),
	BAD(too_short_for_largest, LIST | BIO),
	BAD(too_short_for_device, LIST | BIO | VMA),
	BAD(list_too_short_by_offset, LIST),
	BAD(list_without_page, LIST),
	BAD(offset_of_page, LIST),
	BAD(offset_beyond, LIST),
	BAD(offset_of_page_without_data, LIST),
	BAD(bio_advanced, BIO),
	BAD(bio_spent, BIO),
	BAD(bio_of_discard, BIO),
	BAD(bio_without_vectors, BIO),
	BAD(vma_of_slab, VMA),
	BAD(vma_of_page_zero, VMA),
	BAD(vma_of_user, VMA),
	BAD(vma_of_code, VMA),
	BAD(vma_of_guard_page, VMA),
	BAD(vma_of_device, VMA),
	BAD(vma_area_too_short, VMA),
	BAD(vma_area_too_short_by_sector, VMA),
	BAD(kmem_of_vmalloc, LIST | BIO | VMA),
	BAD(kmem_of_page_zero, KMEM),
	BAD(kmem_of_user, KMEM),
	BAD(kmem_of_last_byte, KMEM),
	BAD(kmem_beyond_memory, KMEM),
};

KUNIT_ARRAY_PARAM_DESC(bad_case, bad_cases, name);

static struct bad_call *good_call(struct kunit *test, enum dm_io_mem_type type)
{
	struct bad_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->td = bad_target_disk(test);
	bad_target_init(&call->target, call->td);
	call->memory = test_memory_create(test, type, 0, BAD_TARGET_SECTORS * SECTOR_SIZE);
	test_memory_fill(call->memory, 1);
	call->io.mem = call->memory->mem;
	call->io.client = io_client(test);
	return call;
}

static struct dm_io_region region_of(const struct bad_region *region)
{
	return (struct dm_io_region) { region->bdev, region->sector, region->count };
}

/* The call, of one that waits if there is no request. */
static int do_call(struct bad_call *call, unsigned long *error, unsigned long *unsup,
		   struct test_request *req)
{
	const struct bad_target *target = &call->target;
	struct dm_io_region where[ARRAY_SIZE(target->where)];
	int ret;

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region_of(&target->where[i]);
	call->io.bi_opf = target->opf;
	call->io.notify.fn = req ? test_request_dm_io_done : NULL;
	call->io.notify.context = req;
	ret = rust_dm_io(call->no_io ? NULL : &call->io, target->num_regions,
			 target->no_where ? NULL : where, error, unsup, 0);
	return req ? test_request_started(req, ret) : ret;
}

static void expect_refused(struct kunit *test, struct bad_call *call, int ret)
{
	struct test_request *req = test_request_create(test);
	unsigned long error = UNTOUCHED, unsup = UNTOUCHED;
	struct test_disk *td = call->td;

	KUNIT_EXPECT_EQ(test, do_call(call, &error, &unsup, NULL), ret);
	KUNIT_EXPECT_EQ(test, do_call(call, NULL, NULL, NULL), ret);
	KUNIT_EXPECT_EQ(test, do_call(call, &error, &unsup, req), ret);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	KUNIT_EXPECT_EQ(test, error, UNTOUCHED);
	KUNIT_EXPECT_EQ(test, unsup, UNTOUCHED);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
	test_expect_zeroes(test, td->data, td->sectors << SECTOR_SHIFT, "disk");
	test_disk_free(td);
}

static void mainline_bad_input_is_refused(struct kunit *test)
{
	const struct bad_case *c = test->param_value;

	for (int type = 0; type < TEST_MEMORY_TYPES; type++) {
		struct bad_call *call;

		if (!(c->types & BIT(type)))
			continue;
		call = good_call(test, type);
		c->spoil(call);
		expect_refused(test, call, -EINVAL);
	}
}

static void mainline_bad_input_target_is_refused(struct kunit *test)
{
	const struct bad_target_case *c = test->param_value;

	for (int type = 0; type < TEST_MEMORY_TYPES; type++) {
		struct bad_call *call = good_call(test, type);

		bad_target_spoil(&call->target, c);
		expect_refused(test, call, c->ret);
	}
}

/* The arguments that the cases above spoil are good ones. */
static void mainline_bad_input_unspoiled(struct kunit *test)
{
	for (int type = 0; type < TEST_MEMORY_TYPES; type++) {
		struct bad_call *call = good_call(test, type);
		struct test_request *req = test_request_create(test);
		unsigned long error = UNTOUCHED, unsup = UNTOUCHED;

		call->target.num_regions = BITS_PER_LONG;
		KUNIT_EXPECT_EQ(test, do_call(call, &error, &unsup, NULL), 0);
		KUNIT_EXPECT_EQ(test, error, 0);
		KUNIT_EXPECT_EQ(test, unsup, 0);
		KUNIT_ASSERT_EQ(test, do_call(call, NULL, NULL, req), 0);
		test_request_wait(req);
		KUNIT_EXPECT_EQ(test, req->error | req->unsup, 0);
		KUNIT_EXPECT_EQ(test, call->td->nr_log, 2 * BITS_PER_LONG);
	}
}

/* What a device does not do is that region's error, and no other's. */
static void mainline_bad_input_device(struct kunit *test)
{
	const struct bad_device_case *c = test->param_value;
	struct test_disk *bad = bad_device_create(test, c), *good = bad_target_disk(test);
	struct test_memory *memory = test_memory_create(test, DM_IO_PAGE_LIST, 0, 8 * SECTOR_SIZE);
	struct test_request *req = test_request_create(test);
	struct dm_io_region where[3] = {
		{ good->bdev, 0, 8 }, { bad->bdev, c->sector, c->count }, { good->bdev, 8, 8 },
	};
	struct dm_io_request io = {
		.bi_opf = c->opf,
		.mem = memory->mem,
		.client = io_client(test),
	};
	unsigned long error = UNTOUCHED, unsup = UNTOUCHED;
	int ret;

	test_memory_fill(memory, 1);
	ret = rust_dm_io(&io, 3, where, &error, &unsup, 0);
	KUNIT_EXPECT_EQ(test, ret, c->unsup ? -EOPNOTSUPP : -EIO);
	KUNIT_EXPECT_EQ(test, error, c->unsup ? 0 : 2);
	KUNIT_EXPECT_EQ(test, unsup, c->unsup ? 2 : 0);
	test_disk_expect_exactly(good, c->opf, REQ_SYNC, 0, 16);
	test_disk_forget(good);

	io.notify.fn = test_request_dm_io_done;
	io.notify.context = req;
	ret = rust_dm_io(&io, 3, where, NULL, NULL, 0);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->error, c->unsup ? 0 : 2);
	KUNIT_EXPECT_EQ(test, req->unsup, c->unsup ? 2 : 0);
	test_disk_expect_exactly(good, c->opf, 0, 0, 16);
	if (!c->remove)
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
}

/* What is not read is zeroes, whatever the reason. */
static void expect_unread(struct kunit *test, struct test_disk *td, sector_t sector,
			  sector_t count, sector_t readable)
{
	for (int type = 0; type < TEST_MEMORY_TYPES; type++) {
		const size_t good = readable << SECTOR_SHIFT;
		struct test_memory *memory = test_memory_create(test, type, 512,
								count * SECTOR_SIZE);
		struct dm_io_region where = { td->bdev, sector, count };
		struct dm_io_request io = {
			.bi_opf = REQ_OP_READ,
			.mem = memory->mem,
			.client = io_client(test),
		};
		unsigned long error = UNTOUCHED, unsup = UNTOUCHED;

		test_memory_fill(memory, 4);
		KUNIT_EXPECT_EQ(test, -EIO, rust_dm_io(&io, 1, &where, &error, &unsup, 0));
		KUNIT_EXPECT_EQ(test, error, 1);
		KUNIT_EXPECT_EQ(test, unsup, 0);
		test_expect_zeroes(test, memory->data + good, memory->bytes - good, "unread");
		test_memory_expect_intact(memory);
	}
}

static void mainline_bad_input_read(struct kunit *test)
{
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 64 });

	expect_unread(test, td, 60, 8, 4);
	expect_unread(test, td, 64, 8, 0);
	expect_unread(test, td, 0, 72, 64);
	test_disk_remove(td);
	expect_unread(test, td, 0, 8, 0);
}

static void start_job(struct dm_kcopyd_client *kc, const struct bad_copy *copy, bool zero,
		      dm_kcopyd_notify_fn fn, void *context)
{
	struct dm_io_region where[ARRAY_SIZE(copy->dests)], from = region_of(&copy->from);
	struct dm_io_region *dests = copy->no_dests ? NULL : where;

	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region_of(&copy->dests[i]);
	if (zero)
		rust_dm_kcopyd_zero(kc, copy->num_dests, dests, copy->flags, fn, context);
	else
		rust_dm_kcopyd_copy(kc, copy->no_from ? NULL : &from, copy->num_dests, dests,
				    copy->flags, fn, context);
}

/* Who called must be told, for the call itself cannot say a word. */
static void expect_job_refused(struct kunit *test, struct dm_kcopyd_client *kc,
			       const struct bad_copy *copy, bool zero)
{
	struct test_request *req = test_request_create(test);

	test_request_started(req, 0);
	start_job(kc, copy, zero, test_request_dm_kcopyd_done, req);
	test_request_wait(req);
	KUNIT_EXPECT_NE(test, req->read_err, 0);
	KUNIT_EXPECT_EQ(test, req->write_err, ~0UL);
	KUNIT_EXPECT_FALSE(test, req->in_hardirq);
	if (!IS_ERR_OR_NULL(kc)) {
		/* If it kept anything, this would wait for it. */
		kunit_release_action(test, kcopyd_client_destroy, kc);
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 1);
	}
}

static void mainline_bad_input_job_is_refused(struct kunit *test)
{
	const struct bad_copy_case *c = test->param_value;
	struct test_disk *td = bad_target_disk(test);

	for (int zero = 0; zero < (c->of_source ? 1 : 2); zero++) {
		struct bad_copy copy;

		bad_copy_init(&copy, td);
		c->spoil(&copy);
		expect_job_refused(test, kcopyd_client(test), &copy, zero);
		KUNIT_EXPECT_EQ(test, td->nr_log, 0);
	}
}

static void job_of(struct kunit *test, struct dm_kcopyd_client *kc)
{
	struct test_disk *td = bad_target_disk(test);
	struct bad_copy copy;

	bad_copy_init(&copy, td);
	for (int zero = 0; zero < 2; zero++)
		expect_job_refused(test, kc, &copy, zero);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void mainline_bad_input_job_no_client(struct kunit *test)
{
	job_of(test, NULL);
}

static void mainline_bad_input_job_client_is_error(struct kunit *test)
{
	job_of(test, ERR_PTR(-ENOMEM));
}

/* The arguments that the cases above spoil are good ones. */
static void mainline_bad_input_job_unspoiled(struct kunit *test)
{
	struct dm_kcopyd_client *kc = kcopyd_client(test);
	struct test_disk *td = bad_target_disk(test);

	for (int zero = 0; zero < 2; zero++) {
		struct test_request *req = test_request_create(test);
		struct bad_copy copy;

		bad_copy_init(&copy, td);
		test_request_started(req, 0);
		start_job(kc, &copy, zero, test_request_dm_kcopyd_done, req);
		test_request_wait(req);
		KUNIT_EXPECT_EQ(test, req->read_err, 0);
		KUNIT_EXPECT_EQ(test, req->write_err, 0);
	}
	KUNIT_EXPECT_EQ(test, td->nr_log, 1 + 8 + 8);
}

/* There is nobody to tell, and nothing is done. */
static void mainline_bad_input_no_fn(struct kunit *test)
{
	struct dm_kcopyd_client *kc = kcopyd_client(test);
	struct test_disk *td = bad_target_disk(test);

	for (int zero = 0; zero < 2; zero++) {
		struct bad_copy copy;

		bad_copy_init(&copy, td);
		start_job(kc, &copy, zero, NULL, NULL);
		start_job(NULL, &copy, zero, NULL, NULL);
		copy.num_dests = 0;
		start_job(NULL, &copy, zero, NULL, NULL);
	}
	KUNIT_EXPECT_PTR_EQ(test, NULL, rust_dm_kcopyd_prepare_callback(kc, NULL, td));
	kunit_release_action(test, kcopyd_client_destroy, kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void mainline_bad_input_no_object(struct kunit *test)
{
	struct test_request *req = test_request_create(test);

	rust_dm_io_client_destroy(NULL);
	rust_dm_io_client_destroy(ERR_PTR(-ENOMEM));
	rust_dm_kcopyd_client_destroy(NULL);
	rust_dm_kcopyd_client_destroy(ERR_PTR(-ENOMEM));
	rust_dm_kcopyd_client_flush(NULL);
	rust_dm_kcopyd_client_flush(ERR_PTR(-ENOMEM));
	rust_dm_kcopyd_do_callback(NULL, 1, 2);
	KUNIT_EXPECT_PTR_EQ(test, NULL,
			    rust_dm_kcopyd_prepare_callback(NULL, test_request_dm_kcopyd_done,
							    req));
	KUNIT_EXPECT_PTR_EQ(test, NULL,
			    rust_dm_kcopyd_prepare_callback(ERR_PTR(-EIO),
							    test_request_dm_kcopyd_done, req));
	KUNIT_EXPECT_PTR_EQ(test, NULL, rust_dm_kcopyd_prepare_callback(NULL, NULL, NULL));
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
}

static struct kunit_case mainline_bad_input_test_cases[] = {
	KUNIT_CASE(mainline_bad_input_unspoiled),
	KUNIT_CASE_PARAM(mainline_bad_input_is_refused, bad_case_gen_params),
	KUNIT_CASE_PARAM(mainline_bad_input_target_is_refused, bad_target_gen_params),
	KUNIT_CASE_PARAM(mainline_bad_input_device, bad_device_gen_params),
	KUNIT_CASE(mainline_bad_input_read),
	KUNIT_CASE(mainline_bad_input_job_unspoiled),
	KUNIT_CASE_PARAM(mainline_bad_input_job_is_refused, bad_copy_gen_params),
	KUNIT_CASE(mainline_bad_input_job_no_client),
	KUNIT_CASE(mainline_bad_input_job_client_is_error),
	KUNIT_CASE(mainline_bad_input_no_fn),
	KUNIT_CASE(mainline_bad_input_no_object),
	{}
};

static void mainline_bad_input_suite_exit(struct kunit_suite *suite)
{
	bad_device_memory_unmap();
	test_disks_scrap_spare(suite);
}

static struct kunit_suite mainline_bad_input_test_suite = {
	.name = "dm_io_rust_mainline_bad_input",
	.suite_init = bad_device_memory_map,
	.suite_exit = mainline_bad_input_suite_exit,
	.test_cases = mainline_bad_input_test_cases,
};

kunit_test_suite(mainline_bad_input_test_suite);
