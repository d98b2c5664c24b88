/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The request API: what <linux/dm-io.h> and <linux/dm-kcopyd.h> of the kernel
 * that this is built against declare, with the same types and semantics, under
 * names of this module's own. Both can be used side by side.
 *
 * What the kernel's headers say of types, fields and flags holds here. A target
 * that is written for the kernel's names needs no change: see redirect.h.
 */
#ifndef _DM_IO_RUST_MAINLINE_H
#define _DM_IO_RUST_MAINLINE_H

#ifdef _DM_IO_RUST_DM_IO_H
#error "dm_io_rust/dm_io.h and linux/dm-io.h define the same names: include one"
#endif

#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>

/**
 * rust_dm_io_client_create - make a client with memory of its own
 *
 * The client's reserve is that of so many I/Os at a time as the module's parameter
 * reserved_bio_based_ios says; an I/O to k regions counts k times, and so does each
 * further 64 KiB of one that is scattered over single pages. Within it I/O never
 * waits for memory; beyond it an I/O may wait for itself, but it never fails for
 * want of memory. See dm_io_get() in dm_io.h of atomic writes.
 *
 * Context: Process context, may sleep.
 * Return: The client, or an ERR_PTR: -ENOMEM.
 */
struct dm_io_client *rust_dm_io_client_create(void);

/**
 * rust_dm_io_client_destroy - free a client
 * @client: the client, none of whose requests is in flight; NULL and an ERR_PTR
 *	are ignored
 *
 * Context: Process context, may sleep.
 */
void rust_dm_io_client_destroy(struct dm_io_client *client);

/**
 * rust_dm_io - transfer between one buffer and one or many regions
 * @io_req: what to do, with which buffer and by which client; without a
 *	notify.fn the call waits. The structure is not used after the call has
 *	returned; of the buffer the pages are until the I/O has ended, and of a
 *	DM_IO_BIO the bio's vectors as well.
 * @num_regions: 1 for a read, 1 to BITS_PER_LONG for anything else
 * @region: the regions; each gets the same data, from the start of the buffer;
 *	a region of no sectors is skipped, except that it receives an empty
 *	flush when the request carries REQ_PREFLUSH
 * @sync_error_bits: if the call waits, and if not NULL: receives a bit for each
 *	region that failed
 * @sync_unsup_bits: likewise, a bit for each region whose device cannot do what
 *	was asked (BLK_STS_NOTSUPP and BLK_STS_INVAL), which are not in
 *	@sync_error_bits
 * @ioprio: the priority of the I/O (bi_ioprio); one of an unknown class is none
 *
 * The buffer is as long as the largest region; it may be NULL when no data is
 * carried: a discard, a write of zeroes, or only empty regions. A page list and
 * kernel memory may start at any byte that the device accepts. Of a DM_IO_BIO
 * the data from its current position on is used, and its bi_iter is left alone.
 * A page list that leads back to itself is as long as any region. A DM_IO_VMA at
 * which there is a device's registers (ioremap()) is refused, as is one that ends
 * early; of memory that vm_map_ram() mapped the end is not known. Nor is that of a
 * DM_IO_KMEM, which is refused unless its first and its last page are memory.
 *
 * What a failed read could not read is zeroes afterwards. Nothing is written of a
 * region that ends beyond its device.
 *
 * Called from the map function of a target, an I/O that is waited for is submitted
 * at once, one level deeper in the stack of the same task; any other when that
 * function has returned, as the block layer does it with every bio, or if there is
 * no memory for it like the former, but waits for memory where less than five
 * sixteenths of the stack are left. Where less than a quarter is left one that is
 * waited for fails, with a line in the log.
 *
 * Context: Process context, may sleep. The callback is called in any context,
 * exactly once, and maybe before the call has returned.
 * Return: 0 for a request that is started, or was done; if the call waits, -EIO
 * when a region failed, or -EOPNOTSUPP when none did but one is unsupported.
 * -EIO for a read of more than one region, and -EINVAL for arguments that make no
 * sense, with nothing submitted, no callback, the bits untouched, and a line in
 * the log that names the argument.
 */
int rust_dm_io(struct dm_io_request *io_req, unsigned int num_regions,
	       struct dm_io_region *region, unsigned long *sync_error_bits,
	       unsigned long *sync_unsup_bits, unsigned short ioprio);

/**
 * rust_dm_kcopyd_client_create - make a client with memory of its own
 * @throttle: how much of the time the client may have I/O in flight, in per
 *	cent; shared by all clients that are given the same one, and valid until
 *	they are destroyed. It is only read. NULL is no limit.
 *
 * The memory set aside is that of one sub-job, whose size is the module's
 * parameter kcopyd_subjob_size_kb.
 *
 * Context: Process context, may sleep.
 * Return: The client, or an ERR_PTR: -ENOMEM.
 */
struct dm_kcopyd_client *
rust_dm_kcopyd_client_create(struct dm_kcopyd_throttle *throttle);

/**
 * rust_dm_kcopyd_client_destroy - wait for a client's jobs, and free it
 * @kc: the client; NULL and an ERR_PTR are ignored. Nobody may use it any more,
 *	and every prepared callback was or is going to be done.
 *
 * Every callback has returned when this does.
 *
 * Context: Process context, may sleep. In a callback of the same client, for which
 * it would have to wait, it is refused with a line in the log: the client stays.
 */
void rust_dm_kcopyd_client_destroy(struct dm_kcopyd_client *kc);

/**
 * rust_dm_kcopyd_client_flush - wait for the work that a client has now
 * @kc: the client
 *
 * When this returns the callback has returned for every copy of a single sub-job
 * whose I/O had ended before the call, and for every callback that had been done
 * by rust_dm_kcopyd_do_callback(). It waits for a callback that is running, and
 * for an I/O that is being submitted, but for none to end.
 *
 * Context: Process context, may sleep. In a callback of the same client, for which
 * it would have to wait, it is refused with a line in the log.
 */
void rust_dm_kcopyd_client_flush(struct dm_kcopyd_client *kc);

/**
 * rust_dm_kcopyd_copy - copy a region to one or more others
 * @kc: the client
 * @from: the source; not used after the call has returned
 * @num_dests: how many destinations, 1 to DM_KCOPYD_MAX_REGIONS
 * @dests: the destinations, each as long as the source; not used after the call
 *	has returned
 * @flags: 0, BIT(DM_KCOPYD_IGNORE_ERROR), BIT(DM_KCOPYD_WRITE_SEQ)
 * @fn: called exactly once, in process context; the callbacks of one client run
 *	one at a time, may sleep, and may start further copies
 * @context: handed to @fn
 *
 * No I/O is submitted by the call itself, whose caller may hold locks that a device
 * beneath wants: a worker submits all of it, which belongs to the root cgroup.
 *
 * With DM_KCOPYD_IGNORE_ERROR all that can be read is written wherever it can be
 * written. What is lost is single blocks: those of the device that has the largest
 * logical blocks, counted from the start of the copy. Blocks that cannot be read
 * are written as zeroes; those that cannot be written to a destination are left as
 * they are there. A write that a device does not support at all is not tried in
 * pieces, nor is what fails on a device once it has failed for 1,024 such blocks of
 * the copy, one after the other: until one succeeds there, a sub-job that fails is
 * lost as a whole.
 *
 * Source and destination may overlap. Each sub-job, of kcopyd_subjob_size_kb and at
 * most 512 KiB, is then read before any of it is written, and sub-jobs are done from
 * the first to the last, one after the other. One that cannot be read is lost as a
 * whole.
 *
 * With DM_KCOPYD_WRITE_SEQ, which a zoned destination implies, every destination
 * is written from its start to its end, one write after the other, nothing is read
 * meanwhile, and errors are not ignored.
 *
 * For arguments that make no sense nothing is done, the log has a line that names
 * the argument, and @fn gets a read error and every bit of write_err.
 *
 * Without memory the call waits for another job's callback; from within a callback
 * of the same client, for the kernel to free some.
 *
 * Context: Process context, may sleep.
 */
void rust_dm_kcopyd_copy(struct dm_kcopyd_client *kc, struct dm_io_region *from,
			 unsigned int num_dests, struct dm_io_region *dests,
			 unsigned int flags, dm_kcopyd_notify_fn fn,
			 void *context);

/**
 * rust_dm_kcopyd_zero - write zeroes to one or more regions
 * @kc: the client
 * @num_dests: as for rust_dm_kcopyd_copy()
 * @dests: the regions, of one length; not used after the call has returned
 * @flags: as for rust_dm_kcopyd_copy()
 * @fn: as for rust_dm_kcopyd_copy()
 * @context: handed to @fn
 *
 * If all devices can when the call is made, it is by REQ_OP_WRITE_ZEROES, else by
 * writing pages of zeroes. A device that cannot any more when its turn comes fails.
 *
 * Context: Process context, may sleep.
 */
void rust_dm_kcopyd_zero(struct dm_kcopyd_client *kc, unsigned int num_dests,
			 struct dm_io_region *dests, unsigned int flags,
			 dm_kcopyd_notify_fn fn, void *context);

/**
 * rust_dm_kcopyd_prepare_callback - make ready to call back from any context
 * @kc: the client
 * @fn: as for rust_dm_kcopyd_copy()
 * @context: handed to @fn
 *
 * Context: Process context, may sleep.
 * Return: What rust_dm_kcopyd_do_callback() takes, once; NULL if @kc or @fn is.
 */
void *rust_dm_kcopyd_prepare_callback(struct dm_kcopyd_client *kc,
				      dm_kcopyd_notify_fn fn, void *context);

/**
 * rust_dm_kcopyd_do_callback - call back, in line with the client's copies
 * @job: what rust_dm_kcopyd_prepare_callback() returned, which is used up; NULL
 *	is ignored
 * @read_err: handed to the callback
 * @write_err: handed to the callback
 *
 * Context: Any, hard interrupts included. The callback is called in process
 * context, as that of a copy is.
 */
void rust_dm_kcopyd_do_callback(void *job, int read_err,
				unsigned long write_err);

#endif /* _DM_IO_RUST_MAINLINE_H */
