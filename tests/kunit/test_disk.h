/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block device in memory that logs the bios it gets, fails chosen sectors,
 * and completes when and where it is told to.
 */
#ifndef _DM_IO_RUST_TEST_DISK_H
#define _DM_IO_RUST_TEST_DISK_H

#include <linux/blkdev.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/prandom.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct cgroup_subsys_state;
struct kunit;
struct kunit_suite;
struct test_disk;
struct test_disk_bio;

/* No wait of a test takes nearly as long, however slow the emulator. */
#define TEST_TIMEOUT (120 * HZ)

#define TEST_DISK_LOG_SIZE 8192

/**
 * enum test_disk_context - where bios are completed
 * @TEST_DISK_INLINE: within submit_bio, or within the call that releases them
 * @TEST_DISK_WORKER: in a work item
 * @TEST_DISK_HARDIRQ: in a hard interrupt
 * @TEST_DISK_ANYWHERE: one of these, at random for each bio
 */
enum test_disk_context {
	TEST_DISK_INLINE,
	TEST_DISK_WORKER,
	TEST_DISK_HARDIRQ,
	TEST_DISK_ANYWHERE,
};

extern const char * const test_disk_context_names[];

/* For a case in each context: a pointer to it is the parameter. */
const void *test_disk_context_gen_params(struct kunit *test, const void *prev, char *name);

/**
 * struct test_disk_config - what a disk is like
 * @sectors: its size
 * @logical_block_size: in bytes, 0 means 512
 * @max_discard_sectors: 0 means that it cannot discard
 * @max_write_zeroes_sectors: 0 means that it cannot write zeroes
 * @zoned: says that it has zones; it writes anywhere all the same
 * @write_cache: has a volatile cache, and forced unit access
 * @atomic: writes up to 1 MiB atomically, if its blocks are of 4 KiB
 * @read_only: says that it is not to be written
 * @keep_iter: leaves bi_iter as it was when it completes a bio, as some
 *	drivers do, where others leave it spent
 * @context: where bios are completed
 * @map: if set, takes the bios as a stacked driver's submit_bio would, and
 *	completes them with test_disk_end_mapped(); they are not logged
 * @ending: if set, is called before a bio ends, in the context where it does
 * @context_of_hooks: handed to @map and to @ending
 */
struct test_disk_config {
	sector_t sectors;
	unsigned int logical_block_size;
	unsigned int max_discard_sectors;
	unsigned int max_write_zeroes_sectors;
	bool zoned;
	bool write_cache;
	bool atomic;
	bool read_only;
	bool keep_iter;
	enum test_disk_context context;
	void (*map)(struct bio *bio, void *context);
	void (*ending)(struct test_disk *td, const struct test_disk_bio *bio,
		       void *context);
	void *context_of_hooks;
};

/**
 * struct test_disk_bio - a bio that the disk got
 * @op: its operation
 * @flags: its bi_opf without the operation
 * @sector: its first sector
 * @sectors: its length
 * @bvecs: how many vectors it had, of any length
 * @cloned: whether the vectors are not its own, and nobody may add to them
 * @ioprio: its priority
 * @task: who submitted it
 * @css: the block cgroup that it is charged to
 * @status: how it ended, once @ended is not 0
 * @ended: 1 for the first bio of the disk that ended, and so on; 0 in flight
 * @done: whether the disk is through with it, completion functions included
 */
struct test_disk_bio {
	enum req_op op;
	blk_opf_t flags;
	sector_t sector;
	sector_t sectors;
	unsigned int bvecs;
	bool cloned;
	unsigned short ioprio;
	const struct task_struct *task;
	const struct cgroup_subsys_state *css;
	blk_status_t status;
	unsigned int ended;
	bool done;
	/* private: */
	struct bio *bio;
	struct list_head node;
};

/* A run of sectors that fails, or whose bios are held back. */
struct test_disk_range {
	sector_t sector;
	sector_t sectors;
	bool reads;
	bool writes;
	blk_status_t status;
};

/**
 * struct test_disk - the disk
 * @bdev: the device
 * @data: its contents
 * @sectors: its size
 * @log: the bios it got, in order
 * @nr_log: how many of them
 */
struct test_disk {
	struct block_device *bdev;
	u8 *data;
	sector_t sectors;
	struct test_disk_bio *log;
	unsigned int nr_log;
	/* private: */
	struct list_head node;
	struct kunit *test;
	struct test_disk_config config;
	struct gendisk *disk;
	bool gone;
	/* Its limits are not those of its configuration any more. */
	bool limited;
	/* Of all below; taken in interrupts as well. */
	spinlock_t lock;
	wait_queue_head_t wait;
	unsigned int nr_ended;
	unsigned int nr_done;
	unsigned int nr_mapped;
	bool lingers;
	unsigned int nr_lingering;
	struct test_disk_range fail[8];
	unsigned int nr_fail;
	struct test_disk_range hold;
	bool blocked;
	struct list_head held;
	struct list_head for_worker;
	struct list_head for_irq;
	struct rnd_state random;
	struct irq_work irq_work;
	struct work_struct work;
	struct workqueue_struct *wq;
};

/* The disk, gone when the test ends, after the bios it holds were released. */
struct test_disk *test_disk_create(struct kunit *test,
				   const struct test_disk_config *config);

/* One of so many sectors that completes bios elsewhere. */
static inline struct test_disk *disk_in(struct kunit *test, sector_t sectors,
					enum test_disk_context context)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.context = context,
	});
}

static inline struct test_disk *disk_of(struct kunit *test, sector_t sectors)
{
	return disk_in(test, sectors, TEST_DISK_INLINE);
}

/* One with data on it. */
struct test_disk *source_of(struct kunit *test, sector_t sectors);

static inline u8 *sector_data(struct test_disk *td, sector_t sector)
{
	return td->data + (sector << SECTOR_SHIFT);
}

/* Frees the disks that tests were done with: for the end of a suite. */
void test_disks_scrap_spare(struct kunit_suite *suite);

/* Frees the disk before the test ends. */
void test_disk_free(struct test_disk *td);

/* Leaves the disk where it is for good: something may be stuck that uses it. */
void test_disk_abandon(struct test_disk *td);

/* Takes the disk out of the system, as a hot unplug does. */
void test_disk_remove(struct test_disk *td);

/* Forgets the log, once all that is in flight has ended. */
void test_disk_forget(struct test_disk *td);

/* From now on any bio that touches these sectors ends with @status. */
void test_disk_fail(struct test_disk *td, sector_t sector, sector_t sectors,
		    bool reads, bool writes, blk_status_t status);
void test_disk_fail_nothing(struct test_disk *td);

/* Holds back bios that arrive from now on: all, or those that touch a range. */
void test_disk_hold(struct test_disk *td);
void test_disk_hold_range(struct test_disk *td, sector_t sector,
			  sector_t sectors);

/* Ends the @nr-th bio of the log, the oldest, or all held; holding goes on. */
void test_disk_release(struct test_disk *td, unsigned int nr);
bool test_disk_release_oldest(struct test_disk *td);
void test_disk_release_reverse(struct test_disk *td);

/*
 * From now on submit_bio stays when it is through with a bio, whether that has
 * ended or is held: as a driver does that waits for something else.
 */
void test_disk_linger(struct test_disk *td);
bool test_disk_wait_lingering(struct test_disk *td, unsigned int tasks);
void test_disk_linger_no_more(struct test_disk *td);

/* From now on @op covers at the most so many sectors, or none; any context. */
void test_disk_limit(struct test_disk *td, enum req_op op, unsigned int sectors);

/* From now on whoever submits a bio sleeps in the disk's submit_bio, or no more. */
void test_disk_block_submission(struct test_disk *td, bool blocked);

/* Takes back that its limits were changed, once nothing is in flight. */
void test_disk_restore_limits(struct test_disk *td);

/* Holds no more, lets submit_bio return, and ends all that was held. */
void test_disk_release_all(struct test_disk *td);

/* The same for every disk there is. */
void test_disks_release_all(void);

/* These wait, and say whether it came to pass in time. */
bool test_disk_wait_arrived(struct test_disk *td, unsigned int bios);
bool test_disk_wait_held(struct test_disk *td);
bool test_disk_wait_ended(struct test_disk *td, unsigned int bios);

/* Completes a bio that map was given. */
void test_disk_end_mapped(struct test_disk *td, struct bio *bio,
			  blk_status_t status);

/*
 * Expects that the disk got @sectors from @sector on exactly once in bios of
 * @op and @flags, and not a bio else; all of them whole logical blocks.
 */
void test_disk_expect_exactly(struct test_disk *td, enum req_op op,
			      blk_opf_t flags, sector_t sector,
			      sector_t sectors);

/*
 * Expects that the disk got bios of @op without flags, one behind the other,
 * each of @part sectors but for the last, and not a bio else.
 */
void test_disk_expect_parts(struct test_disk *td, enum req_op op, sector_t sector,
			    sector_t sectors, sector_t part);

/* Expects the sectors of @from at @at, and zeroes on all of the rest of @to. */
void test_disk_expect_copy(struct test_disk *to, sector_t at, struct test_disk *from,
			   sector_t sector, sector_t sectors);

/* Expects zeroes in the sectors, and 0xff in each byte around them. */
void test_disk_expect_zeroed(struct test_disk *td, sector_t sector, sector_t sectors);

#endif /* _DM_IO_RUST_TEST_DISK_H */
