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

#include "test_buffer.h"
#include "test_disk.h"
#include "test_request.h"

#define BUFFER_SECTORS 24
#define UNTOUCHED 0x5a5a5a5a5a5a5a5aUL

/**
 * struct bad_call - the arguments of a call, good ones that a case spoils
 * @td: the disk of every region
 * @buf: a buffer of BUFFER_SECTORS
 * @where: the regions, as long as the buffer
 * @num_regions: how many are given
 * @rw: the operation
 * @regions: what is given for @where
 * @no_fn: give no callback
 * @pl: what is given for these arguments
 * @offset: what is given for these arguments
 * @bvec: what is given for these arguments
 * @data: what is given for these arguments
 */
struct bad_call {
	struct test_disk *td;
	struct test_buffer *buf;
	struct io_region where[BITS_PER_LONG + 1];
	unsigned int num_regions;
	int rw;
	struct io_region *regions;
	bool no_fn;
	struct page_list *pl;
	unsigned int offset;
	struct bio_vec *bvec;
	void *data;
};

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
	call->rw = READ;
	call->num_regions = 2;
}

static void no_where(struct bad_call *call)
{
	call->regions = NULL;
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
	call->rw = READ;
}

static void no_buffer_for_second(struct bad_call *call)
{
	no_buffer(call);
	call->num_regions = 2;
	call->where[0].count = 0;
}

static void set_opf(struct bad_call *call, blk_opf_t opf)
{
	call->rw = (__force int)opf;
}

static void op_flush(struct bad_call *call)
{
	set_opf(call, REQ_OP_FLUSH);
}

static void op_secure_erase(struct bad_call *call)
{
	set_opf(call, REQ_OP_SECURE_ERASE);
}

static void op_zone_append(struct bad_call *call)
{
	set_opf(call, REQ_OP_ZONE_APPEND);
}

static void op_zone_reset_all(struct bad_call *call)
{
	set_opf(call, REQ_OP_ZONE_RESET_ALL);
}

static void op_driver(struct bad_call *call)
{
	set_opf(call, REQ_OP_DRV_OUT);
}

static void op_beyond(struct bad_call *call)
{
	set_opf(call, REQ_OP_MASK);
}

static void flag_integrity(struct bad_call *call)
{
	set_opf(call, REQ_OP_WRITE | REQ_INTEGRITY);
}

static void flag_polled(struct bad_call *call)
{
	set_opf(call, REQ_OP_WRITE | REQ_POLLED);
}

static void flag_alloc_cache(struct bad_call *call)
{
	set_opf(call, REQ_OP_WRITE | REQ_ALLOC_CACHE);
}

static void flag_drv(struct bad_call *call)
{
	set_opf(call, REQ_OP_WRITE | REQ_DRV);
}

static void flag_fs_private(struct bad_call *call)
{
	set_opf(call, REQ_OP_WRITE | REQ_FS_PRIVATE);
}

static void flush_of_read(struct bad_call *call)
{
	set_opf(call, REQ_OP_READ | REQ_PREFLUSH);
}

static void fua_of_read(struct bad_call *call)
{
	set_opf(call, REQ_OP_READ | REQ_FUA);
}

static void flush_of_discard(struct bad_call *call)
{
	set_opf(call, REQ_OP_DISCARD | REQ_PREFLUSH);
}

static void fua_of_write_zeroes(struct bad_call *call)
{
	set_opf(call, REQ_OP_WRITE_ZEROES | REQ_FUA);
}

static void end_overflows(struct bad_call *call)
{
	call->where[0].sector = U64_MAX - 7;
	call->where[0].count = 8;
}

static void last_end_overflows(struct bad_call *call)
{
	call->num_regions = 4;
	call->where[3].sector = 8;
	call->where[3].count = U64_MAX;
}

static void discard_end_overflows(struct bad_call *call)
{
	set_opf(call, REQ_OP_DISCARD);
	call->where[0].sector = U64_MAX;
	call->where[0].count = 2;
}

/* In bytes the count comes to nothing. */
static void bytes_overflow(struct bad_call *call)
{
	call->where[0].sector = 0;
	call->where[0].count = 1ULL << 55;
}

static void buffer_too_short(struct bad_call *call)
{
	call->where[0].count = BUFFER_SECTORS + 8 * PAGE_SECTORS;
}

/* By the least that there is. */
static void list_too_short(struct bad_call *call)
{
	call->where[0].count = BUFFER_SECTORS + 1;
}

static void list_too_short_for_largest(struct bad_call *call)
{
	call->num_regions = 3;
	call->where[0].count = 1;
	call->where[1].count = BUFFER_SECTORS + 1;
	call->where[2].count = 2;
}

static void list_too_short_by_offset(struct bad_call *call)
{
	call->offset = 2;
}

/* That the region is longer than its device makes the buffer no longer. */
static void buffer_too_short_for_device(struct bad_call *call)
{
	call->where[0].sector = 0;
	call->where[0].count = bdev_nr_sectors(call->where[0].bdev) + 8;
}

static void list_without_page(struct bad_call *call)
{
	call->pl[1].page = NULL;
}

static void offset_of_page(struct bad_call *call)
{
	call->offset = PAGE_SIZE;
	call->where[0].count = 1;
}

static void offset_beyond(struct bad_call *call)
{
	call->offset = UINT_MAX;
	call->where[0].count = 1;
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
		     BUFFER_SECTORS * SECTOR_SIZE + 2;
}

static void vm_area_too_short_for_largest(struct bad_call *call)
{
	call->num_regions = 2;
	call->where[1].count = call->buf->nr_pages * PAGE_SECTORS + 1;
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
	int ret;
	bool async_only;
};

#define BAD(fn, forms, ...) { #fn, fn, forms, -EINVAL, ##__VA_ARGS__ }

static const struct bad_case bad_cases[] = {
	BAD(no_regions, ALL),
	BAD(too_many_regions, ALL),
	BAD(far_too_many_regions, ALL),
	{ "read_of_two", read_of_two, ALL, -EIO },
	BAD(no_where, ALL),
	BAD(no_device, ALL),
	BAD(no_last_device, ALL),
	BAD(no_fn, ALL, true),
	BAD(no_buffer, ALL),
	BAD(no_buffer_for_read, ALL),
	BAD(no_buffer_for_second, ALL),
	BAD(op_flush, ALL),
	BAD(op_secure_erase, ALL),
	BAD(op_zone_append, ALL),
	BAD(op_zone_reset_all, ALL),
	BAD(op_driver, ALL),
	BAD(op_beyond, ALL),
	BAD(flag_integrity, ALL),
	BAD(flag_polled, ALL),
	BAD(flag_alloc_cache, ALL),
	BAD(flag_drv, ALL),
	BAD(flag_fs_private, ALL),
	BAD(flush_of_read, ALL),
	BAD(fua_of_read, ALL),
	BAD(flush_of_discard, ALL),
	BAD(fua_of_write_zeroes, ALL),
	BAD(end_overflows, ALL),
	BAD(last_end_overflows, ALL),
	BAD(discard_end_overflows, ALL),
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
	BAD(vm_area_too_short, VM),
	BAD(vm_area_too_short_for_largest, VM),
};

KUNIT_ARRAY_PARAM_DESC(bad_case, bad_cases, name);

static struct bad_call *good_call(struct kunit *test, struct test_disk *td,
				  enum test_buffer_form form)
{
	struct bad_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->td = td;
	call->buf = test_buffer_create(test, form, 0,
				       BUFFER_SECTORS * SECTOR_SIZE);
	test_buffer_fill(call->buf, 1);
	call->num_regions = 1;
	call->rw = WRITE;
	call->regions = call->where;
	for (int i = 0; i < ARRAY_SIZE(call->where); i++)
		call->where[i] = (struct io_region) {
			td->bdev, i * BUFFER_SECTORS, BUFFER_SECTORS,
		};
	call->pl = call->buf->pl;
	call->bvec = call->buf->bvec;
	call->data = call->buf->data;
	return call;
}

static int call_sync(enum test_buffer_form form, struct bad_call *call,
		     unsigned long *bits)
{
	struct test_buffer buf = {
		.form = form,
		.pl = call->pl,
		.bvec = call->bvec,
		.data = call->data,
		.offset = call->offset,
	};

	return test_buffer_io_sync(&buf, call->num_regions, call->regions,
				   call->rw, bits);
}

static int call_async(enum test_buffer_form form, struct bad_call *call,
		      struct test_request *req)
{
	struct test_buffer buf = {
		.form = form,
		.pl = call->pl,
		.bvec = call->bvec,
		.data = call->data,
		.offset = call->offset,
	};
	int ret;

	ret = test_buffer_io_async(&buf, call->num_regions, call->regions,
				   call->rw,
				   call->no_fn ? NULL : test_request_io_done,
				   req);
	return test_request_started(req, ret);
}

static void expect_refused(struct kunit *test, const struct bad_case *c,
			   enum test_buffer_form form)
{
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = (BITS_PER_LONG + 1) * BUFFER_SECTORS,
			.max_discard_sectors = 64,
			.max_write_zeroes_sectors = 64,
			.write_cache = true,
		});
	struct bad_call *call = good_call(test, td, form);
	struct test_request *req = test_request_create(test);
	unsigned long bits = UNTOUCHED;

	c->spoil(call);
	if (!c->async_only) {
		KUNIT_EXPECT_EQ(test, call_sync(form, call, &bits), c->ret);
		KUNIT_EXPECT_EQ(test, bits, UNTOUCHED);
		KUNIT_EXPECT_EQ(test, call_sync(form, call, NULL), c->ret);
	}
	KUNIT_EXPECT_EQ(test, call_async(form, call, req), c->ret);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
	test_expect_zeroes(test, td->data, td->sectors << SECTOR_SHIFT, "disk");
}

static void bad_input_is_refused(struct kunit *test)
{
	const struct bad_case *c = test->param_value;

	for (int form = 0; form < TEST_BUFFER_FORMS; form++)
		if (c->forms & BIT(form))
			expect_refused(test, c, form);
}

/* The arguments that the cases above spoil are good ones. */
static void bad_input_unspoiled(struct kunit *test)
{
	for (int form = 0; form < TEST_BUFFER_FORMS; form++) {
		struct test_disk *td = test_disk_create(test,
			&(struct test_disk_config) {
				.sectors = (BITS_PER_LONG + 1) * BUFFER_SECTORS,
			});
		struct bad_call *call = good_call(test, td, form);
		struct test_request *req = test_request_create(test);
		unsigned long bits = UNTOUCHED;

		call->num_regions = BITS_PER_LONG;
		KUNIT_EXPECT_EQ(test, call_sync(form, call, &bits), 0);
		KUNIT_EXPECT_EQ(test, bits, 0);
		KUNIT_ASSERT_EQ(test, call_async(form, call, req), 0);
		test_request_wait(req);
		KUNIT_EXPECT_EQ(test, req->error, 0);
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
		.name = "read_only_discard",
		.config = {
			.sectors = 64,
			.read_only = true,
			.max_discard_sectors = 64,
		},
		.opf = REQ_OP_DISCARD, .count = 8,
	}, {
		.name = "read_only_write_zeroes",
		.config = {
			.sectors = 64,
			.read_only = true,
			.max_write_zeroes_sectors = 64,
		},
		.opf = REQ_OP_WRITE_ZEROES, .count = 8,
	}, {
		.name = "gone",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .count = 8, .remove = true,
	}, {
		.name = "no_discard",
		.config = { .sectors = 64 },
		.opf = REQ_OP_DISCARD, .count = 8,
	}, {
		.name = "no_write_zeroes",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE_ZEROES, .count = 8,
	},
};

KUNIT_ARRAY_PARAM_DESC(device_case, device_cases, name);

static void bad_input_device_error(struct kunit *test)
{
	const struct device_case *c = test->param_value;
	struct test_disk *bad = test_disk_create(test, &c->config);
	struct test_disk *good = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = 64,
			.max_discard_sectors = 64,
			.max_write_zeroes_sectors = 64,
		});
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

	test_fill(bad->data, 64 * SECTOR_SIZE, 2);
	test_buffer_fill(buf, 3);
	if (c->remove)
		test_disk_remove(bad);

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

	/* Nothing was written where it should not be. */
	if (c->config.read_only)
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

/**
 * struct bad_copy - the arguments of a copy, good ones that a case spoils
 * @kc: the client
 * @from: the source
 * @dests: the destinations
 * @num_dests: how many are given
 * @flags: as given
 * @no_kc: give no such argument
 * @no_from: give no such argument
 * @no_dests: give no such argument
 * @no_fn: give no such argument
 */
struct bad_copy {
	struct kcopyd_client *kc;
	struct io_region from;
	struct io_region dests[KCOPYD_MAX_REGIONS + 1];
	unsigned int num_dests;
	unsigned int flags;
	bool no_kc;
	bool no_from;
	bool no_dests;
	bool no_fn;
};

static void copy_no_client(struct bad_copy *copy)
{
	copy->no_kc = true;
}

static void copy_no_source(struct bad_copy *copy)
{
	copy->no_from = true;
}

static void copy_no_source_device(struct bad_copy *copy)
{
	copy->from.bdev = NULL;
}

static void copy_null_dests(struct bad_copy *copy)
{
	copy->no_dests = true;
}

static void copy_no_dests(struct bad_copy *copy)
{
	copy->num_dests = 0;
}

static void copy_too_many_dests(struct bad_copy *copy)
{
	copy->num_dests = KCOPYD_MAX_REGIONS + 1;
}

static void copy_no_dest_device(struct bad_copy *copy)
{
	copy->dests[7].bdev = NULL;
}

static void copy_no_fn(struct bad_copy *copy)
{
	copy->no_fn = true;
}

static void copy_unknown_flags(struct bad_copy *copy)
{
	copy->flags = BIT(31);
}

static void copy_dest_longer(struct bad_copy *copy)
{
	copy->dests[0].count++;
}

static void copy_dest_shorter(struct bad_copy *copy)
{
	copy->dests[7].count--;
}

static void copy_source_overflows(struct bad_copy *copy)
{
	copy->from.sector = U64_MAX - 7;
}

static void copy_dest_overflows(struct bad_copy *copy)
{
	copy->dests[3].sector = U64_MAX - 7;
}

static void copy_onto_itself(struct bad_copy *copy)
{
	copy->dests[0] = copy->from;
}

static void copy_onto_own_end(struct bad_copy *copy)
{
	copy->dests[7] = copy->from;
	copy->dests[7].sector += copy->from.count - 1;
}

static void copy_onto_own_start(struct bad_copy *copy)
{
	copy->dests[4] = copy->from;
	copy->dests[4].sector -= copy->from.count - 1;
}

struct copy_case {
	const char *name;
	void (*spoil)(struct bad_copy *copy);
};

#define BAD_COPY(fn) { #fn, copy_##fn }

static const struct copy_case copy_cases[] = {
	BAD_COPY(no_client),
	BAD_COPY(no_source),
	BAD_COPY(no_source_device),
	BAD_COPY(null_dests),
	BAD_COPY(no_dests),
	BAD_COPY(too_many_dests),
	BAD_COPY(no_dest_device),
	BAD_COPY(no_fn),
	BAD_COPY(unknown_flags),
	BAD_COPY(dest_longer),
	BAD_COPY(dest_shorter),
	BAD_COPY(source_overflows),
	BAD_COPY(dest_overflows),
	BAD_COPY(onto_itself),
	BAD_COPY(onto_own_end),
	BAD_COPY(onto_own_start),
};

KUNIT_ARRAY_PARAM_DESC(copy_case, copy_cases, name);

KUNIT_DEFINE_ACTION_WRAPPER(client_destroy, kcopyd_client_destroy,
			    struct kcopyd_client *);

static struct kcopyd_client *client(struct kunit *test)
{
	struct kcopyd_client *kc;

	KUNIT_ASSERT_EQ(test, kcopyd_client_create(16, &kc), 0);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, client_destroy, kc));
	return kc;
}

static void bad_input_copy_is_refused(struct kunit *test)
{
	const struct copy_case *c = test->param_value;
	struct test_disk *td = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 1024 });
	struct bad_copy copy = {
		.kc = client(test),
		.from = { td->bdev, 40, 32 },
		.num_dests = KCOPYD_MAX_REGIONS,
	};
	struct test_request *req = test_request_create(test);
	int ret;

	for (int i = 0; i < ARRAY_SIZE(copy.dests); i++)
		copy.dests[i] = (struct io_region) {
			td->bdev, 100 + 40 * i, 32,
		};
	c->spoil(&copy);
	ret = kcopyd_copy(copy.no_kc ? NULL : copy.kc,
			  copy.no_from ? NULL : &copy.from, copy.num_dests,
			  copy.no_dests ? NULL : copy.dests, copy.flags,
			  copy.no_fn ? NULL : test_request_copy_done, req);
	KUNIT_EXPECT_EQ(test, test_request_started(req, ret), -EINVAL);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);

	/* If it kept anything, this would wait for it. */
	kunit_release_action(test, client_destroy, copy.kc);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
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

struct copy_device_case {
	const char *name;
	struct test_disk_config config;
	sector_t sector;
	bool remove;
};

static const struct copy_device_case copy_device_cases[] = {
	{
		.name = "across_end",
		.config = { .sectors = 64 }, .sector = 60,
	}, {
		.name = "beyond_end",
		.config = { .sectors = 64 }, .sector = 64,
	}, {
		.name = "read_only",
		.config = { .sectors = 64, .read_only = true },
	}, {
		.name = "gone",
		.config = { .sectors = 64 }, .remove = true,
	},
};

KUNIT_ARRAY_PARAM_DESC(copy_device_case, copy_device_cases, name);

static void bad_input_copy_device_error(struct kunit *test)
{
	const struct copy_device_case *c = test->param_value;
	struct test_disk *bad = test_disk_create(test, &c->config);
	struct test_disk *good = test_disk_create(test,
		&(struct test_disk_config) { .sectors = 64 });
	struct io_region spoiled = { bad->bdev, c->sector, 8 };
	struct io_region fine[2] = {
		{ good->bdev, 0, 8 }, { good->bdev, 8, 8 },
	};
	struct io_region dests[2] = { fine[1], spoiled };
	struct kcopyd_client *kc = client(test);
	struct test_request *req = test_request_create(test);
	int ret;

	if (c->remove)
		test_disk_remove(bad);
	ret = kcopyd_copy(kc, &fine[0], 2, dests, 0, test_request_copy_done,
			  req);
	KUNIT_ASSERT_EQ(test, test_request_started(req, ret), 0);
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->read_err, 0);
	KUNIT_EXPECT_EQ(test, req->write_err, 2);
	if (c->config.read_only) {
		KUNIT_EXPECT_EQ(test, bad->nr_log, 0);
		return;
	}

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
	KUNIT_CASE_PARAM(bad_input_device_error, device_case_gen_params),
	KUNIT_CASE(bad_input_read_error),
	KUNIT_CASE_PARAM(bad_input_copy_is_refused, copy_case_gen_params),
	KUNIT_CASE(bad_input_client),
	KUNIT_CASE(bad_input_client_too_large),
	KUNIT_CASE_PARAM(bad_input_copy_device_error,
			 copy_device_case_gen_params),
	{}
};

static struct kunit_suite bad_input_test_suite = {
	.name = "dm_io_rust_bad_input",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = bad_input_test_cases,
};

kunit_test_suite(bad_input_test_suite);
