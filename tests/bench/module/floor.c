// SPDX-License-Identifier: GPL-2.0
/* The least that an I/O can cost: a bare bio for each region, waited for. */
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

static int floor_bio(struct bio_set *bios, const struct load *load,
		     struct block_device *disk)
{
	const struct buffer *buffer = load->buffer;
	struct bio *bio = bio_alloc_bioset(disk, buffer->num_vectors, load->op,
					   GFP_NOIO, bios);
	int ret;

	for (unsigned int i = 0; i < buffer->num_vectors; i++) {
		const struct bio_vec *vector = &buffer->vectors[i];

		__bio_add_page(bio, vector->bv_page, vector->bv_len,
			       vector->bv_offset);
	}
	ret = submit_bio_wait(bio);
	bio_put(bio);
	return ret;
}

static int floor_io(void *client, const struct load *load, unsigned int times)
{
	int ret = 0;

	if (load->buffer->num_vectors > BIO_MAX_VECS)
		return -EINVAL;
	while (times-- && !ret)
		for (unsigned int i = 0; i < load->num_regions && !ret; i++)
			ret = floor_bio(client, load, load->disks[i]);
	return ret;
}

const struct service floor_service = {
	.name = "floor",
	.io_create = floor_create,
	.io_destroy = floor_destroy,
	.io = floor_io,
};
