// SPDX-License-Identifier: GPL-2.0
/*
 * C functions for Rust: see helpers.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/pgtable.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "helpers.h"

void dm_io_rust_bio_inc_remaining(struct bio *bio)
{
	bio_inc_remaining(bio);
}

unsigned int dm_io_rust_bdev_logical_block_size(struct block_device *bdev)
{
	return bdev_logical_block_size(bdev);
}

bool dm_io_rust_bdev_is_zoned(struct block_device *bdev)
{
	return bdev_is_zoned(bdev);
}

unsigned int dm_io_rust_bdev_max_discard_sectors(struct block_device *bdev)
{
	return bdev_max_discard_sectors(bdev);
}

unsigned int dm_io_rust_bdev_write_zeroes_sectors(struct block_device *bdev)
{
	return bdev_write_zeroes_sectors(bdev);
}

/*
 * Whether less than a quarter of the current task's stack is left: what a driver
 * takes for its submit_bio, and some more.
 */
bool dm_io_rust_stack_is_short(void)
{
	unsigned long left = current_stack_pointer - (unsigned long)end_of_stack(current);

	if (left >= THREAD_SIZE / 4)
		return false;
	pr_err_ratelimited("an I/O failed: too many stacked devices wait for one\n");
	return true;
}

bool dm_io_rust_bio_has_data(struct bio *bio)
{
	return bio_has_data(bio);
}

/* The page of an address of the kernel's linear mapping, NULL for any other. */
struct page *dm_io_rust_virt_to_page(const void *address)
{
	return virt_addr_valid(address) ? virt_to_page(address) : NULL;
}

/* Within 2 MiB there are pages for all of the memory or for none, in any model of it. */
#define SUBSECTION_ORDER (21 - PAGE_SHIFT)

/*
 * Whether a page that a mapping in the vmalloc space names is memory: a mapping
 * of a device's registers has none, or pages that are reserved, as are some pages
 * of memory. @valid is the last 2 MiB that were found to have pages, or ULONG_MAX.
 */
bool dm_io_rust_page_is_memory(const struct page *page, unsigned long *valid)
{
	unsigned long pfn = page_to_pfn(page);

	if (pfn >> SUBSECTION_ORDER != *valid) {
		if (!pfn_valid(pfn))
			return false;
		*valid = pfn >> SUBSECTION_ORDER;
	}
	return !PageReserved(page) || is_zone_device_page(page) || page_is_ram(pfn);
}

/*
 * Where the page tables tell of an address of the vmalloc space; NULL if that is
 * not known of a single page there.
 */
void *dm_io_rust_vmalloc_place(const void *address)
{
#ifdef CONFIG_X86_64
	unsigned int level;
	pte_t *entry = lookup_address((unsigned long)address, &level);

	return level == PG_LEVEL_4K ? entry : NULL;
#else
	return NULL;
#endif
}

/*
 * The page that is mapped at an address of the vmalloc space, NULL if there is
 * none. @place is where the page tables tell of it, and becomes that of the next
 * page; where it is NULL the tables are walked from the top.
 */
struct page *dm_io_rust_vmalloc_page(const void *address, void **place)
{
#ifdef CONFIG_X86_64
	pte_t *entry = *place;

	if (entry) {
		pte_t value = ptep_get(entry);
		const void *next = address + PAGE_SIZE;

		*place = pte_index((unsigned long)next) ? entry + 1 :
							  dm_io_rust_vmalloc_place(next);
		return pte_present(value) ? pte_page(value) : NULL;
	}
#endif
	return vmalloc_to_page(address);
}

struct page *dm_io_rust_zero_page(void)
{
	return ZERO_PAGE(0);
}

/* Clears @len bytes from @offset on, of pages that follow one another. */
void dm_io_rust_zero_pages(struct page *page, unsigned int offset, unsigned int len)
{
	while (len > 0) {
		unsigned int part = min_t(unsigned int, len, PAGE_SIZE - offset_in_page(offset));

		memzero_page(page + (offset >> PAGE_SHIFT), offset_in_page(offset), part);
		offset += part;
		len -= part;
		cond_resched();
	}
}

/* Clears the first @bytes bytes that a bio carries. */
void dm_io_rust_zero_bio(struct bio *bio, unsigned int bytes)
{
	struct bvec_iter iter, start = bio->bi_iter;
	struct bio_vec bv;

	start.bi_size = min(start.bi_size, bytes);
	__bio_for_each_segment(bv, bio, iter, start)
		memzero_bvec(&bv);
}

/* In bytes. */
unsigned long dm_io_rust_total_memory(void)
{
	return totalram_pages() << PAGE_SHIFT;
}

/* The iterator over @bytes bytes that start @done bytes into the first element of an array. */
void dm_io_rust_bvec_iter_at(struct bvec_iter *iter, struct bio_vec *array,
			     unsigned int done, unsigned int bytes)
{
	*iter = (struct bvec_iter) { .bi_size = UINT_MAX };
	bvec_iter_advance(array, iter, done);
	iter->bi_size = bytes;
}

/* A slab with a constructor is not cleared when memory is taken from it. */
static void leave_as_it_is(void *object)
{
}

struct kmem_cache *dm_io_rust_create_slab(const char *name, unsigned int size)
{
	struct kmem_cache_args args = {
		.ctor = leave_as_it_is,
		.use_freeptr_offset = true,
	};

	return kmem_cache_create(name, size, &args, SLAB_HWCACHE_ALIGN);
}

struct workqueue_struct *dm_io_rust_alloc_workqueue(const char *name)
{
	return alloc_workqueue("%s", WQ_MEM_RECLAIM | WQ_PERCPU, 0, name);
}

/* The kernel takes an int: a longer range is told in pieces. */
#define VMAP_RANGE_MAX (INT_MAX & PAGE_MASK)

void dm_io_rust_flush_kernel_vmap_range(void *start, unsigned long size)
{
	for (; size > VMAP_RANGE_MAX; size -= VMAP_RANGE_MAX) {
		flush_kernel_vmap_range(start, VMAP_RANGE_MAX);
		start += VMAP_RANGE_MAX;
	}
	flush_kernel_vmap_range(start, size);
}

void dm_io_rust_invalidate_kernel_vmap_range(void *start, unsigned long size)
{
	for (; size > VMAP_RANGE_MAX; size -= VMAP_RANGE_MAX) {
		invalidate_kernel_vmap_range(start, VMAP_RANGE_MAX);
		start += VMAP_RANGE_MAX;
	}
	invalidate_kernel_vmap_range(start, size);
}

void dm_io_rust_log_refusal(const char *call, const char *argument)
{
	pr_err_ratelimited("%s refused: %s\n", call, argument);
}

void dm_io_rust_warn_excess_put(void)
{
	pr_warn_once("dm_io_put: more pages than dm_io_get reserved\n");
}
