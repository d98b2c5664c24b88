// SPDX-License-Identifier: GPL-2.0
/*
 * twin: a device whose writes go to two others, and whose reads come from the
 * first of them. Table: 0 LENGTH twin ORIGIN TWIN
 */
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/device-mapper.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>

#define DM_MSG_PREFIX "twin"

#define RESERVED_PAGES 64
#define MAX_VECTORS 16

/* Those of a bio's flags that speak of the I/O, and not of the bio itself. */
#define WRITE_FLAGS (REQ_SYNC | REQ_META | REQ_PRIO | REQ_FUA | REQ_PREFLUSH)

enum leg { ORIGIN, TWIN, LEGS };	/* as they are numbered in error sets */

struct twin {
	struct dm_dev *leg[LEGS];
	struct kcopyd_client *kcopyd;
	struct completion copied;
	int copy_error;
	bool filled;
	bool stale;	/* the twin has missed a write: it gets no further one */
};

/* Comes with each bio, so that a write depends on no allocation. */
struct twin_write {
	struct twin *twin;
	struct bio_vec vector[MAX_VECTORS];
};

/* kcopyd calls this in process context: it may sleep. */
static void twin_copied(int read_err, unsigned int write_err, void *context)
{
	struct twin *twin = context;

	twin->copy_error = read_err || write_err ? -EIO : 0;
	complete(&twin->copied);
}

/* Before the first I/O: may sleep, and no write can race with the copy. */
static int twin_preresume(struct dm_target *ti)
{
	struct twin *twin = ti->private;
	struct io_region from = { twin->leg[ORIGIN]->bdev, 0, ti->len };
	struct io_region to = { twin->leg[TWIN]->bdev, 0, ti->len };
	int ret;

	if (twin->filled)
		return 0;
	reinit_completion(&twin->copied);
	ret = kcopyd_copy(twin->kcopyd, &from, 1, &to, 0, twin_copied, twin);
	if (ret)
		return ret;
	wait_for_completion(&twin->copied);
	twin->filled = !twin->copy_error;
	return twin->copy_error;
}

/* dm_io calls this in any context, hard interrupts too: it must not sleep. */
static void twin_written(unsigned long error, void *context)
{
	struct bio *bio = context;
	struct twin_write *write = dm_per_bio_data(bio, sizeof(*write));

	if (error & BIT(TWIN)) {
		DMERR_LIMIT("the twin has missed a write");
		WRITE_ONCE(write->twin->stale, true);
	}
	if (error & BIT(ORIGIN))
		bio->bi_status = BLK_STS_IOERR;
	bio_endio(bio);
}

/* Fills the vector from the bio; returns the sectors that it then holds. */
static unsigned int collect(struct bio *bio, struct bio_vec *vector)
{
	unsigned int block = bdev_logical_block_size(bio->bi_bdev);
	unsigned int n = 0, bytes = 0;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_bvec(bv, bio, iter) {
		if (n == MAX_VECTORS)
			break;
		vector[n++] = bv;
		bytes += bv.bv_len;
	}
	return round_down(bytes, block) >> SECTOR_SHIFT;
}

/* A flush arrives here as a bio without data, and leaves as empty regions. */
static int twin_write(struct dm_target *ti, struct bio *bio)
{
	struct twin_write *write = dm_per_bio_data(bio, sizeof(*write));
	struct twin *twin = ti->private;
	int rw = REQ_OP_WRITE | (bio->bi_opf & WRITE_FLAGS);
	unsigned int legs = READ_ONCE(twin->stale) ? 1 : LEGS;
	unsigned int count = collect(bio, write->vector);
	struct io_region where[LEGS];

	if (!count && bio_sectors(bio))
		return DM_MAPIO_KILL;
	if (count < bio_sectors(bio))
		dm_accept_partial_bio(bio, count);

	write->twin = twin;
	for (unsigned int i = 0; i < legs; i++) {
		where[i].bdev = twin->leg[i]->bdev;
		where[i].sector = dm_target_offset(ti, bio->bi_iter.bi_sector);
		where[i].count = count;
	}
	if (dm_io_async_bvec(legs, where, rw, write->vector, twin_written, bio))
		return DM_MAPIO_KILL;
	return DM_MAPIO_SUBMITTED;
}

static int twin_map(struct dm_target *ti, struct bio *bio)
{
	struct twin *twin = ti->private;

	if (op_is_write(bio_op(bio)))
		return twin_write(ti, bio);

	bio_set_dev(bio, twin->leg[ORIGIN]->bdev);
	bio->bi_iter.bi_sector = dm_target_offset(ti, bio->bi_iter.bi_sector);
	return DM_MAPIO_REMAPPED;
}

static void twin_dtr(struct dm_target *ti)
{
	struct twin *twin = ti->private;

	kcopyd_client_destroy(twin->kcopyd);
	for (int i = 0; i < LEGS; i++) {
		if (twin->leg[i])
			dm_put_device(ti, twin->leg[i]);
	}
	dm_io_put(RESERVED_PAGES);
	kfree(twin);
}

static int twin_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct twin *twin;
	int ret;

	if (argc != LEGS) {
		ti->error = "Expected two devices";
		return -EINVAL;
	}
	twin = kzalloc_obj(*twin);
	if (!twin)
		return -ENOMEM;
	ret = dm_io_get(RESERVED_PAGES);
	if (ret) {
		kfree(twin);
		return ret;
	}

	ti->private = twin;
	init_completion(&twin->copied);
	for (int i = 0; i < LEGS && !ret; i++)
		ret = dm_get_device(ti, argv[i], dm_table_get_mode(ti->table),
				    &twin->leg[i]);
	if (!ret)
		ret = kcopyd_client_create(RESERVED_PAGES, &twin->kcopyd);
	if (ret) {
		ti->error = "Cannot get the devices or the copy service";
		twin_dtr(ti);
		return ret;
	}

	ti->num_flush_bios = 1;
	ti->per_io_data_size = sizeof(struct twin_write);
	return 0;
}

static int twin_iterate_devices(struct dm_target *ti,
				iterate_devices_callout_fn fn, void *data)
{
	struct twin *twin = ti->private;

	return fn(ti, twin->leg[ORIGIN], 0, ti->len, data) ?:
	       fn(ti, twin->leg[TWIN], 0, ti->len, data);
}

static struct target_type twin_target = {
	.name = "twin",
	.version = {1, 0, 0},
	.module = THIS_MODULE,
	.ctr = twin_ctr,
	.dtr = twin_dtr,
	.preresume = twin_preresume,
	.map = twin_map,
	.iterate_devices = twin_iterate_devices,
};
module_dm(twin);

MODULE_DESCRIPTION(DM_NAME " target that writes to two devices");
MODULE_LICENSE("GPL");
