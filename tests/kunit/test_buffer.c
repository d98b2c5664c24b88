// SPDX-License-Identifier: GPL-2.0
#include "test_buffer.h"

#include <kunit/test.h>
#include <linux/blk_types.h>
#include <linux/bvec.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define MULTI_ORDER 2
#define MARGIN 0xa5

const char * const test_buffer_form_names[] = {
	[TEST_BUFFER_PAGES] = "page_list",
	[TEST_BUFFER_BVECS] = "bvecs",
	[TEST_BUFFER_MULTI] = "multi_page_bvecs",
	[TEST_BUFFER_RAGGED] = "ragged_bvecs",
	[TEST_BUFFER_VMALLOC] = "vmalloc",
	[TEST_BUFFER_VMAP] = "vmap",
};

/* The first page of two each: hence no two that are used are neighbours. */
static void alloc_singles(struct test_buffer *buf)
{
	buf->order = 1;
	for (unsigned int i = 0; i < buf->nr_pages; i++) {
		buf->pages[i] = alloc_pages(GFP_KERNEL, buf->order);
		KUNIT_ASSERT_NOT_NULL(buf->test, buf->pages[i]);
	}
}

static void alloc_runs(struct test_buffer *buf)
{
	const unsigned int run = 1 << MULTI_ORDER;

	for (unsigned int i = 0; i < buf->nr_pages; i += run) {
		struct page *page = alloc_pages(GFP_KERNEL, MULTI_ORDER);

		KUNIT_ASSERT_NOT_NULL(buf->test, page);
		split_page(page, MULTI_ORDER);
		for (unsigned int j = 0; j < run; j++)
			buf->pages[i + j] = page + j;
	}
}

static bool has_runs(const struct test_buffer *buf)
{
	return buf->form == TEST_BUFFER_MULTI ||
	       buf->form == TEST_BUFFER_RAGGED;
}

static void make_page_list(struct test_buffer *buf)
{
	unsigned int used = DIV_ROUND_UP(buf->offset + buf->bytes, PAGE_SIZE);

	buf->pl = kcalloc(used, sizeof(*buf->pl), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(buf->test, buf->pl);
	for (unsigned int i = 0; i < used; i++) {
		buf->pl[i].page = buf->pages[i];
		buf->pl[i].next = i + 1 < used ? &buf->pl[i + 1] : NULL;
	}
}

/* How long the vector is that starts at @at within the pages. */
static unsigned int vector_length(const struct test_buffer *buf, size_t at,
				  unsigned int nr)
{
	static const unsigned int ragged[] = { 512, 100, 4, 2000, 1024 };
	size_t run = buf->form == TEST_BUFFER_MULTI ? PAGE_SIZE << MULTI_ORDER :
						      PAGE_SIZE;
	size_t to_end = run - at % run;

	if (buf->form != TEST_BUFFER_RAGGED)
		return to_end;
	to_end = min(to_end, buf->offset + buf->bytes - at);
	return min(to_end, ragged[nr % ARRAY_SIZE(ragged)]);
}

/* No vector more than the bytes need: who reads on is seen by KASAN. */
static void make_bvecs(struct test_buffer *buf)
{
	size_t end = buf->offset + buf->bytes;
	unsigned int count = 0;
	size_t at;

	for (at = buf->offset; at < end; count++)
		at += vector_length(buf, at, count);
	buf->bvec = kcalloc(count, sizeof(*buf->bvec), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(buf->test, buf->bvec);

	at = buf->offset;
	for (unsigned int i = 0; i < count; i++) {
		unsigned int length = vector_length(buf, at, i);

		bvec_set_page(&buf->bvec[i], buf->pages[at / PAGE_SIZE], length,
			      offset_in_page(at));
		at += length;
	}
}

static void alloc_mapped(struct test_buffer *buf)
{
	buf->pages = kcalloc(buf->nr_pages, sizeof(*buf->pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(buf->test, buf->pages);
	if (has_runs(buf))
		alloc_runs(buf);
	else
		alloc_singles(buf);
	buf->map = vmap(buf->pages, buf->nr_pages, VM_MAP, PAGE_KERNEL);

	if (buf->form == TEST_BUFFER_PAGES)
		make_page_list(buf);
	else if (buf->form != TEST_BUFFER_VMAP)
		make_bvecs(buf);
}

static void free_buffer(void *data)
{
	struct test_buffer *buf = data;

	if (buf->form == TEST_BUFFER_VMALLOC)
		vfree(buf->map);
	else
		vunmap(buf->map);
	for (unsigned int i = 0; buf->pages && i < buf->nr_pages; i++)
		if (buf->pages[i])
			__free_pages(buf->pages[i], buf->order);
	kfree(buf->pages);
	kfree(buf->pl);
	kfree(buf->bvec);
	kfree(buf);
}

void test_buffer_forget_lists(struct test_buffer *buf)
{
	kfree(buf->pl);
	buf->pl = NULL;
	kfree(buf->bvec);
	buf->bvec = NULL;
}

void test_buffer_free(struct test_buffer *buf)
{
	kunit_release_action(buf->test, free_buffer, buf);
}

struct test_buffer *test_buffer_create(struct kunit *test,
				       enum test_buffer_form form,
				       unsigned int offset, size_t bytes)
{
	struct test_buffer *buf = kzalloc(sizeof(*buf), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	*buf = (struct test_buffer) {
		.test = test,
		.form = form,
		.offset = offset,
		.bytes = bytes,
		/* One more than the bytes need: every buffer has a margin. */
		.nr_pages = round_up(offset + bytes + PAGE_SIZE,
				     PAGE_SIZE << MULTI_ORDER) / PAGE_SIZE,
	};
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_buffer, buf));

	if (form == TEST_BUFFER_VMALLOC)
		buf->map = vmalloc(buf->nr_pages * PAGE_SIZE);
	else
		alloc_mapped(buf);
	KUNIT_ASSERT_NOT_NULL(test, buf->map);
	buf->data = buf->map + offset;
	return buf;
}

void test_buffer_fill(struct test_buffer *buf, u32 seed)
{
	memset(buf->map, MARGIN, buf->nr_pages * PAGE_SIZE);
	test_fill(buf->data, buf->bytes, seed);
}

void test_buffer_expect_margins_intact(struct test_buffer *buf)
{
	u8 *end = test_buffer_end(buf);
	u8 *behind = buf->data + buf->bytes;

	KUNIT_EXPECT_PTR_EQ(buf->test, NULL,
			    memchr_inv(buf->map, MARGIN, buf->offset));
	KUNIT_EXPECT_PTR_EQ(buf->test, NULL,
			    memchr_inv(behind, MARGIN, end - behind));
}

u8 *test_buffer_end(struct test_buffer *buf)
{
	return buf->map + buf->nr_pages * PAGE_SIZE;
}

unsigned int test_buffer_vectors(struct test_buffer *buf, size_t bytes)
{
	size_t at = buf->offset, end = buf->offset + bytes;
	unsigned int count = 0;

	for (; at < end; count++)
		at += vector_length(buf, at, count);
	return count;
}

int test_buffer_io_sync(struct test_buffer *buf, unsigned int num_regions,
			struct io_region *where, int rw,
			unsigned long *error_bits)
{
	switch (buf->form) {
	case TEST_BUFFER_PAGES:
		return dm_io_sync(num_regions, where, rw, buf->pl, buf->offset,
				  error_bits);
	case TEST_BUFFER_VMALLOC:
	case TEST_BUFFER_VMAP:
		return dm_io_sync_vm(num_regions, where, rw, buf->data,
				     error_bits);
	default:
		return dm_io_sync_bvec(num_regions, where, rw, buf->bvec,
				       error_bits);
	}
}

int test_buffer_io_async(struct test_buffer *buf, unsigned int num_regions,
			 struct io_region *where, int rw, io_notify_fn fn,
			 void *context)
{
	switch (buf->form) {
	case TEST_BUFFER_PAGES:
		return dm_io_async(num_regions, where, rw, buf->pl, buf->offset,
				   fn, context);
	case TEST_BUFFER_VMALLOC:
	case TEST_BUFFER_VMAP:
		return dm_io_async_vm(num_regions, where, rw, buf->data, fn,
				      context);
	default:
		return dm_io_async_bvec(num_regions, where, rw, buf->bvec, fn,
					context);
	}
}
