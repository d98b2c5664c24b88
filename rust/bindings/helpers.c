// SPDX-License-Identifier: GPL-2.0
/*
 * C functions for Rust: see helpers.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/sched/task_stack.h>
#include <linux/workqueue.h>

#include "helpers.h"

void dm_io_rust_bio_inc_remaining(struct bio *bio)
{
	bio_inc_remaining(bio);
}

bool dm_io_rust_bdev_read_only(struct block_device *bdev)
{
	return bdev_read_only(bdev);
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

bool dm_io_rust_bio_has_data(struct bio *bio)
{
	return bio_has_data(bio);
}

/* The page of an address of the kernel's linear mapping, NULL for any other. */
struct page *dm_io_rust_virt_to_page(const void *address)
{
	return virt_addr_valid(address) ? virt_to_page(address) : NULL;
}

struct page *dm_io_rust_zero_page(void)
{
	return ZERO_PAGE(0);
}

/* The iterator over @bytes bytes that start @done bytes into an array. */
void dm_io_rust_bvec_iter_at(struct bvec_iter *iter, struct bio_vec *array,
			     unsigned int done, unsigned int bytes)
{
	*iter = (struct bvec_iter) { .bi_size = done + bytes };
	bvec_iter_advance(array, iter, done);
}

struct workqueue_struct *dm_io_rust_alloc_workqueue(const char *name)
{
	return alloc_workqueue("%s", WQ_MEM_RECLAIM | WQ_PERCPU, 0, name);
}

/*
 * The work is part of an I/O, which is made on a stack or in memory of its own,
 * and may be gone before the work's function returns. The debugging of work
 * items wants to know which it is, and to be told of the end.
 */
void dm_io_rust_queue_once(struct workqueue_struct *queue,
			   struct work_struct *work, work_func_t fn)
{
	if (object_is_on_stack(work))
		INIT_WORK_ONSTACK(work, fn);
	else
		INIT_WORK(work, fn);
	queue_work(queue, work);
}

void dm_io_rust_end_once(struct work_struct *work)
{
	destroy_work_on_stack(work);
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
