// SPDX-License-Identifier: GPL-2.0
/*
 * Page lists and regions that are far longer than the device, and than what one
 * bio holds: a list that is too short is bad input however long it is, and one
 * that leads back to itself is long enough for anything.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define DISK_SECTORS 64

/* The bios that were submitted to the disk of a test, whether or not they got there. */
static struct block_device *watched;
static atomic_t submitted;
static atomic_t beyond_end;

/* void submit_bio_noacct(struct bio *bio) */
static int count_bio(struct kprobe *probe, struct pt_regs *regs)
{
	struct bio *bio = (struct bio *)regs_get_kernel_argument(regs, 0);

	if (bio->bi_bdev != READ_ONCE(watched))
		return 0;
	atomic_inc(&submitted);
	if (bio->bi_iter.bi_sector >= DISK_SECTORS)
		atomic_inc(&beyond_end);
	return 0;
}
NOKPROBE_SYMBOL(count_bio);

static struct kprobe bio_probe = {
	.symbol_name = "submit_bio_noacct",
	.pre_handler = count_bio,
};

static void watch_end(void *unused)
{
	WRITE_ONCE(watched, NULL);
}

/* The probe stays: see refuse_memory.c. */
static void watch(struct kunit *test, struct test_disk *td)
{
	static bool registered;

	if (!registered)
		KUNIT_ASSERT_EQ(test, register_kprobe(&bio_probe), 0);
	registered = true;
	atomic_set(&submitted, 0);
	atomic_set(&beyond_end, 0);
	WRITE_ONCE(watched, td->bdev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, watch_end, NULL));
}

/* A call whose page list is not that of its buffer. */
struct long_call {
	const struct service_call *c;
	struct service_buffer *buf;
	struct service_region where;
	enum req_op op;
	int ret;
};

static void long_call_run(void *context)
{
	struct long_call *call = context;

	call->ret = service_io(call->buf, call->c, 1, &call->where, call->op);
}

static struct long_call *long_call(struct kunit *test, struct test_disk *td, enum req_op op,
				   sector_t count)
{
	struct long_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	*call = (struct long_call) {
		.c = test->param_value,
		.where = { td->bdev, 0, count },
		.op = op,
	};
	call->buf = service_buffer_create(test, call->c->service, 0, PAGE_SIZE);
	service_fill(call->buf, 1);
	return call;
}

/* In a thread: a list without an end has been followed for ever. */
static void call_in_time(struct kunit *test, struct long_call *call)
{
	struct test_thread *thread = test_thread_create(test, long_call_run, call);

	test_thread_start(thread);
	test_thread_wait(thread);
}

static struct test_disk *watched_disk(struct kunit *test)
{
	struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
		.sectors = DISK_SECTORS,
	});

	watch(test, td);
	return td;
}

KUNIT_DEFINE_ACTION_WRAPPER(free_list, vfree, const void *);

/* A list of so many elements, which all have one page. */
static struct page_list *list_of(struct kunit *test, struct page *page, size_t elements)
{
	struct page_list *pl = vcalloc(elements, sizeof(*pl));

	KUNIT_ASSERT_NOT_NULL(test, pl);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_list, pl));
	for (size_t i = 0; i < elements; i++)
		pl[i] = (struct page_list) {
			.next = i + 1 < elements ? &pl[i + 1] : NULL,
			.page = page,
		};
	return pl;
}

static const enum req_op ops[] = { REQ_OP_READ, REQ_OP_WRITE };

static void long_lists_too_short(struct kunit *test)
{
	static const size_t lengths[] = { SZ_1G, SZ_1G + SZ_512M, SZ_2G - PAGE_SIZE };
	struct test_disk *td = watched_disk(test);
	struct page_list *pl = list_of(test, ZERO_PAGE(0), SZ_2G / PAGE_SIZE);

	for (int i = 0; i < ARRAY_SIZE(ops) * ARRAY_SIZE(lengths); i++) {
		struct long_call *call = long_call(test, td, ops[i % 2], SZ_2G / SECTOR_SIZE);
		struct page_list *last = &pl[lengths[i / 2] / PAGE_SIZE - 1];
		struct page_list *next = last->next;

		call->buf->ptr = pl;
		last->next = NULL;
		call_in_time(test, call);
		last->next = next;
		KUNIT_EXPECT_EQ(test, call->ret, -EINVAL);
		KUNIT_EXPECT_EQ(test, atomic_read(&submitted), 0);
	}
}

static const sector_t lengths_beyond[] = {
	DISK_SECTORS + 1, SZ_2G / SECTOR_SIZE, 1ULL << 40,
};

/* A list of one page that leads back to itself. */
static struct page_list *cycle_of(struct kunit *test, struct page *page)
{
	struct page_list *pl = list_of(test, page, 1);

	pl->next = pl;
	return pl;
}

/* Of a write beyond the end the caller is told, and nothing is done. */
static void long_lists_cyclic_write(struct kunit *test)
{
	struct test_disk *td = watched_disk(test);

	for (int i = 0; i < ARRAY_SIZE(lengths_beyond); i++) {
		struct long_call *call = long_call(test, td, REQ_OP_WRITE, lengths_beyond[i]);

		call->buf->ptr = cycle_of(test, ZERO_PAGE(0));
		call_in_time(test, call);
		KUNIT_EXPECT_EQ(test, call->buf->error, 1);
		KUNIT_EXPECT_EQ(test, atomic_read(&submitted), 0);
	}
}

KUNIT_DEFINE_ACTION_WRAPPER(free_cycle_page, __free_page, struct page *);

/* Of a read that which is beyond the end is not asked for. */
static void long_lists_cyclic_read(struct kunit *test)
{
	struct test_disk *td = watched_disk(test);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_cycle_page, page));
	memset(td->data, 0xff, DISK_SECTORS << SECTOR_SHIFT);
	for (int i = 0; i < ARRAY_SIZE(lengths_beyond); i++) {
		struct long_call *call = long_call(test, td, REQ_OP_READ, lengths_beyond[i]);

		memset(page_address(page), 0xee, PAGE_SIZE);
		call->buf->ptr = cycle_of(test, page);
		call_in_time(test, call);
		KUNIT_EXPECT_EQ(test, call->buf->error, 1);
		KUNIT_EXPECT_EQ(test, atomic_read(&beyond_end), 0);
		/* What was there before is not there any more. */
		KUNIT_EXPECT_PTR_EQ(test, NULL, memchr(page_address(page), 0xee, PAGE_SIZE));
		KUNIT_EXPECT_LE(test, td->nr_log, 1);
		test_disk_forget(td);
	}
}

static const struct service_call list_calls[] = {
#ifndef CONFIG_DM_IO_IN_RUST
	{ &dm_io_page_list, false },
	{ &dm_io_page_list, true },
#endif
	{ &mainline_page_list, false },
	{ &mainline_page_list, true },
};

static void list_call_name(const struct service_call *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%s", c->async ? "async" : "sync",
		 c->service->name);
}

KUNIT_ARRAY_PARAM(list_call, list_calls, list_call_name);

static struct kunit_case long_lists_test_cases[] = {
	KUNIT_CASE_PARAM(long_lists_too_short, list_call_gen_params),
	KUNIT_CASE_PARAM(long_lists_cyclic_write, list_call_gen_params),
	KUNIT_CASE_PARAM(long_lists_cyclic_read, list_call_gen_params),
	{}
};

static struct kunit_suite long_lists_test_suite = {
	.name = "dm_io_rust_long_lists",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = long_lists_test_cases,
};

kunit_test_suite(long_lists_test_suite);
