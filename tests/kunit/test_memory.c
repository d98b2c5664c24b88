// SPDX-License-Identifier: GPL-2.0
#include "test_memory.h"

#include <kunit/test.h>
#include <linux/bvec.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define MARGIN 0xa5

/* The first page of two: hence no two that are used are neighbours. */
#define PAIR_ORDER 1

static unsigned int pages_used(const struct test_memory *memory)
{
	return DIV_ROUND_UP(memory->offset + memory->bytes, PAGE_SIZE);
}

static void make_page_list(struct test_memory *memory)
{
	unsigned int used = pages_used(memory);

	memory->pl = kcalloc(used, sizeof(*memory->pl), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(memory->test, memory->pl);
	for (unsigned int i = 0; i < used; i++) {
		memory->pl[i].page = memory->pages[i];
		memory->pl[i].next = i + 1 < used ? &memory->pl[i + 1] : NULL;
	}
	memory->mem.ptr.pl = memory->pl;
	memory->mem.offset = memory->offset;
}

/* What the bio says of an I/O of its own is not to be that of another. */
static void make_bio(struct test_memory *memory)
{
	unsigned int used = pages_used(memory);

	memory->bvecs = kcalloc(used, sizeof(*memory->bvecs), GFP_KERNEL);
	memory->bio = kzalloc_obj(*memory->bio);
	KUNIT_ASSERT_NOT_NULL(memory->test, memory->bvecs);
	KUNIT_ASSERT_NOT_NULL(memory->test, memory->bio);
	for (unsigned int i = 0; i < used; i++)
		bvec_set_page(&memory->bvecs[i], memory->pages[i], PAGE_SIZE, 0);
	bio_init(memory->bio, NULL, memory->bvecs, used, REQ_OP_WRITE | REQ_FUA);
	memory->bio->bi_vcnt = used;
	memory->bio->bi_ioprio = 1;
	memory->bio->bi_iter.bi_sector = 12345;
	memory->bio->bi_iter.bi_size = memory->offset + memory->bytes;
	bio_advance(memory->bio, memory->offset);
	memory->start = memory->bio->bi_iter;
	memory->mem.ptr.bio = memory->bio;
}

static void alloc_pairs(struct test_memory *memory)
{
	memory->pages = kcalloc(memory->nr_pages, sizeof(*memory->pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(memory->test, memory->pages);
	for (unsigned int i = 0; i < memory->nr_pages; i++) {
		memory->pages[i] = alloc_pages(GFP_KERNEL, PAIR_ORDER);
		KUNIT_ASSERT_NOT_NULL(memory->test, memory->pages[i]);
	}
	memory->map = vmap(memory->pages, memory->nr_pages, VM_MAP, PAGE_KERNEL);
}

static void free_memory(void *data)
{
	struct test_memory *memory = data;

	test_memory_forget_arguments(memory);
	if (memory->mem.type == DM_IO_KMEM) {
		if (memory->map)
			free_pages_exact(memory->map, memory->nr_pages * PAGE_SIZE);
	} else {
		vunmap(memory->map);
	}
	for (unsigned int i = 0; memory->pages && i < memory->nr_pages; i++)
		if (memory->pages[i])
			__free_pages(memory->pages[i], PAIR_ORDER);
	kfree(memory->pages);
	kfree(memory->bvecs);
	kfree(memory);
}

void test_memory_free(struct test_memory *memory)
{
	kunit_release_action(memory->test, free_memory, memory);
}

void test_memory_forget_arguments(struct test_memory *memory)
{
	kfree(memory->pl);
	memory->pl = NULL;
	kfree(memory->bio);
	memory->bio = NULL;
}

static void alloc_memory(struct test_memory *memory)
{
	if (memory->mem.type == DM_IO_KMEM)
		memory->map = alloc_pages_exact(memory->nr_pages * PAGE_SIZE, GFP_KERNEL);
	else
		alloc_pairs(memory);
	KUNIT_ASSERT_NOT_NULL(memory->test, memory->map);
	memory->data = memory->map + memory->offset;
	memory->end = memory->map + memory->nr_pages * PAGE_SIZE;

	if (memory->mem.type == DM_IO_PAGE_LIST)
		make_page_list(memory);
	else if (memory->mem.type == DM_IO_BIO)
		make_bio(memory);
	else
		memory->mem.ptr.vma = memory->data;
}

struct test_memory *test_memory_create(struct kunit *test,
				       enum dm_io_mem_type type, size_t offset,
				       size_t bytes)
{
	struct test_memory *memory = kzalloc(sizeof(*memory), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	*memory = (struct test_memory) {
		.test = test,
		.mem.type = type,
		.offset = offset,
		.bytes = bytes,
		/* One more than the bytes need, for the margin. */
		.nr_pages = DIV_ROUND_UP(offset + bytes, PAGE_SIZE) + 1,
	};
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_memory, memory));
	alloc_memory(memory);
	return memory;
}

void test_memory_fill(struct test_memory *memory, u32 seed)
{
	memset(memory->map, MARGIN, memory->end - memory->map);
	test_fill(memory->data, memory->bytes, seed);
}

void test_memory_expect_intact(struct test_memory *memory)
{
	u8 *behind = memory->data + memory->bytes;

	KUNIT_EXPECT_PTR_EQ(memory->test, NULL,
			    memchr_inv(memory->map, MARGIN, memory->offset));
	KUNIT_EXPECT_PTR_EQ(memory->test, NULL,
			    memchr_inv(behind, MARGIN, memory->end - behind));
	if (!memory->bio)
		return;
	KUNIT_EXPECT_EQ(memory->test, (u32)memory->bio->bi_opf, (u32)(REQ_OP_WRITE | REQ_FUA));
	KUNIT_EXPECT_MEMEQ(memory->test, &memory->bio->bi_iter, &memory->start,
			   sizeof(memory->start));
}

unsigned int test_memory_vectors(const struct test_memory *memory, size_t bytes)
{
	if (memory->mem.type == DM_IO_KMEM)
		return 1;
	return DIV_ROUND_UP(memory->offset % PAGE_SIZE + bytes, PAGE_SIZE);
}
