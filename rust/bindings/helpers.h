/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C functions and constants for Rust: the kernel's inline functions and macros
 * that its own Rust bindings lack.
 */
#ifndef _DM_IO_RUST_HELPERS_H
#define _DM_IO_RUST_HELPERS_H

#include <linux/blk_types.h>
#include <linux/blkdev.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

/* Macros with a cast in them are no constants to bindgen: variables are. */
static const blk_status_t DM_IO_RUST_BLK_STS_NOTSUPP = BLK_STS_NOTSUPP;
static const blk_status_t DM_IO_RUST_BLK_STS_INVAL = BLK_STS_INVAL;
static const blk_status_t DM_IO_RUST_BLK_STS_IOERR = BLK_STS_IOERR;
static const gfp_t DM_IO_RUST_GFP_NOIO = GFP_NOIO;
static const gfp_t DM_IO_RUST_GFP_NOFAIL = __GFP_NOFAIL;
static const gfp_t DM_IO_RUST_GFP_COMP = __GFP_COMP;
static const gfp_t DM_IO_RUST_GFP_NORETRY = __GFP_NORETRY;
static const gfp_t DM_IO_RUST_GFP_RETRY_MAYFAIL = __GFP_RETRY_MAYFAIL;
static const unsigned int DM_IO_RUST_HZ = HZ;
static const unsigned int DM_IO_RUST_MAX_BLOCK_SIZE = BLK_MAX_BLOCK_SIZE;

void dm_io_rust_bio_inc_remaining(struct bio *bio);
unsigned int dm_io_rust_bdev_logical_block_size(struct block_device *bdev);
bool dm_io_rust_bdev_is_zoned(struct block_device *bdev);
unsigned int dm_io_rust_bdev_max_discard_sectors(struct block_device *bdev);
unsigned int dm_io_rust_bdev_write_zeroes_sectors(struct block_device *bdev);

bool dm_io_rust_stack_is_short(void);

bool dm_io_rust_bio_has_data(struct bio *bio);
struct page *dm_io_rust_virt_to_page(const void *address);
bool dm_io_rust_page_is_memory(const struct page *page, unsigned long *valid);
void *dm_io_rust_vmalloc_place(const void *address);
struct page *dm_io_rust_vmalloc_page(const void *address, void **place);
struct page *dm_io_rust_zero_page(void);
void dm_io_rust_bvec_iter_at(struct bvec_iter *iter, struct bio_vec *array,
			     unsigned int done, unsigned int bytes);
void dm_io_rust_zero_bio(struct bio *bio, unsigned int bytes);
void dm_io_rust_zero_pages(struct page *page, unsigned int offset, unsigned int len);
unsigned long dm_io_rust_total_memory(void);

struct kmem_cache *dm_io_rust_create_slab(const char *name, unsigned int size);

struct workqueue_struct *dm_io_rust_alloc_workqueue(const char *name);

void dm_io_rust_flush_kernel_vmap_range(void *start, unsigned long size);
void dm_io_rust_invalidate_kernel_vmap_range(void *start, unsigned long size);

unsigned int dm_io_rust_kcopyd_subjob_size(void);
unsigned int dm_io_rust_reserved_bio_based_ios(void);

void dm_io_rust_log_refusal(const char *call, const char *argument);
void dm_io_rust_warn_excess_put(void);

#endif /* _DM_IO_RUST_HELPERS_H */
