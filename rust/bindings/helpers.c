// SPDX-License-Identifier: GPL-2.0
/*
 * C functions for Rust: see helpers.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/sched/task_stack.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "helpers.h"

void dm_io_rust_helper_bio_inc_remaining(struct bio *bio)
{
	bio_inc_remaining(bio);
}

void dm_io_rust_helper_bio_set_flag(struct bio *bio, unsigned int bit)
{
	bio_set_flag(bio, bit);
}

bool dm_io_rust_helper_bio_has_data(struct bio *bio)
{
	return bio_has_data(bio);
}

void dm_io_rust_helper_bvec_iter_advance(const struct bio_vec *bv, struct bvec_iter *iter,
					 unsigned int bytes)
{
	bvec_iter_advance(bv, iter, bytes);
}

unsigned int dm_io_rust_helper_bdev_logical_block_size(struct block_device *bdev)
{
	return bdev_logical_block_size(bdev);
}

bool dm_io_rust_helper_bdev_is_zoned(struct block_device *bdev)
{
	return bdev_is_zoned(bdev);
}

unsigned int dm_io_rust_helper_bdev_max_discard_sectors(struct block_device *bdev)
{
	return bdev_max_discard_sectors(bdev);
}

unsigned int dm_io_rust_helper_bdev_write_zeroes_sectors(struct block_device *bdev)
{
	return bdev_write_zeroes_sectors(bdev);
}

struct page *dm_io_rust_helper_zero_page(void)
{
	return ZERO_PAGE(0);
}

unsigned long dm_io_rust_helper_totalram_pages(void)
{
	return totalram_pages();
}

struct workqueue_struct *dm_io_rust_helper_alloc_workqueue(const char *name, unsigned int flags)
{
	return alloc_workqueue("%s", flags, 0, name);
}

/* The kernel takes an int: a longer range is passed in pieces. */
#define VMAP_RANGE_MAX (INT_MAX & PAGE_MASK)

void dm_io_rust_helper_flush_kernel_vmap_range(void *start, unsigned long size)
{
	for (; size > VMAP_RANGE_MAX; size -= VMAP_RANGE_MAX) {
		flush_kernel_vmap_range(start, VMAP_RANGE_MAX);
		start += VMAP_RANGE_MAX;
	}
	flush_kernel_vmap_range(start, size);
}

void dm_io_rust_helper_invalidate_kernel_vmap_range(void *start, unsigned long size)
{
	for (; size > VMAP_RANGE_MAX; size -= VMAP_RANGE_MAX) {
		invalidate_kernel_vmap_range(start, VMAP_RANGE_MAX);
		start += VMAP_RANGE_MAX;
	}
	invalidate_kernel_vmap_range(start, size);
}

/* Returns whether less than so many sixteenths of the current task's stack are left. */
bool dm_io_rust_helper_stack_is_short(unsigned int sixteenths)
{
	unsigned long left = current_stack_pointer - (unsigned long)end_of_stack(current);

	return left < THREAD_SIZE / 16 * sixteenths;
}

/* Returns the page of an address of the kernel's linear mapping, NULL for any other. */
struct page *dm_io_rust_helper_virt_to_valid_page(const void *address)
{
	return virt_addr_valid(address) ? virt_to_page(address) : NULL;
}

/* As many pages as together have struct pages or have none: with others each is looked at. */
#define SUBSECTION_ORDER (IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) ? PFN_SUBSECTION_SHIFT : 0)

/*
 * Returns whether a page that is mapped in the vmalloc space is memory: a mapping
 * of a device's registers has no struct pages, or reserved ones, which some pages
 * of memory are, too. @valid is the last subsection that was found to have struct
 * pages, or ULONG_MAX.
 */
static bool is_memory(const struct page *page, unsigned long *valid)
{
	unsigned long pfn = page_to_pfn(page);

	if (pfn >> SUBSECTION_ORDER != *valid) {
		if (!pfn_valid(pfn))
			return false;
		*valid = pfn >> SUBSECTION_ORDER;
	}
	return !PageReserved(page) || is_zone_device_page(page) || page_is_ram(pfn);
}

#ifdef CONFIG_X86_64
/* The entry that maps an address of the vmalloc space; NULL if it is none of a single page. */
static pte_t *vmalloc_entry(const void *address)
{
	unsigned int level;
	pte_t *entry = lookup_address((unsigned long)address, &level);

	return level == PG_LEVEL_4K ? entry : NULL;
}

/*
 * Returns the page at an address of the vmalloc space, NULL if none is mapped.
 * @entry is the one that maps it, and is moved to the next; where it is NULL the
 * tables are walked from the top, as vmalloc_to_page() does for every page.
 *
 * What the caller said is mapped stays so, and with it the table; the entries of
 * a table that maps some of it are those of its next pages.
 */
static struct page *next_vmalloc_page(const void *address, pte_t **entry)
{
	pte_t value;

	if (!pte_index((unsigned long)address))
		*entry = vmalloc_entry(address);
	if (!*entry)
		return vmalloc_to_page(address);
	value = ptep_get((*entry)++);
	return pte_present(value) ? pte_page(value) : NULL;
}
#else
static pte_t *vmalloc_entry(const void *address)
{
	return NULL;
}

static struct page *next_vmalloc_page(const void *address, pte_t **entry)
{
	return vmalloc_to_page(address);
}
#endif

/*
 * Looks up the first @count pages from @address of the vmalloc space on, and
 * returns how many there are up to one that is not mapped, or no memory.
 */
unsigned int dm_io_rust_helper_vmalloc_to_memory_pages(const void *address, struct page **pages,
						       unsigned int count)
{
	pte_t *entry = count > 1 ? vmalloc_entry(address) : NULL;
	unsigned long valid = ULONG_MAX;
	unsigned int found;

	for (found = 0; found < count; found++) {
		struct page *page = next_vmalloc_page(address, &entry);

		if (!page || !is_memory(page, &valid))
			break;
		pages[found] = page;
		address += PAGE_SIZE;
	}
	return found;
}

/*
 * Makes @bio a clone of @source, but for its protection information: that is of the
 * sectors that @source is for, and in one piece. The block layer makes a new one. Nor is
 * it where @source was: if that was done by a partition, sectors would be the disk's.
 */
int dm_io_rust_helper_bio_init_clone_data(struct block_device *bdev, struct bio *bio,
					  const struct bio *source)
{
	struct bio unprotected = *source;

	unprotected.bi_opf &= ~REQ_INTEGRITY;
	bio_clear_flag(&unprotected, BIO_REMAPPED);
	return bio_init_clone(bdev, bio, &unprotected, GFP_NOIO);
}

/* Clears @len bytes from @offset on, of pages that are adjacent. */
void dm_io_rust_helper_memzero_pages(struct page *page, unsigned int offset, unsigned int len)
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
void dm_io_rust_helper_memzero_bio(struct bio *bio, unsigned int bytes)
{
	struct bvec_iter iter, start = bio->bi_iter;
	struct bio_vec bv;

	start.bi_size = min(start.bi_size, bytes);
	__bio_for_each_segment(bv, bio, iter, start)
		memzero_bvec(&bv);
}

/* The code that calls these runs because somebody depends on the module. */
void dm_io_rust_module_get(void)
{
	__module_get(THIS_MODULE);
}

void dm_io_rust_module_put(void)
{
	module_put(THIS_MODULE);
}

void dm_io_rust_log_refusal(const char *call, const char *argument)
{
	pr_err_ratelimited("%s refused: %s\n", call, argument);
}

void dm_io_rust_log_stack_is_short(void)
{
	pr_err_ratelimited("an I/O failed: too many stacked devices wait for one\n");
}
