// SPDX-License-Identifier: GPL-2.0
/* The least that an I/O can cost: a bare bio for each region. */
#include <linux/bio.h>
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
	ret = bioset_init(bios, BIOS_IN_RESERVE, 0, BIOSET_NEED_BVECS);
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

static __always_inline struct bio *floor_bio(struct bio_set *bios, const struct load *load,
					     struct block_device *disk)
{
	const struct buffer *buffer = load->buffer;
	struct bio *bio = bio_alloc_bioset(disk, buffer->num_vectors, load->op,
					   GFP_NOIO, bios);

	for (unsigned int i = 0; i < buffer->num_vectors; i++) {
		const struct bio_vec *vector = &buffer->vectors[i];

		__bio_add_page(bio, vector->bv_page, vector->bv_len,
			       vector->bv_offset);
	}
	return bio;
}

static int floor_sync(void *client, const struct load *load, unsigned int times)
{
	int ret = 0;

	if (load->buffer->num_vectors > BIO_MAX_VECS)
		return -EINVAL;
	while (times-- && !ret)
		for (unsigned int i = 0; i < load->num_regions && !ret; i++) {
			struct bio *bio = floor_bio(client, load, load->disks[i]);

			ret = submit_bio_wait(bio);
			bio_put(bio);
		}
	return ret;
}

struct submitter {
	struct bio_set *bios;
	const struct load *load;
};

static void floor_end_io(struct bio *bio)
{
	batch_end_one(bio->bi_private, bio->bi_status);
	bio_put(bio);
}

static int floor_submit(void *context, struct batch *batch)
{
	struct submitter *submitter = context;
	struct bio *bio = floor_bio(submitter->bios, submitter->load,
				    submitter->load->disks[0]);

	bio->bi_private = batch;
	bio->bi_end_io = floor_end_io;
	submit_bio(bio);
	return 0;
}

static int floor_async(void *client, const struct load *load, unsigned int times)
{
	struct submitter submitter = { .bios = client, .load = load };

	if (load->buffer->num_vectors > BIO_MAX_VECS || load->num_regions > 1)
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
