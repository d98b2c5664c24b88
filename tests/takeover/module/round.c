// SPDX-License-Identifier: GPL-2.0
/*
 * A round: clients are created, do I/O of each kind whose result is known, and are
 * destroyed.
 */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/string.h>

#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>

#include "../../../rust/abi/marker.h"

#include "stress.h"

/* What do_callback() is given is to come out at the other end. */
#define READ_ERR 1
#define WRITE_ERR 0x5a

static struct dm_io_region region(const struct worker *worker, unsigned int index)
{
	return (struct dm_io_region) {
		.bdev = worker->bdev,
		.sector = worker->sector + index * ROUND_SECTORS,
		.count = ROUND_SECTORS,
	};
}

static int transfer(struct worker *worker, struct dm_io_client *client, blk_opf_t opf,
		    unsigned int index, void *buffer)
{
	struct dm_io_region where = region(worker, index);
	struct dm_io_request request = {
		.bi_opf = opf,
		.mem.type = DM_IO_KMEM,
		.mem.ptr.addr = buffer,
		.client = client,
	};

	return dm_io(&request, 1, &where, NULL, NULL, IOPRIO_DEFAULT);
}

static void called_back(int read_err, unsigned long write_err, void *context)
{
	struct worker *worker = context;

	worker->read_err = read_err;
	worker->write_err = write_err;
	complete(&worker->called);
}

/* One of several copies; a client calls back for one at a time. */
static void copied(int read_err, unsigned long write_err, void *context)
{
	struct worker *worker = context;

	worker->read_err |= read_err;
	worker->write_err |= write_err;
	/* The kernel's own engine counts there, and only that. */
	if (worker->is_ours && READ_ONCE(worker->throttle.num_io_jobs))
		worker->errors++;
	if (!--worker->copies)
		complete(&worker->called);
}

static bool wait_for_callback(struct worker *worker, int read_err, unsigned long write_err)
{
	wait_for_completion(&worker->called);
	return worker->read_err == read_err && worker->write_err == write_err;
}

void end_job_in_interrupt(struct irq_work *work)
{
	struct worker *worker = container_of(work, struct worker, interrupt);

	dm_kcopyd_do_callback(worker->job, READ_ERR, WRITE_ERR);
}

/* Has the first stretch copied to the second, sector by sector at the same time. */
static void start_copies(struct worker *worker, struct dm_kcopyd_client *kc)
{
	struct dm_io_region from = region(worker, 0), to = region(worker, 1);

	worker->read_err = 0;
	worker->write_err = 0;
	worker->copies = ROUND_SECTORS;
	from.count = 1;
	to.count = 1;
	for (unsigned int index = 0; index < ROUND_SECTORS; index++) {
		dm_kcopyd_copy(kc, &from, 1, &to, 0, copied, worker);
		from.sector++;
		to.sector++;
	}
}

/* A copy from the first stretch to the second, zeroes to the first, and a callback. */
static bool copy(struct worker *worker, struct dm_kcopyd_client *kc)
{
	struct dm_io_region from = region(worker, 0);
	bool good;

	start_copies(worker, kc);
	good = wait_for_callback(worker, 0, 0);
	dm_kcopyd_zero(kc, 1, &from, 0, called_back, worker);
	good &= wait_for_callback(worker, 0, 0);

	worker->job = dm_kcopyd_prepare_callback(kc, called_back, worker);
	irq_work_queue(&worker->interrupt);
	good &= wait_for_callback(worker, READ_ERR, WRITE_ERR);
	irq_work_sync(&worker->interrupt);
	dm_kcopyd_client_flush(kc);
	return good;
}

static bool count_owner(struct worker *worker, enum dm_io_rust_kind kind, const void *client)
{
	bool is_ours = dm_io_rust_is(&dm_io_rust_marker[kind], client);

	if (is_ours)
		worker->ours++;
	else
		worker->theirs++;
	return is_ours;
}

static bool round_is_good(struct worker *worker, struct dm_io_client *io,
			  struct dm_kcopyd_client *kc)
{
	memset32((u32 *)worker->wrote, ++worker->seed, ROUND_BYTES / sizeof(u32));
	if (transfer(worker, io, REQ_OP_WRITE, 0, worker->wrote) || !copy(worker, kc) ||
	    transfer(worker, io, REQ_OP_READ, 1, worker->read) ||
	    memcmp(worker->read, worker->wrote, ROUND_BYTES))
		return false;
	return !transfer(worker, io, REQ_OP_READ, 0, worker->read) &&
	       !memchr_inv(worker->read, 0, ROUND_BYTES);
}

/* Destroys a client that has copies to make, which waits for them. */
static bool destroy_in_use(struct worker *worker, struct dm_kcopyd_client *kc)
{
	start_copies(worker, kc);
	dm_kcopyd_client_destroy(kc);
	return try_wait_for_completion(&worker->called) && !worker->read_err &&
	       !worker->write_err && !worker->throttle.num_io_jobs;
}

/* May sleep. */
int do_round(struct worker *worker)
{
	struct dm_kcopyd_client *kc;
	struct dm_io_client *io;

	io = dm_io_client_create();
	if (IS_ERR(io))
		return PTR_ERR(io);
	kc = dm_kcopyd_client_create(&worker->throttle);
	if (IS_ERR(kc)) {
		dm_io_client_destroy(io);
		return PTR_ERR(kc);
	}
	count_owner(worker, DM_IO_RUST_IO_CLIENT, io);
	worker->is_ours = count_owner(worker, DM_IO_RUST_COPY_CLIENT, kc);
	if (!round_is_good(worker, io, kc))
		worker->errors++;
	if (!destroy_in_use(worker, kc))
		worker->errors++;
	dm_io_client_destroy(io);
	return 0;
}
