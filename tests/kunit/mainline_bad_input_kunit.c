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

#include "test_disk.h"
#include "test_memory.h"
#include "test_request.h"

#define MEMORY_SECTORS 24
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
 * @memory: MEMORY_SECTORS of it
 * @io: the request
 * @where: the regions, as long as the memory
 * @num_regions: how many are given
 * @given_io: what is given for @io
 * @given_where: what is given for @where
 */
struct bad_call {
	struct test_memory *memory;
	struct dm_io_request io;
	struct dm_io_region where[BITS_PER_LONG + 1];
	unsigned int num_regions;
	struct dm_io_request *given_io;
	struct dm_io_region *given_where;
};

static void no_request(struct bad_call *call)
{
	call->given_io = NULL;
}

static void no_client(struct bad_call *call)
{
	call->io.client = NULL;
}

static void client_is_error(struct bad_call *call)
{
	call->io.client = ERR_PTR(-ENOMEM);
}

static void no_regions(struct bad_call *call)
{
	call->num_regions = 0;
}

static void too_many_regions(struct bad_call *call)
{
	call->num_regions = BITS_PER_LONG + 1;
}

static void far_too_many_regions(struct bad_call *call)
{
	call->num_regions = UINT_MAX;
}

static void read_of_two(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_READ;
	call->num_regions = 2;
}

static void no_where(struct bad_call *call)
{
	call->given_where = NULL;
}

static void no_device(struct bad_call *call)
{
	call->where[0].bdev = NULL;
}

static void no_last_device(struct bad_call *call)
{
	call->num_regions = 3;
	call->where[2].bdev = NULL;
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
	call->io.bi_opf = REQ_OP_READ;
}

static void no_memory_for_second(struct bad_call *call)
{
	no_memory(call);
	call->num_regions = 2;
	call->where[0].count = 0;
}

static void op_flush(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_FLUSH;
}

static void op_secure_erase(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_SECURE_ERASE;
}

static void op_zone_append(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_ZONE_APPEND;
}

static void op_zone_reset(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_ZONE_RESET;
}

static void op_driver(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_DRV_OUT;
}

static void op_beyond(struct bad_call *call)
{
	call->io.bi_opf = (__force blk_opf_t)REQ_OP_MASK;
}

static void flag_polled(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_WRITE | REQ_POLLED;
}

static void flag_integrity(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_WRITE | REQ_INTEGRITY;
}

static void flush_of_read(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_READ | REQ_PREFLUSH;
}

static void fua_of_write_zeroes(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_WRITE_ZEROES | REQ_FUA;
}

static void end_overflows(struct bad_call *call)
{
	call->where[0].sector = U64_MAX - MEMORY_SECTORS + 1;
}

static void last_end_overflows(struct bad_call *call)
{
	call->num_regions = 4;
	call->where[3].sector = 8;
	call->where[3].count = U64_MAX;
}

static void discard_end_overflows(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_DISCARD;
	call->where[0].sector = U64_MAX;
	call->where[0].count = 2;
}

/* In bytes the count comes to nothing. */
static void bytes_overflow(struct bad_call *call)
{
	call->where[0].sector = 0;
	call->where[0].count = 1ULL << 55;
}

/* By the least that there is. */
static void too_short(struct bad_call *call)
{
	call->where[0].count = MEMORY_SECTORS + 1;
}

static void too_short_for_largest(struct bad_call *call)
{
	call->num_regions = 3;
	call->where[0].count = 1;
	call->where[1].count = MEMORY_SECTORS + 1;
	call->where[2].count = 2;
}

/* That the region is longer than its device makes the memory no longer. */
static void too_short_for_device(struct bad_call *call)
{
	call->where[0].sector = 0;
	call->where[0].count = bdev_nr_sectors(call->where[0].bdev) + 8;
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
	call->where[0].count = 1;
}

static void offset_beyond(struct bad_call *call)
{
	call->io.mem.offset = UINT_MAX;
	call->where[0].count = 1;
}

static void offset_of_page_without_data(struct bad_call *call)
{
	call->io.bi_opf = REQ_OP_DISCARD;
	call->io.mem.offset = PAGE_SIZE;
}

/* Who has used up a part of the bio has less than the rest. */
static void bio_advanced(struct bad_call *call)
{
	bio_advance(call->io.mem.ptr.bio, SECTOR_SIZE);
}

static void bio_spent(struct bad_call *call)
{
	bio_advance(call->io.mem.ptr.bio, MEMORY_SECTORS * SECTOR_SIZE);
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
	call->io.mem.ptr.vma = call->memory->end - MEMORY_SECTORS * SECTOR_SIZE + 2;
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
	call->where[0].sector = 0;
	call->where[0].count = 1ULL << 40;
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
	int ret;
};

#define BAD(fn, types) { #fn, fn, types, -EINVAL }

static const struct bad_case bad_cases[] = {
	BAD(no_request, ALL),
	BAD(no_client, ALL),
	BAD(client_is_error, ALL),
	BAD(no_regions, ALL),
	BAD(too_many_regions, ALL),
	BAD(far_too_many_regions, ALL),
	{ "read_of_two", read_of_two, ALL, -EIO },
	BAD(no_where, ALL),
	BAD(no_device, ALL),
	BAD(no_last_device, ALL),
	BAD(type_unknown, ALL),
	BAD(type_far_out, ALL),
	BAD(no_memory, ALL),
	BAD(no_memory_for_read, ALL),
	BAD(no_memory_for_second, ALL),
	BAD(op_flush, ALL),
	BAD(op_secure_erase, ALL),
	BAD(op_zone_append, ALL),
	BAD(op_zone_reset, ALL),
	BAD(op_driver, ALL),
	BAD(op_beyond, ALL),
	BAD(flag_polled, ALL),
	BAD(flag_integrity, ALL),
	BAD(flush_of_read, ALL),
	BAD(fua_of_write_zeroes, ALL),
	BAD(end_overflows, ALL),
	BAD(last_end_overflows, ALL),
	BAD(discard_end_overflows, ALL),
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
	BAD(vma_area_too_short, VMA),
	BAD(kmem_of_vmalloc, LIST | BIO | VMA),
	BAD(kmem_of_page_zero, KMEM),
	BAD(kmem_of_user, KMEM),
	BAD(kmem_of_last_byte, KMEM),
	BAD(kmem_beyond_memory, KMEM),
};

KUNIT_ARRAY_PARAM_DESC(bad_case, bad_cases, name);

static struct test_disk *able_disk(struct kunit *test)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = (BITS_PER_LONG + 1) * MEMORY_SECTORS,
		.max_discard_sectors = 64,
		.max_write_zeroes_sectors = 64,
		.write_cache = true,
	});
}

static struct bad_call *good_call(struct kunit *test, struct test_disk *td,
				  enum dm_io_mem_type type)
{
	struct bad_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->memory = test_memory_create(test, type, 0, MEMORY_SECTORS * SECTOR_SIZE);
	test_memory_fill(call->memory, 1);
	call->io = (struct dm_io_request) {
		.bi_opf = REQ_OP_WRITE,
		.mem = call->memory->mem,
		.client = io_client(test),
	};
	for (int i = 0; i < ARRAY_SIZE(call->where); i++)
		call->where[i] = (struct dm_io_region) {
			td->bdev, i * MEMORY_SECTORS, MEMORY_SECTORS,
		};
	call->num_regions = 1;
	call->given_io = &call->io;
	call->given_where = call->where;
	return call;
}

static void expect_refused(struct kunit *test, const struct bad_case *c,
			   enum dm_io_mem_type type)
{
	struct test_disk *td = able_disk(test);
	struct bad_call *call = good_call(test, td, type);
	struct test_request *req = test_request_create(test);
	unsigned long error = UNTOUCHED, unsup = UNTOUCHED;
	int ret;

	c->spoil(call);
	ret = rust_dm_io(call->given_io, call->num_regions, call->given_where, &error, &unsup, 0);
	KUNIT_EXPECT_EQ(test, ret, c->ret);
	KUNIT_EXPECT_EQ(test, error, UNTOUCHED);
	KUNIT_EXPECT_EQ(test, unsup, UNTOUCHED);
	ret = rust_dm_io(call->given_io, call->num_regions, call->given_where, NULL, NULL, 0);
	KUNIT_EXPECT_EQ(test, ret, c->ret);

	call->io.notify.fn = test_request_dm_io_done;
	call->io.notify.context = req;
	ret = rust_dm_io(call->given_io, call->num_regions, call->given_where, &error, &unsup, 0);
	KUNIT_EXPECT_EQ(test, test_request_started(req, ret), c->ret);
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

	for (int type = 0; type < TEST_MEMORY_TYPES; type++)
		if (c->types & BIT(type))
			expect_refused(test, c, type);
}

/* The arguments that the cases above spoil are good ones. */
static void mainline_bad_input_unspoiled(struct kunit *test)
{
	for (int type = 0; type < TEST_MEMORY_TYPES; type++) {
		struct test_disk *td = able_disk(test);
		struct bad_call *call = good_call(test, td, type);
		struct test_request *req = test_request_create(test);
		unsigned long error = UNTOUCHED, unsup = UNTOUCHED;
		int ret;

		call->num_regions = BITS_PER_LONG;
		KUNIT_EXPECT_EQ(test, 0, rust_dm_io(&call->io, call->num_regions, call->where,
						    &error, &unsup, 0));
		KUNIT_EXPECT_EQ(test, error, 0);
		KUNIT_EXPECT_EQ(test, unsup, 0);
		call->io.notify.fn = test_request_dm_io_done;
		call->io.notify.context = req;
		ret = rust_dm_io(&call->io, call->num_regions, call->where, NULL, NULL, 0);
		KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
		test_request_wait(req);
		KUNIT_EXPECT_EQ(test, req->error | req->unsup, 0);
		KUNIT_EXPECT_EQ(test, td->nr_log, 2 * BITS_PER_LONG);
	}
}

/* What a device does not do is that region's error, and no other's. */
struct device_case {
	const char *name;
	struct test_disk_config config;
	blk_opf_t opf;
	sector_t sector;
	sector_t count;
	bool remove;
	bool unsup;
};

static const struct device_case device_cases[] = {
	{
		.name = "write_beyond_end",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .sector = 64, .count = 8,
	}, {
		.name = "write_across_end",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .sector = 60, .count = 8,
	}, {
		.name = "write_far_beyond_end",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .sector = U64_MAX - 8, .count = 8,
	}, {
		.name = "discard_beyond_end",
		.config = { .sectors = 64, .max_discard_sectors = 64 },
		.opf = REQ_OP_DISCARD, .sector = 8, .count = 1ULL << 40,
	}, {
		.name = "read_only_write",
		.config = { .sectors = 64, .read_only = true },
		.opf = REQ_OP_WRITE, .count = 8,
	}, {
		.name = "read_only_write_zeroes",
		.config = { .sectors = 64, .read_only = true, .max_write_zeroes_sectors = 64 },
		.opf = REQ_OP_WRITE_ZEROES, .count = 8,
	}, {
		.name = "gone",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .count = 8, .remove = true,
	}, {
		.name = "no_discard",
		.config = { .sectors = 64 },
		.opf = REQ_OP_DISCARD, .count = 8, .unsup = true,
	}, {
		.name = "no_write_zeroes",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE_ZEROES, .count = 8, .unsup = true,
	},
};

KUNIT_ARRAY_PARAM_DESC(device_case, device_cases, name);

static void mainline_bad_input_device(struct kunit *test)
{
	const struct device_case *c = test->param_value;
	struct test_disk *bad = test_disk_create(test, &c->config), *good = able_disk(test);
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
	if (c->remove)
		test_disk_remove(bad);
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

/**
 * struct bad_job - the arguments of a copy or a zeroing, good ones that a case spoils
 * @from: the source
 * @dests: the destinations
 * @num_dests: how many are given
 * @flags: as given
 * @kc: the client that is given
 * @given_from: what is given for @from
 * @given_dests: what is given for @dests
 */
struct bad_job {
	struct dm_io_region from;
	struct dm_io_region dests[DM_KCOPYD_MAX_REGIONS + 1];
	unsigned int num_dests;
	unsigned int flags;
	struct dm_kcopyd_client *kc;
	struct dm_io_region *given_from;
	struct dm_io_region *given_dests;
};

static void job_no_client(struct bad_job *job)
{
	job->kc = NULL;
}

static void job_client_is_error(struct bad_job *job)
{
	job->kc = ERR_PTR(-ENOMEM);
}

static void job_no_source(struct bad_job *job)
{
	job->given_from = NULL;
}

static void job_no_source_device(struct bad_job *job)
{
	job->from.bdev = NULL;
}

static void job_null_dests(struct bad_job *job)
{
	job->given_dests = NULL;
}

static void job_no_dests(struct bad_job *job)
{
	job->num_dests = 0;
}

static void job_too_many_dests(struct bad_job *job)
{
	job->num_dests = DM_KCOPYD_MAX_REGIONS + 1;
}

static void job_far_too_many_dests(struct bad_job *job)
{
	job->num_dests = UINT_MAX;
}

static void job_no_dest_device(struct bad_job *job)
{
	job->dests[7].bdev = NULL;
}

static void job_flag_0(struct bad_job *job)
{
	job->flags = BIT(0);
}

static void job_flag_beside_known(struct bad_job *job)
{
	job->flags = BIT(DM_KCOPYD_IGNORE_ERROR) | BIT(DM_KCOPYD_WRITE_SEQ) | BIT(3);
}

static void job_flag_31(struct bad_job *job)
{
	job->flags = BIT(31);
}

static void job_dest_longer(struct bad_job *job)
{
	job->dests[0].count++;
}

static void job_dest_shorter(struct bad_job *job)
{
	job->dests[7].count--;
}

static void job_source_overflows(struct bad_job *job)
{
	job->from.sector = U64_MAX - 7;
}

static void job_dest_overflows(struct bad_job *job)
{
	job->dests[3].sector = U64_MAX - 7;
}

static void job_onto_itself(struct bad_job *job)
{
	job->dests[0] = job->from;
}

static void job_onto_own_end(struct bad_job *job)
{
	job->dests[7] = job->from;
	job->dests[7].sector += job->from.count - 1;
}

static void job_onto_own_start(struct bad_job *job)
{
	job->dests[4] = job->from;
	job->dests[4].sector -= job->from.count - 1;
}

struct job_case {
	const char *name;
	void (*spoil)(struct bad_job *job);
	bool copy_only;
};

#define BAD_JOB(fn, ...) { #fn, job_##fn, ##__VA_ARGS__ }

static const struct job_case job_cases[] = {
	BAD_JOB(no_client),
	BAD_JOB(client_is_error),
	BAD_JOB(no_source, true),
	BAD_JOB(no_source_device, true),
	BAD_JOB(null_dests),
	BAD_JOB(no_dests),
	BAD_JOB(too_many_dests),
	BAD_JOB(far_too_many_dests),
	BAD_JOB(no_dest_device),
	BAD_JOB(flag_0),
	BAD_JOB(flag_beside_known),
	BAD_JOB(flag_31),
	BAD_JOB(dest_longer),
	BAD_JOB(dest_shorter),
	BAD_JOB(source_overflows, true),
	BAD_JOB(dest_overflows),
	BAD_JOB(onto_itself, true),
	BAD_JOB(onto_own_end, true),
	BAD_JOB(onto_own_start, true),
};

KUNIT_ARRAY_PARAM_DESC(job_case, job_cases, name);

static void fill_job(struct bad_job *job, struct test_disk *td, struct dm_kcopyd_client *kc)
{
	*job = (struct bad_job) {
		.from = { td->bdev, 40, 32 },
		.num_dests = DM_KCOPYD_MAX_REGIONS,
		.kc = kc,
		.given_from = &job->from,
		.given_dests = job->dests,
	};
	for (int i = 0; i < ARRAY_SIZE(job->dests); i++)
		job->dests[i] = (struct dm_io_region) { td->bdev, 100 + 40 * i, 32 };
}

static void start_job(const struct bad_job *job, bool zero, dm_kcopyd_notify_fn fn, void *context)
{
	if (zero)
		rust_dm_kcopyd_zero(job->kc, job->num_dests, job->given_dests, job->flags, fn,
				    context);
	else
		rust_dm_kcopyd_copy(job->kc, job->given_from, job->num_dests, job->given_dests,
				    job->flags, fn, context);
}

/* Who called must be told, for the call itself cannot say a word. */
static void mainline_bad_input_job_is_refused(struct kunit *test)
{
	const struct job_case *c = test->param_value;
	struct test_disk *td = able_disk(test);

	for (int zero = 0; zero < (c->copy_only ? 1 : 2); zero++) {
		struct dm_kcopyd_client *kc = kcopyd_client(test);
		struct test_request *req = test_request_create(test);
		struct bad_job job;

		fill_job(&job, td, kc);
		c->spoil(&job);
		test_request_started(req, 0);
		start_job(&job, zero, test_request_dm_kcopyd_done, req);
		test_request_wait(req);
		KUNIT_EXPECT_NE(test, req->read_err, 0);
		KUNIT_EXPECT_EQ(test, req->write_err, ~0UL);
		KUNIT_EXPECT_FALSE(test, req->in_hardirq);

		/* If it kept anything, this would wait for it. */
		kunit_release_action(test, kcopyd_client_destroy, kc);
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 1);
		KUNIT_EXPECT_EQ(test, td->nr_log, 0);
	}
}

/* The arguments that the cases above spoil are good ones. */
static void mainline_bad_input_job_unspoiled(struct kunit *test)
{
	struct dm_kcopyd_client *kc = kcopyd_client(test);
	struct test_disk *td = able_disk(test);

	for (int zero = 0; zero < 2; zero++) {
		struct test_request *req = test_request_create(test);
		struct bad_job job;

		fill_job(&job, td, kc);
		test_request_started(req, 0);
		start_job(&job, zero, test_request_dm_kcopyd_done, req);
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
	struct test_disk *td = able_disk(test);

	for (int zero = 0; zero < 2; zero++) {
		struct bad_job job;

		fill_job(&job, td, kc);
		start_job(&job, zero, NULL, NULL);
		job.kc = NULL;
		start_job(&job, zero, NULL, NULL);
		job.num_dests = 0;
		start_job(&job, zero, NULL, NULL);
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
	KUNIT_CASE_PARAM(mainline_bad_input_device, device_case_gen_params),
	KUNIT_CASE(mainline_bad_input_read),
	KUNIT_CASE(mainline_bad_input_job_unspoiled),
	KUNIT_CASE_PARAM(mainline_bad_input_job_is_refused, job_case_gen_params),
	KUNIT_CASE(mainline_bad_input_no_fn),
	KUNIT_CASE(mainline_bad_input_no_object),
	{}
};

static struct kunit_suite mainline_bad_input_test_suite = {
	.name = "dm_io_rust_mainline_bad_input",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_bad_input_test_cases,
};

kunit_test_suite(mainline_bad_input_test_suite);
