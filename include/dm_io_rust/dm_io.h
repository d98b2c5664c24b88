/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The dm-io services: synchronous and asynchronous I/O between one buffer and
 * one or many regions of block devices.
 *
 * The names and prototypes are those of the kernel's dm-io document,
 * Documentation/admin-guide/device-mapper/dm-io.rst.
 */
#ifndef _DM_IO_RUST_DM_IO_H
#define _DM_IO_RUST_DM_IO_H

#if defined(_LINUX_DM_IO_H) || defined(_LINUX_DM_KCOPYD_H)
#error "dm_io_rust/dm_io.h and linux/dm-io.h define the same names: include one"
#endif

#include <linux/blk_types.h>
#include <linux/types.h>

/* The first name that linux/dm-io.h would define, if it came later. */
#define dm_io_region \
	_Pragma("GCC error \"linux/dm-io.h defines the names of dm_io_rust/dm_io.h: include one\"")

/**
 * struct io_region - a run of sectors on a block device
 * @bdev: the device, which the caller keeps open until the I/O has ended
 * @sector: the first sector, in units of 512 bytes
 * @count: the length in sectors; a region of no sectors is skipped, except that
 *	it receives an empty flush when the request carries REQ_PREFLUSH
 */
struct io_region {
	struct block_device *bdev;
	sector_t sector;
	sector_t count;
};

/**
 * struct page_list - one page of a buffer, and the way to the next
 * @next: the next page, or NULL after the last
 * @page: the page; all of its bytes belong to the buffer, but for those before
 *	the offset that is given with the first page
 */
struct page_list {
	struct page_list *next;
	struct page *page;
};

/**
 * typedef io_notify_fn - completion callback of an asynchronous request
 * @error: bit i is set when any part of region i failed
 * @context: as given with the request
 *
 * Context: Any, hard interrupts included: it must not sleep. It may be called
 * before the function that took the request has returned. The module keeps
 * nothing of the request by then: the buffer is the caller's again, and the
 * function may start another request if its context lets it sleep.
 */
typedef void (*io_notify_fn)(unsigned long error, void *context);

/**
 * dm_io_get - reserve memory for concurrent I/O
 * @num_pages: how many pages more than now shall be in flight at one time; a
 *	page that is written to k regions counts k times
 *
 * The module itself has a reserve for as many pages as its parameter
 * reserved_bio_based_ios said when it was loaded, which all callers share.
 *
 * All callers have one reserve, which is used whether memory is short or not:
 * what follows counts what all of them have in flight.
 *
 * Within what was reserved an I/O never waits for memory. Beyond it, an I/O may
 * wait for itself (it is then done piece by piece, and an asynchronous one
 * before the call returns) but it never fails for want of memory. Of an atomic
 * write (REQ_ATOMIC), which cannot be done in pieces, one that scatters over more
 * pages than a logical block of 64 KiB waits for the kernel to free a page.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM with nothing reserved.
 */
int dm_io_get(unsigned int num_pages);

/**
 * dm_io_put - give back what dm_io_get() reserved
 * @num_pages: how many pages to give back; more than is reserved warns once and
 *	gives back all that is
 *
 * Context: Process context, may sleep.
 */
void dm_io_put(unsigned int num_pages);

/**
 * dm_io_sync - transfer a page list and wait
 * @num_regions: 1 for a read, 1 to BITS_PER_LONG for anything else
 * @where: the regions; each gets the same data, from the start of the buffer
 * @rw: READ or WRITE, or any blk_opf_t of the operations REQ_OP_READ,
 *	REQ_OP_WRITE, REQ_OP_DISCARD and REQ_OP_WRITE_ZEROES; REQ_SYNC is added
 * @pl: the buffer, as long as the largest region; may be NULL when no data is
 *	carried: a discard, a write of zeroes, or only empty regions. A list that
 *	leads back to itself is as long as any region.
 * @offset: where in the first page the data starts, in bytes, below PAGE_SIZE
 * @error_bits: if not NULL, receives the error set: bit i for region i
 *
 * What a failed read could not read is zeroes afterwards, never stale memory.
 * Nothing is written of a region that ends beyond its device. A device that is
 * marked read-only is written to: the block layer decides, and today warns.
 *
 * Called from the map function of a target, the I/O is submitted at once, one
 * level deeper in the stack of the same task, and waited for. Where less than a
 * quarter of the stack is left it fails instead, with a line in the log.
 *
 * Flags that speak of the bio itself and not of the I/O (REQ_INTEGRITY,
 * REQ_POLLED, REQ_ALLOC_CACHE, REQ_DRV, REQ_FS_PRIVATE) belong to the bio's
 * owner, this module: they are refused, as are REQ_PREFLUSH and REQ_FUA on
 * anything but a write.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EIO when any region failed, or for a read of more than one
 * region; -EINVAL for arguments that make no sense, with @error_bits untouched,
 * nothing submitted, and a line in the log that names the argument.
 */
int dm_io_sync(unsigned int num_regions, struct io_region *where, int rw,
	       struct page_list *pl, unsigned int offset,
	       unsigned long *error_bits);

/**
 * dm_io_async - transfer a page list and call back on completion
 * @num_regions: as for dm_io_sync()
 * @where: as for dm_io_sync(); not used after the call has returned
 * @rw: as for dm_io_sync(), but REQ_SYNC is not added
 * @pl: as for dm_io_sync(); the list itself is not used after the call has
 *	returned, its pages are until @fn is called
 * @offset: as for dm_io_sync()
 * @fn: called exactly once if the call returns 0, and not otherwise
 * @context: handed to @fn
 *
 * Called from the map function of a target, the I/O is submitted when that has
 * returned, as the block layer does it with every bio; only if there is no memory
 * for it, it is done as by dm_io_sync().
 *
 * Context: Process context, may sleep; @fn is called in any context.
 * Return: 0, or an error as of dm_io_sync()'s bad arguments. A region's failure
 * is passed to @fn.
 */
int dm_io_async(unsigned int num_regions, struct io_region *where, int rw,
		struct page_list *pl, unsigned int offset,
		io_notify_fn fn, void *context);

/**
 * dm_io_sync_bvec - transfer an array of bio vectors and wait
 * @num_regions: as for dm_io_sync()
 * @where: as for dm_io_sync()
 * @rw: as for dm_io_sync()
 * @bvec: the buffer: as many elements as the largest region needs, each of one
 *	or more physically contiguous pages. An array has no end that could be
 *	checked: one that is too short is read beyond.
 * @error_bits: as for dm_io_sync()
 *
 * Context: Process context, may sleep.
 * Return: As dm_io_sync().
 */
int dm_io_sync_bvec(unsigned int num_regions, struct io_region *where, int rw,
		    struct bio_vec *bvec, unsigned long *error_bits);

/**
 * dm_io_async_bvec - transfer an array of bio vectors and call back on completion
 * @num_regions: as for dm_io_sync()
 * @where: as for dm_io_async()
 * @rw: as for dm_io_async()
 * @bvec: as for dm_io_sync_bvec(); the array is not used after the call has
 *	returned, its pages are until @fn is called
 * @fn: as for dm_io_async()
 * @context: handed to @fn
 *
 * Context: Process context, may sleep; @fn is called in any context.
 * Return: As dm_io_async().
 */
int dm_io_async_bvec(unsigned int num_regions, struct io_region *where, int rw,
		     struct bio_vec *bvec, io_notify_fn fn, void *context);

/**
 * dm_io_sync_vm - transfer vmalloc'd memory and wait
 * @num_regions: as for dm_io_sync()
 * @where: as for dm_io_sync()
 * @rw: as for dm_io_sync()
 * @data: the buffer, anywhere within memory that vmalloc() or vmap() mapped
 * @error_bits: as for dm_io_sync()
 *
 * An address at which there is no memory, or a device's registers (ioremap()), is
 * refused, as is an area that ends before the largest region does. Of memory that
 * vm_map_ram() mapped the end is not known: nothing unmapped need follow it.
 *
 * Caches that know memory by its address are flushed before the I/O, and
 * invalidated after a read.
 *
 * Context: Process context, may sleep.
 * Return: As dm_io_sync().
 */
int dm_io_sync_vm(unsigned int num_regions, struct io_region *where, int rw,
		  void *data, unsigned long *error_bits);

/**
 * dm_io_async_vm - transfer vmalloc'd memory and call back on completion
 * @num_regions: as for dm_io_sync()
 * @where: as for dm_io_async()
 * @rw: as for dm_io_async()
 * @data: as for dm_io_sync_vm(), mapped until @fn is called
 * @fn: as for dm_io_async()
 * @context: handed to @fn
 *
 * Context: Process context, may sleep; @fn is called in any context.
 * Return: As dm_io_async().
 */
int dm_io_async_vm(unsigned int num_regions, struct io_region *where, int rw,
		   void *data, io_notify_fn fn, void *context);

#endif /* _DM_IO_RUST_DM_IO_H */
