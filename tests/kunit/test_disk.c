// SPDX-License-Identifier: GPL-2.0
#include "test_disk.h"

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/bitmap.h>
#include <linux/blk-cgroup.h>
#include <linux/bvec.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "test_data.h"

static LIST_HEAD(test_disks);
/*
 * To add a disk to the system and to take it out of it are what takes the time
 * of a test: one that is not needed any more is kept for the next.
 */
static LIST_HEAD(spare_disks);
static DEFINE_MUTEX(test_disks_lock);

const char * const test_disk_context_names[] = {
	[TEST_DISK_INLINE] = "inline",
	[TEST_DISK_WORKER] = "worker",
	[TEST_DISK_HARDIRQ] = "hardirq",
	[TEST_DISK_ANYWHERE] = "anywhere",
};

static const enum test_disk_context contexts[] = {
	TEST_DISK_INLINE, TEST_DISK_WORKER, TEST_DISK_HARDIRQ, TEST_DISK_ANYWHERE,
};

static void context_name(const enum test_disk_context *context, char *name)
{
	strscpy(name, test_disk_context_names[*context], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(context, contexts, context_name);

const void *test_disk_context_gen_params(struct kunit *test, const void *prev, char *name)
{
	return context_gen_params(test, prev, name);
}

static bool range_has(const struct test_disk_range *range,
		      const struct test_disk_bio *entry)
{
	if (!(op_is_write(entry->op) ? range->writes : range->reads))
		return false;
	/* An empty flush touches the sector that it names. */
	return range->sectors && entry->sector < range->sector + range->sectors &&
	       range->sector < entry->sector + max(entry->sectors, 1);
}

static blk_status_t status_of(struct test_disk *td,
			      const struct test_disk_bio *entry)
{
	/* As a device would: a part of a block is nothing that it can do. */
	if (!IS_ALIGNED(entry->bio->bi_iter.bi_size,
			bdev_logical_block_size(td->bdev)))
		return BLK_STS_INVAL;

	guard(spinlock_irqsave)(&td->lock);
	for (unsigned int i = 0; i < td->nr_fail; i++)
		if (range_has(&td->fail[i], entry))
			return td->fail[i].status;
	return BLK_STS_OK;
}

static void transfer(struct bio *bio, u8 *at)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		if (bio_op(bio) == REQ_OP_WRITE)
			memcpy_from_bvec(at, &bv);
		else
			memcpy_to_bvec(&bv, at);
		at += bv.bv_len;
	}
}

static void execute(struct test_disk *td, struct bio *bio)
{
	u8 *at = td->data + (bio->bi_iter.bi_sector << SECTOR_SHIFT);

	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		transfer(bio, at);
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		memset(at, 0, bio->bi_iter.bi_size);
		break;
	default:
		break;
	}
}

/*
 * The data moves when the bio ends, so that whoever looks at it, or uses the
 * memory again, before that is found out.
 */
static void end_bio(struct test_disk *td, struct test_disk_bio *entry)
{
	blk_status_t status = status_of(td, entry);
	struct bio *bio = entry->bio;

	if (td->config.ending)
		td->config.ending(td, entry, td->config.context_of_hooks);
	if (status == BLK_STS_OK)
		execute(td, bio);
	if (!td->config.keep_iter && bio_has_data(bio))
		bio_advance(bio, bio->bi_iter.bi_size);

	scoped_guard(spinlock_irqsave, &td->lock) {
		entry->status = status;
		entry->ended = ++td->nr_ended;
	}
	/* Of one that succeeded drivers leave the status as it was. */
	if (status)
		bio->bi_status = status;
	bio_endio(bio);

	/* Counted only now: who waits for the end may take the disk away. */
	scoped_guard(spinlock_irqsave, &td->lock) {
		entry->done = true;
		td->nr_done++;
		wake_up_all(&td->wait);
	}
}

static struct test_disk_bio *take_first(struct test_disk *td,
					struct list_head *list)
{
	struct test_disk_bio *entry;

	guard(spinlock_irqsave)(&td->lock);
	entry = list_first_entry_or_null(list, struct test_disk_bio, node);
	if (entry)
		list_del_init(&entry->node);
	return entry;
}

static void end_in_worker(struct work_struct *work)
{
	struct test_disk *td = container_of(work, struct test_disk, work);
	struct test_disk_bio *entry;

	while ((entry = take_first(td, &td->for_worker)))
		end_bio(td, entry);
}

static void end_in_irq(struct irq_work *work)
{
	struct test_disk *td = container_of(work, struct test_disk, irq_work);
	struct test_disk_bio *entry;

	while ((entry = take_first(td, &td->for_irq)))
		end_bio(td, entry);
}

static void enqueue(struct test_disk *td, struct test_disk_bio *entry,
		    struct list_head *list)
{
	guard(spinlock_irqsave)(&td->lock);
	list_add_tail(&entry->node, list);
}

static enum test_disk_context choose_context(struct test_disk *td)
{
	if (td->config.context != TEST_DISK_ANYWHERE)
		return td->config.context;
	guard(spinlock_irqsave)(&td->lock);
	return prandom_u32_state(&td->random) % TEST_DISK_ANYWHERE;
}

static void finish(struct test_disk *td, struct test_disk_bio *entry)
{
	switch (choose_context(td)) {
	case TEST_DISK_WORKER:
		enqueue(td, entry, &td->for_worker);
		queue_work(td->wq, &td->work);
		break;
	case TEST_DISK_HARDIRQ:
		enqueue(td, entry, &td->for_irq);
		irq_work_queue(&td->irq_work);
		break;
	default:
		end_bio(td, entry);
		break;
	}
}

static unsigned int count_bvecs(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned int count = 0;

	if (bio_has_data(bio) && bio_op(bio) != REQ_OP_DISCARD &&
	    bio_op(bio) != REQ_OP_WRITE_ZEROES)
		for_each_mp_bvec(bv, bio->bi_io_vec, iter, bio->bi_iter)
			count++;
	return count;
}

/* Returns NULL when the log is full, or the bio is to be held. */
static struct test_disk_bio *admit(struct test_disk *td, struct bio *bio,
				   bool *full)
{
	unsigned int bvecs = count_bvecs(bio);
	struct test_disk_bio *entry;

	guard(spinlock_irqsave)(&td->lock);
	*full = td->nr_log == TEST_DISK_LOG_SIZE;
	if (*full)
		return NULL;

	entry = &td->log[td->nr_log++];
	*entry = (struct test_disk_bio) {
		.op = bio_op(bio),
		.flags = bio->bi_opf & ~REQ_OP_MASK,
		.sector = bio->bi_iter.bi_sector,
		.sectors = bio_sectors(bio),
		.bvecs = bvecs,
		.cloned = bio_flagged(bio, BIO_CLONED),
		.ioprio = bio->bi_ioprio,
		.task = current,
		.css = bio_blkcg_css(bio),
		.bio = bio,
	};
	INIT_LIST_HEAD(&entry->node);
	wake_up_all(&td->wait);

	if (!range_has(&td->hold, entry))
		return entry;
	list_add_tail(&entry->node, &td->held);
	return NULL;
}

/*
 * A driver that has not returned from its submit_bio, while the bio that it was
 * given may have ended: schedules hold it here, too. The log may be read and
 * forgotten meanwhile: the disk knows who is here.
 */
static noinline void test_disk_lingers(struct test_disk *td)
{
	scoped_guard(spinlock_irqsave, &td->lock) {
		if (!td->lingers)
			return;
		td->nr_lingering++;
		wake_up_all(&td->wait);
	}
	wait_event_timeout(td->wait, !READ_ONCE(td->lingers), TEST_TIMEOUT);
	guard(spinlock_irqsave)(&td->lock);
	td->nr_lingering--;
	wake_up_all(&td->wait);
}

static void test_disk_submit_bio(struct bio *bio)
{
	struct test_disk *td = bio->bi_bdev->bd_disk->private_data;
	struct test_disk_bio *entry;
	bool full;

	if (td->config.map) {
		scoped_guard(spinlock_irqsave, &td->lock)
			td->nr_mapped++;
		td->config.map(bio, td->config.context_of_hooks);
		return;
	}

	wait_event(td->wait, !READ_ONCE(td->blocked));
	entry = admit(td, bio, &full);
	if (entry)
		finish(td, entry);
	if (full) {
		KUNIT_FAIL(td->test, "more than %u bios", TEST_DISK_LOG_SIZE);
		bio_io_error(bio);
	}
	test_disk_lingers(td);
}

void test_disk_end_mapped(struct test_disk *td, struct bio *bio,
			  blk_status_t status)
{
	bio_endio_status(bio, status);
	guard(spinlock_irqsave)(&td->lock);
	td->nr_mapped--;
	wake_up_all(&td->wait);
}

static const struct block_device_operations test_disk_fops = {
	.owner = THIS_MODULE,
	.submit_bio = test_disk_submit_bio,
};

bool test_disk_wait_arrived(struct test_disk *td, unsigned int bios)
{
	return wait_event_timeout(td->wait, READ_ONCE(td->nr_log) >= bios,
				  TEST_TIMEOUT);
}

static bool holds_any(struct test_disk *td)
{
	guard(spinlock_irqsave)(&td->lock);
	return !list_empty(&td->held);
}

bool test_disk_wait_held(struct test_disk *td)
{
	return wait_event_timeout(td->wait, holds_any(td), TEST_TIMEOUT);
}

bool test_disk_wait_ended(struct test_disk *td, unsigned int bios)
{
	return wait_event_timeout(td->wait, READ_ONCE(td->nr_done) >= bios,
				  TEST_TIMEOUT);
}

void test_disk_fail(struct test_disk *td, sector_t sector, sector_t sectors,
		    bool reads, bool writes, blk_status_t status)
{
	KUNIT_ASSERT_LT(td->test, td->nr_fail, ARRAY_SIZE(td->fail));
	guard(spinlock_irqsave)(&td->lock);
	td->fail[td->nr_fail++] = (struct test_disk_range) {
		.sector = sector,
		.sectors = sectors,
		.reads = reads,
		.writes = writes,
		.status = status,
	};
}

void test_disk_fail_nothing(struct test_disk *td)
{
	guard(spinlock_irqsave)(&td->lock);
	td->nr_fail = 0;
}

void test_disk_hold_range(struct test_disk *td, sector_t sector,
			  sector_t sectors)
{
	guard(spinlock_irqsave)(&td->lock);
	td->hold = (struct test_disk_range) {
		.sector = sector,
		.sectors = sectors,
		.reads = true,
		.writes = true,
	};
}

void test_disk_hold(struct test_disk *td)
{
	test_disk_hold_range(td, 0, td->sectors);
}

void test_disk_release(struct test_disk *td, unsigned int nr)
{
	struct test_disk_bio *entry = &td->log[nr];
	bool held;

	KUNIT_ASSERT_LT(td->test, nr, READ_ONCE(td->nr_log));
	scoped_guard(spinlock_irqsave, &td->lock) {
		held = !list_empty(&entry->node);
		list_del_init(&entry->node);
	}
	KUNIT_ASSERT_TRUE(td->test, held);
	finish(td, entry);
}

bool test_disk_release_oldest(struct test_disk *td)
{
	struct test_disk_bio *entry = take_first(td, &td->held);

	if (entry)
		finish(td, entry);
	return entry;
}

static struct test_disk_bio *take_last_held(struct test_disk *td)
{
	struct test_disk_bio *entry = NULL;

	guard(spinlock_irqsave)(&td->lock);
	if (!list_empty(&td->held)) {
		entry = list_last_entry(&td->held, struct test_disk_bio, node);
		list_del_init(&entry->node);
	}
	return entry;
}

void test_disk_release_reverse(struct test_disk *td)
{
	struct test_disk_bio *entry;

	while ((entry = take_last_held(td)))
		finish(td, entry);
}

void test_disk_linger(struct test_disk *td)
{
	guard(spinlock_irqsave)(&td->lock);
	td->lingers = true;
}

bool test_disk_wait_lingering(struct test_disk *td, unsigned int tasks)
{
	return wait_event_timeout(td->wait, READ_ONCE(td->nr_lingering) >= tasks,
				  TEST_TIMEOUT);
}

void test_disk_linger_no_more(struct test_disk *td)
{
	guard(spinlock_irqsave)(&td->lock);
	td->lingers = false;
	wake_up_all(&td->wait);
}

/* As blk_queue_disable_discard() does it. */
void test_disk_limit(struct test_disk *td, enum req_op op, unsigned int sectors)
{
	struct queue_limits *limits = &td->disk->queue->limits;

	WRITE_ONCE(td->limited, true);
	if (op == REQ_OP_DISCARD)
		WRITE_ONCE(limits->max_discard_sectors, sectors);
	else
		WRITE_ONCE(limits->max_write_zeroes_sectors, sectors);
}

void test_disk_block_submission(struct test_disk *td, bool blocked)
{
	WRITE_ONCE(td->blocked, blocked);
	wake_up_all(&td->wait);
}

void test_disk_restore_limits(struct test_disk *td)
{
	struct request_queue *queue = td->disk->queue;
	struct queue_limits limits = queue_limits_start_update(queue);

	limits.logical_block_size = td->config.logical_block_size ?: SECTOR_SIZE;
	limits.max_hw_discard_sectors = td->config.max_discard_sectors;
	limits.max_write_zeroes_sectors = td->config.max_write_zeroes_sectors;
	KUNIT_EXPECT_EQ(td->test, queue_limits_commit_update(queue, &limits), 0);
}

void test_disk_release_all(struct test_disk *td)
{
	scoped_guard(spinlock_irqsave, &td->lock)
		td->hold.sectors = 0;
	test_disk_linger_no_more(td);
	while (test_disk_release_oldest(td))
		;
}

void test_disks_release_all(void)
{
	struct test_disk *td;

	guard(mutex)(&test_disks_lock);
	list_for_each_entry(td, &test_disks, node)
		test_disk_release_all(td);
}

void test_disk_forget(struct test_disk *td)
{
	/* A request may have ended while its last bio is still being counted. */
	KUNIT_ASSERT_TRUE(td->test, test_disk_wait_ended(td, td->nr_log));
	guard(spinlock_irqsave)(&td->lock);
	td->nr_log = 0;
	td->nr_ended = 0;
	td->nr_done = 0;
}

static bool is_idle(struct test_disk *td)
{
	guard(spinlock_irqsave)(&td->lock);
	return td->nr_log == td->nr_done && !td->nr_mapped && !td->nr_lingering;
}

void test_disk_remove(struct test_disk *td)
{
	if (!td->gone)
		del_gendisk(td->disk);
	td->gone = true;
}

static void scrap(struct test_disk *td)
{
	destroy_workqueue(td->wq);
	test_disk_remove(td);
	put_disk(td->disk);
	vfree(td->log);
	vfree(td->data);
	kfree(td);
}

/*
 * A bio that never ends is a failure of the test, and its disk is left where
 * it is: the rest of the run must not suffer.
 */
static void test_disk_destroy(void *data)
{
	struct test_disk *td = data;

	scoped_guard(mutex, &test_disks_lock)
		list_del(&td->node);
	test_disk_release_all(td);
	if (!wait_event_timeout(td->wait, is_idle(td), TEST_TIMEOUT)) {
		KUNIT_FAIL(td->test, "bios still in flight");
		return;
	}
	irq_work_sync(&td->irq_work);
	flush_work(&td->work);
	if (td->gone || td->limited) {
		scrap(td);
		return;
	}
	guard(mutex)(&test_disks_lock);
	list_add(&td->node, &spare_disks);
}

void test_disks_scrap_spare(struct kunit_suite *suite)
{
	struct test_disk *td, *next;

	guard(mutex)(&test_disks_lock);
	list_for_each_entry_safe(td, next, &spare_disks, node) {
		list_del(&td->node);
		scrap(td);
	}
}

void test_disk_abandon(struct test_disk *td)
{
	kunit_remove_action(td->test, test_disk_destroy, td);
}

void test_disk_free(struct test_disk *td)
{
	kunit_release_action(td->test, test_disk_destroy, td);
}

static blk_features_t features_of(const struct test_disk_config *config)
{
	blk_features_t features = 0;

	if (config->write_cache)
		features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	if (config->zoned)
		features |= BLK_FEAT_ZONED;
	if (config->atomic)
		features |= BLK_FEAT_ATOMIC_WRITES;
	return features;
}

static struct gendisk *alloc_gendisk(const struct test_disk_config *config)
{
	struct queue_limits limits = {
		.logical_block_size = config->logical_block_size,
		.max_hw_sectors = UINT_MAX >> SECTOR_SHIFT,
		.max_segments = USHRT_MAX,
		.max_segment_size = UINT_MAX,
		.dma_alignment = 1,
		.max_hw_discard_sectors = config->max_discard_sectors,
		.max_write_zeroes_sectors = config->max_write_zeroes_sectors,
		.atomic_write_hw_max = config->atomic ? SZ_1M : 0,
		.atomic_write_hw_unit_min = config->atomic ? SZ_4K : 0,
		.atomic_write_hw_unit_max = config->atomic ? SZ_1M : 0,
		.chunk_sectors = config->zoned ? SZ_1M >> SECTOR_SHIFT : 0,
		.features = features_of(config),
	};

	return blk_alloc_disk(&limits, NUMA_NO_NODE);
}

static void add_gendisk(struct test_disk *td)
{
	static atomic_t number;
	struct gendisk *disk = td->disk;

	disk->flags |= GENHD_FL_NO_PART;
	disk->fops = &test_disk_fops;
	disk->private_data = td;
	snprintf(disk->disk_name, DISK_NAME_LEN, "dmiotest%d",
		 atomic_inc_return(&number));
	KUNIT_ASSERT_EQ(td->test, add_disk(disk), 0);
	td->bdev = disk->part0;
}

static struct test_disk *create_new(struct kunit *test,
				    const struct test_disk_config *config)
{
	struct test_disk *td = kzalloc(sizeof(*td), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, td);
	td->test = test;
	spin_lock_init(&td->lock);
	init_waitqueue_head(&td->wait);
	INIT_LIST_HEAD(&td->held);
	INIT_LIST_HEAD(&td->for_worker);
	INIT_LIST_HEAD(&td->for_irq);
	INIT_WORK(&td->work, end_in_worker);
	init_irq_work(&td->irq_work, end_in_irq);

	td->log = vcalloc(TEST_DISK_LOG_SIZE, sizeof(*td->log));
	td->wq = alloc_workqueue("test_disk", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	td->disk = alloc_gendisk(config);
	KUNIT_ASSERT_NOT_NULL(test, td->log);
	KUNIT_ASSERT_NOT_NULL(test, td->wq);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, td->disk);
	add_gendisk(td);
	return td;
}

/* Whether a disk that is there can be what @config asks for. */
static bool has_limits(const struct test_disk *td,
		       const struct test_disk_config *config)
{
	const struct test_disk_config *c = &td->config;

	return c->logical_block_size == config->logical_block_size &&
	       c->max_discard_sectors == config->max_discard_sectors &&
	       c->max_write_zeroes_sectors == config->max_write_zeroes_sectors &&
	       c->zoned == config->zoned &&
	       c->atomic == config->atomic &&
	       c->write_cache == config->write_cache;
}

static struct test_disk *take_spare(const struct test_disk_config *config)
{
	struct test_disk *td;

	guard(mutex)(&test_disks_lock);
	list_for_each_entry(td, &spare_disks, node) {
		if (has_limits(td, config)) {
			list_del(&td->node);
			return td;
		}
	}
	return NULL;
}

/* An empty disk of the size that @config asks for, with nothing to come. */
static void reset(struct test_disk *td, const struct test_disk_config *config)
{
	if (td->sectors != config->sectors) {
		vfree(td->data);
		td->data = vmalloc(config->sectors << SECTOR_SHIFT);
	}
	KUNIT_ASSERT_NOT_NULL(td->test, td->data);
	memset(td->data, 0, config->sectors << SECTOR_SHIFT);

	td->config = *config;
	td->sectors = config->sectors;
	set_capacity(td->disk, td->sectors);
	set_disk_ro(td->disk, config->read_only);
	prandom_seed_state(&td->random, td->sectors);
	test_disk_fail_nothing(td);
	test_disk_forget(td);
}

struct test_disk *test_disk_create(struct kunit *test,
				   const struct test_disk_config *config)
{
	struct test_disk *td = take_spare(config) ?: create_new(test, config);

	td->test = test;
	reset(td, config);
	scoped_guard(mutex, &test_disks_lock)
		list_add(&td->node, &test_disks);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, test_disk_destroy, td));
	return td;
}

struct test_disk *source_of(struct kunit *test, sector_t sectors)
{
	struct test_disk *td = disk_of(test, sectors);

	test_fill(td->data, sectors << SECTOR_SHIFT, 1);
	return td;
}

static void expect_like(struct test_disk *td, const struct test_disk_bio *entry,
			enum req_op op, blk_opf_t flags)
{
	unsigned int block = bdev_logical_block_size(td->bdev) >> SECTOR_SHIFT;

	KUNIT_EXPECT_EQ(td->test, (u32)entry->op, (u32)op);
	KUNIT_EXPECT_EQ(td->test, (u32)entry->flags, (u32)flags);
	KUNIT_EXPECT_EQ(td->test, entry->sector % block, 0);
	KUNIT_EXPECT_EQ(td->test, entry->sectors % block, 0);
	KUNIT_EXPECT_GT(td->test, entry->sectors, 0);
}

void test_disk_expect_exactly(struct test_disk *td, enum req_op op,
			      blk_opf_t flags, sector_t sector,
			      sector_t sectors)
{
	unsigned long *seen = bitmap_zalloc(td->sectors, GFP_KERNEL);
	sector_t total = 0;

	KUNIT_ASSERT_NOT_NULL(td->test, seen);
	for (unsigned int i = 0; i < td->nr_log; i++) {
		const struct test_disk_bio *entry = &td->log[i];

		expect_like(td, entry, op, flags);
		bitmap_set(seen, entry->sector, entry->sectors);
		total += entry->sectors;
	}
	/* As many sectors as there are, and none of them missing: each once. */
	KUNIT_EXPECT_EQ(td->test, total, sectors);
	KUNIT_EXPECT_EQ(td->test, bitmap_weight(seen, td->sectors), sectors);
	if (sectors) {
		KUNIT_EXPECT_EQ(td->test, find_first_bit(seen, td->sectors),
				sector);
		KUNIT_EXPECT_EQ(td->test, find_last_bit(seen, td->sectors),
				sector + sectors - 1);
	}
	bitmap_free(seen);
}

void test_disk_expect_parts(struct test_disk *td, enum req_op op, sector_t sector,
			    sector_t sectors, sector_t part)
{
	unsigned int nr = 0;

	for (sector_t at = 0; at < sectors; at += part, nr++) {
		const struct test_disk_bio *bio = &td->log[nr];

		KUNIT_ASSERT_LT(td->test, nr, td->nr_log);
		KUNIT_EXPECT_EQ(td->test, (u32)bio->op, (u32)op);
		KUNIT_EXPECT_EQ(td->test, (u32)bio->flags, 0);
		KUNIT_EXPECT_EQ(td->test, bio->sector, sector + at);
		KUNIT_EXPECT_EQ(td->test, bio->sectors, min(sectors - at, part));
	}
	KUNIT_EXPECT_EQ(td->test, td->nr_log, nr);
}

void test_disk_expect_copy(struct test_disk *to, sector_t at, struct test_disk *from,
			   sector_t sector, sector_t sectors)
{
	sector_t end = at + sectors;

	test_expect_zeroes(to->test, to->data, at << SECTOR_SHIFT, "before");
	test_expect_same(to->test, sector_data(to, at), sector_data(from, sector),
			 sectors << SECTOR_SHIFT, "copy");
	test_expect_zeroes(to->test, sector_data(to, end), (to->sectors - end) << SECTOR_SHIFT,
			   "behind");
}

void test_disk_expect_zeroed(struct test_disk *td, sector_t sector, sector_t sectors)
{
	sector_t end = sector + sectors;

	KUNIT_EXPECT_PTR_EQ(td->test, NULL,
			    memchr_inv(td->data, 0xff, sector << SECTOR_SHIFT));
	test_expect_zeroes(td->test, sector_data(td, sector), sectors << SECTOR_SHIFT, "zeroed");
	KUNIT_EXPECT_PTR_EQ(td->test, NULL,
			    memchr_inv(sector_data(td, end), 0xff,
				       (td->sectors - end) << SECTOR_SHIFT));
}
