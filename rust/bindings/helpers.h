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

#include "../abi/marker.h"
#include "statistics.h"

/*
 * Constants that are expressions with casts, which bindgen cannot evaluate: Kbuild
 * drops the prefix, as the kernel's own build does.
 */
static const blk_status_t RUST_CONST_HELPER_BLK_STS_NOTSUPP = BLK_STS_NOTSUPP;
static const blk_status_t RUST_CONST_HELPER_BLK_STS_INVAL = BLK_STS_INVAL;
static const blk_status_t RUST_CONST_HELPER_BLK_STS_IOERR = BLK_STS_IOERR;
static const gfp_t RUST_CONST_HELPER_GFP_NOIO = GFP_NOIO;
static const gfp_t RUST_CONST_HELPER___GFP_NOFAIL = __GFP_NOFAIL;
static const gfp_t RUST_CONST_HELPER___GFP_COMP = __GFP_COMP;
static const gfp_t RUST_CONST_HELPER___GFP_NOMEMALLOC = __GFP_NOMEMALLOC;
static const gfp_t RUST_CONST_HELPER___GFP_NORETRY = __GFP_NORETRY;
static const gfp_t RUST_CONST_HELPER___GFP_RETRY_MAYFAIL = __GFP_RETRY_MAYFAIL;
static const unsigned int RUST_CONST_HELPER_HZ = HZ;
static const unsigned int RUST_CONST_HELPER_BLK_MAX_BLOCK_SIZE = BLK_MAX_BLOCK_SIZE;

/* Inline functions and macros of the kernel; Rust sees them without the prefix. */

void dm_io_rust_helper_bio_inc_remaining(struct bio *bio);
void dm_io_rust_helper_bio_set_flag(struct bio *bio, unsigned int bit);
bool dm_io_rust_helper_bio_has_data(struct bio *bio);
void dm_io_rust_helper_bvec_iter_advance(const struct bio_vec *bv, struct bvec_iter *iter,
					 unsigned int bytes);
unsigned int dm_io_rust_helper_bdev_logical_block_size(struct block_device *bdev);
bool dm_io_rust_helper_bdev_is_zoned(struct block_device *bdev);
unsigned int dm_io_rust_helper_bdev_max_discard_sectors(struct block_device *bdev);
unsigned int dm_io_rust_helper_bdev_write_zeroes_sectors(struct block_device *bdev);
struct page *dm_io_rust_helper_zero_page(void);
unsigned long dm_io_rust_helper_totalram_pages(void);
struct workqueue_struct *dm_io_rust_helper_alloc_workqueue(const char *name, unsigned int flags);
void dm_io_rust_helper_flush_kernel_vmap_range(void *start, unsigned long size);
void dm_io_rust_helper_invalidate_kernel_vmap_range(void *start, unsigned long size);

/* Functions of the project that are made of such. */
bool dm_io_rust_helper_stack_is_short(unsigned int sixteenths);
struct page *dm_io_rust_helper_virt_to_valid_page(const void *address);
unsigned int dm_io_rust_helper_vmalloc_to_memory_pages(const void *address, struct page **pages,
						       unsigned int count);
int dm_io_rust_helper_bio_init_clone_data(struct block_device *bdev, struct bio *bio,
					  const struct bio *source);
void dm_io_rust_helper_memzero_pages(struct page *page, unsigned int offset, unsigned int len);
void dm_io_rust_helper_memzero_bio(struct bio *bio, unsigned int bytes);

void dm_io_rust_module_get(void);
void dm_io_rust_module_put(void);

unsigned int dm_io_rust_kcopyd_subjob_size(void);
unsigned int dm_io_rust_reserved_bio_based_ios(void);

void dm_io_rust_log_refusal(const char *call, const char *argument);
void dm_io_rust_log_stack_is_short(void);

#endif /* _DM_IO_RUST_HELPERS_H */
