// SPDX-License-Identifier: GPL-2.0
/*
 * A probe on submit_bio() sees each bio, and takes the place of its bi_end_io
 * until it ends: whatever way that is, the record has its status.
 */
#include <linux/bio.h>
#include <linux/cleanup.h>
#include <linux/hashtable.h>
#include <linux/kprobes.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "bios.h"

#define MOST_RECORDS SZ_128K
#define LIMIT (100 * HZ)

struct record {
	struct hlist_node node;
	struct bio *bio;
	bio_end_io_t *end_io;
	struct block_device *bdev;
	sector_t sector;
	sector_t count;
	blk_opf_t opf;
	unsigned short priority;
	blk_status_t status;
	bool pending;
};

/* Protects all that follows; bios end in interrupts. */
static DEFINE_SPINLOCK(lock);
static DEFINE_HASHTABLE(by_bio, 12);
static struct record *records;
static unsigned int num_records;
static unsigned int num_pending;
static bool recording;
static bool lost;

static DECLARE_WAIT_QUEUE_HEAD(idle);

static void ended(struct bio *bio)
{
	bio_end_io_t *end_io = NULL;
	struct record *record;

	scoped_guard(spinlock_irqsave, &lock) {
		hash_for_each_possible(by_bio, record, node, (unsigned long)bio) {
			if (record->bio == bio) {
				end_io = record->end_io;
				record->status = bio->bi_status;
				record->pending = false;
				hash_del(&record->node);
				num_pending--;
				break;
			}
		}
	}
	bio->bi_end_io = end_io;
	end_io(bio);
	wake_up(&idle);
}

static bool is_ours(struct block_device *bdev)
{
	for (unsigned int i = 0; i < num_disks; i++) {
		if (bdev == disks[i].bdev[MAINLINE] || bdev == disks[i].bdev[RUST])
			return true;
	}
	return false;
}

static int submitted(struct kprobe *probe, struct pt_regs *regs)
{
	struct bio *bio = (struct bio *)regs_get_kernel_argument(regs, 0);
	struct record *record;

	guard(spinlock_irqsave)(&lock);
	if (!recording || !is_ours(bio->bi_bdev))
		return 0;
	lost |= num_records == MOST_RECORDS;
	if (lost)
		return 0;
	record = &records[num_records++];
	*record = (struct record){
		.bio = bio,
		.end_io = bio->bi_end_io,
		.bdev = bio->bi_bdev,
		.sector = bio->bi_iter.bi_sector,
		.count = bio_sectors(bio),
		.opf = bio->bi_opf,
		.priority = bio->bi_ioprio,
		.pending = true,
	};
	hash_add(by_bio, &record->node, (unsigned long)bio);
	num_pending++;
	bio->bi_end_io = ended;
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "submit_bio",
	.pre_handler = submitted,
};

int bios_init(void)
{
	int ret;

	records = kvcalloc(MOST_RECORDS, sizeof(*records), GFP_KERNEL);
	if (!records)
		return -ENOMEM;
	ret = register_kprobe(&probe);
	if (!ret)
		return 0;
	kvfree(records);
	records = NULL;
	return ret;
}

void bios_exit(void)
{
	if (!records)
		return;
	unregister_kprobe(&probe);
	kvfree(records);
}

void bios_start(void)
{
	guard(spinlock_irqsave)(&lock);
	num_records = 0;
	lost = false;
	recording = true;
}

bool bios_stop(void)
{
	bool over = wait_event_timeout(idle, !READ_ONCE(num_pending), LIMIT);

	guard(spinlock_irqsave)(&lock);
	recording = false;
	return over && !lost;
}

static bool is_of(const struct record *record, const struct place *place, enum side side)
{
	if (record->bdev != place->disk->bdev[side])
		return false;
	if (!place->count || !record->count)
		return record->count == place->count && record->sector == place->sector;
	return record->sector < place->sector + place->count &&
	       place->sector < record->sector + record->count;
}

bool bios_pending(const struct place *place, enum side side)
{
	guard(spinlock_irqsave)(&lock);
	for (unsigned int i = 0; i < num_records; i++) {
		if (records[i].pending && is_of(&records[i], place, side))
			return true;
	}
	return false;
}

struct bio_flags bios_flags(const struct place *place, enum side side)
{
	struct bio_flags flags = { .all = (__force blk_opf_t)~0U };

	guard(spinlock_irqsave)(&lock);
	for (unsigned int i = 0; i < num_records; i++) {
		if (!is_of(&records[i], place, side))
			continue;
		flags.num++;
		flags.any |= records[i].opf;
		flags.all &= records[i].opf;
		flags.priorities |= records[i].priority;
	}
	return flags;
}

/* The sectors of a place that a bio covers: from @start up to @end. */
static bool covers(const struct record *record, const struct place *place, enum side side,
		   bool writes, sector_t *start, sector_t *end)
{
	if (!place->count || !record->count || op_is_write(record->opf) != writes ||
	    !is_of(record, place, side))
		return false;
	*start = max(record->sector, place->sector) - place->sector;
	*end = min(record->sector + record->count, place->sector + place->count) - place->sector;
	return true;
}

u8 *bios_touched(const struct place *place, enum side side, bool writes)
{
	u8 *touched = kvzalloc(place->count, GFP_KERNEL);
	sector_t start, end;

	for (unsigned int i = 0; touched && i < num_records; i++) {
		enum touch touch = records[i].status ? FAILED : DONE;

		if (!covers(&records[i], place, side, writes, &start, &end))
			continue;
		for (; start < end; start++)
			touched[start] = max_t(u8, touched[start], touch);
	}
	return touched;
}

bool bios_failed_in_vain(const struct place *place, enum side side, bool writes, const u8 *good)
{
	sector_t start, end;

	for (unsigned int i = 0; i < num_records; i++) {
		if (records[i].status &&
		    covers(&records[i], place, side, writes, &start, &end) &&
		    !memchr_inv(good + start, 1, end - start))
			return true;
	}
	return false;
}
