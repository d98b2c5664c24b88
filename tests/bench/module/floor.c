// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: bare bios, allocated from a per-CPU cache, whose vectors are written
 * directly. There is one bio for each region, or more if the buffer has more
 * vectors than a bio may have.
 */
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "bench.h"

#define BIOS_IN_RESERVE 4

static void *floor_create(void)
{
	struct bio_set *bios = kzalloc_obj(*bios);
	int ret;

	if (!bios)
		return ERR_PTR(-ENOMEM);
	ret = bioset_init(bios, BIOS_IN_RESERVE, 0, BIOSET_NEED_BVECS | BIOSET_PERCPU_CACHE);
	if (!ret)
		return bios;
	kfree(bios);
	return ERR_PTR(ret);
}

static void floor_destroy(void *client)
{
	bioset_exit(client);
	kfree(client);
}

/* The caller sets what is called when the bio ends. */
static __always_inline struct bio *piece_bio(struct bio_set *bios, const struct load *load,
					     struct block_device *disk, const struct piece *piece)
{
	struct bio *bio = bio_alloc_bioset(disk, piece->num_vectors, load->op, GFP_NOIO, bios);
	const struct bio_vec *from = piece->vectors, *end = from + piece->num_vectors;
	struct bio_vec *to = bio->bi_io_vec;

	do {
		*to++ = *from++;
	} while (from < end);
	bio->bi_vcnt = piece->num_vectors;
	bio->bi_iter.bi_size = piece->size;
	bio->bi_iter.bi_sector = piece->sector;
	return bio;
}

static void sync_end_io(struct bio *bio)
{
	complete(bio->bi_private);
}

static __always_inline int region_sync(struct bio_set *bios, const struct load *load,
				       struct block_device *disk, struct completion *done)
{
	const struct piece *piece = load->buffer->pieces;
	const struct piece *end = piece + load->buffer->num_pieces;
	int ret;

	do {
		struct bio *bio = piece_bio(bios, load, disk, piece);

		bio->bi_private = done;
		bio->bi_end_io = sync_end_io;
		submit_bio(bio);
		wait_for_completion_io(done);
		ret = bio->bi_status ? -EIO : 0;
		bio_put(bio);
	} while (!ret && ++piece < end);
	return ret;
}

static int floor_sync(void *client, const struct load *load, unsigned int times)
{
	DECLARE_COMPLETION_ONSTACK(done);
	int ret = 0;

	while (times-- && !ret)
		for (unsigned int i = 0; i < load->num_regions && !ret; i++)
			ret = region_sync(client, load, load->disks[i], &done);
	return ret;
}

struct submitter {
	struct bio_set *bios;
	const struct load *load;
};

static void async_end_io(struct bio *bio)
{
	batch_end_one(bio->bi_private, bio->bi_status);
	bio_put(bio);
}

static int floor_submit(void *context, struct batch *batch)
{
	struct submitter *submitter = context;
	const struct load *load = submitter->load;
	const struct piece *piece = load->buffer->pieces;
	const struct piece *end = piece + load->buffer->num_pieces;

	/* The batch counts one for each job. */
	if (load->buffer->num_pieces > 1)
		atomic_add(load->buffer->num_pieces - 1, &batch->left);
	do {
		struct bio *bio = piece_bio(submitter->bios, load, load->disks[0], piece);

		bio->bi_private = batch;
		bio->bi_end_io = async_end_io;
		submit_bio(bio);
	} while (++piece < end);
	return 0;
}

static int floor_async(void *client, const struct load *load, unsigned int times)
{
	struct submitter submitter = { .bios = client, .load = load };

	if (load->num_regions > 1)
		return -EINVAL;
	return batches_run(&submitter, load, times, floor_submit);
}

const struct service floor_service = {
	.name = "floor",
	.ways = {
		[SYNC] = { floor_create, floor_destroy, floor_sync },
		[ASYNC] = { floor_create, floor_destroy, floor_async },
	},
};
