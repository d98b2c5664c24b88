// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/jiffies.h>

#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>

#include "classic.h"
#include "worker.h"

static_assert(REQUEST_REGIONS == DM_KCOPYD_MAX_REGIONS);

static struct dm_io_region region(const struct place *place)
{
	return (struct dm_io_region) {
		.bdev = place->disk->bdev,
		.sector = place->sector,
		.count = place->count,
	};
}

void request_end(struct request *request)
{
	struct worker *worker = request->worker;

	if (atomic_inc_return(&request->calls) > 1 || !request->in_use) {
		request_report(request, "is called back again");
		return;
	}
	request->took = jiffies - request->since;
	/* The worker may go as soon as it has had the lock. */
	guard(spinlock_irqsave)(&worker->wait.lock);
	/* What it was called back with comes first. */
	smp_store_release(&request->has_ended, true);
	wake_up_locked(&worker->wait);
}

static void io_done(unsigned long error, unsigned long unsup, void *context)
{
	struct request *request = context;

	request->error = error;
	request->unsup = unsup;
	request_end(request);
}

static void copied(int read_err, unsigned long write_err, void *context)
{
	struct request *request = context;

	request->read_err = read_err;
	request->error = write_err;
	request_end(request);
}

static struct dm_io_memory memory_of(struct request *request)
{
	struct memory *memory = &request->memory;
	static const enum dm_io_mem_type types[] = {
		[MEMORY_PAGE_LIST] = DM_IO_PAGE_LIST, [MEMORY_BIO] = DM_IO_BIO,
		[MEMORY_VMA] = DM_IO_VMA, [MEMORY_KMEM] = DM_IO_KMEM,
	};
	struct dm_io_memory argument = { .type = types[memory->type] };

	switch (memory->type) {
	case MEMORY_PAGE_LIST:
		argument.ptr.pl = memory_nodes(memory);
		argument.offset = offset_in_page(memory->start);
		break;
	case MEMORY_BIO:
		argument.ptr.bio = &memory->bio;
		break;
	default:
		argument.ptr.addr = memory_data(memory);
		break;
	}
	return argument;
}

static void start_io(struct request *request)
{
	struct dm_io_region regions[REQUEST_REGIONS];
	struct dm_io_request io = {
		.bi_opf = request->opf,
		.mem = request_sectors(request) ? memory_of(request) :
						  (struct dm_io_memory){ .type = DM_IO_KMEM },
		.notify.fn = request->waits ? NULL : io_done,
		.notify.context = request,
		.client = request->worker->io,
	};

	for (unsigned int i = 0; i < request->num; i++)
		regions[i] = region(&request->to[i]);
	request->ret = dm_io(&io, request->num, regions, &request->error, &request->unsup,
			     request->ioprio);
	if (request->waits)
		request_end(request);
}

static void start_copy(struct request *request)
{
	struct dm_io_region from, to[REQUEST_REGIONS];
	struct dm_kcopyd_client *kc = request->worker->kc;

	for (unsigned int i = 0; i < request->num; i++)
		to[i] = region(&request->to[i]);
	if (request->kind == KIND_COPY) {
		from = region(&request->from);
		dm_kcopyd_copy(kc, &from, request->num, to, request->flags, copied, request);
	} else if (request->kind == KIND_ZEROING) {
		dm_kcopyd_zero(kc, request->num, to, request->flags, copied, request);
	} else {
		dm_kcopyd_do_callback(dm_kcopyd_prepare_callback(kc, copied, request),
				      REQUEST_READ_ERR, REQUEST_WRITE_ERR);
	}
}

static void note_device(struct request *request, struct place *place)
{
	struct block_device *bdev = place->disk->bdev;

	place->end = bdev_nr_sectors(bdev);
	place->may_fail = READ_ONCE(place->disk->may_fail);
	place->able = request_is_able(request, place);
}

void request_start(struct request *request)
{
	if (request->from.disk)
		note_device(request, &request->from);
	for (unsigned int i = 0; i < request->num; i++)
		note_device(request, &request->to[i]);
	request->ret = 0;
	request->error = 0;
	request->unsup = 0;
	request->read_err = 0;
	WRITE_ONCE(request->has_ended, false);
	atomic_set(&request->calls, 0);
	WRITE_ONCE(request->is_late, false);
	if (request->is_classic)
		classic_start(request);
	else if (request_is_copy(request))
		start_copy(request);
	else
		start_io(request);
}
