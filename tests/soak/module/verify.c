// SPDX-License-Identifier: GPL-2.0
/* Whole disks, filled and compared past the engine. */
#include <linux/blkdev.h>
#include <linux/gfp.h>
#include <linux/sched.h>

#include "disk.h"
#include "report.h"

#define CHUNK_SECTORS 512
#define CHUNK_BYTES (CHUNK_SECTORS * SECTOR_SIZE)
/* The writes of the load have none of these bits. */
#define FIRST_TAG BIT_ULL(63)

typedef int (*chunk_fn)(struct disk *disk, sector_t at, sector_t count, u8 *chunk);

/* Calls for each chunk of a disk, with memory for it. */
static int walk(struct disk *disk, chunk_fn call)
{
	u8 *chunk = alloc_pages_exact(CHUNK_BYTES, GFP_KERNEL);
	int ret = chunk ? 0 : -ENOMEM;

	for (sector_t at = 0; at < disk->sectors && !ret; at += CHUNK_SECTORS) {
		ret = call(disk, at, min(disk->sectors - at, CHUNK_SECTORS), chunk);
		cond_resched();
	}
	if (chunk)
		free_pages_exact(chunk, CHUNK_BYTES);
	return ret;
}

static int fill_chunk(struct disk *disk, sector_t at, sector_t count, u8 *chunk)
{
	u64 tag = FIRST_TAG | (u64)(disk - disks) << 48 | at;

	for (sector_t i = 0; i < count; i++) {
		content_fill(chunk + (i << SECTOR_SHIFT), tag + i);
		model_set(&disk->model[at + i], tag + i);
	}
	return bdev_rw_virt(disk->bdev, at, chunk, count << SECTOR_SHIFT, REQ_OP_WRITE);
}

int disk_fill(struct disk *disk)
{
	return walk(disk, fill_chunk);
}

/* What is read is what is there. */
static int verify_chunk(struct disk *disk, sector_t at, sector_t count, u8 *chunk)
{
	int ret = bdev_rw_virt(disk->bdev, at, chunk, count << SECTOR_SHIFT, REQ_OP_READ);

	if (ret) {
		report_wrong("%s cannot be read at %llu: %d", disk->path, at, ret);
		return ret;
	}
	atomic64_add(count, &counts[COUNT_CHECKED]);
	for (sector_t i = 0; i < count; i++) {
		struct model *sector = &disk->model[at + i];
		u64 tag;

		if (!content_tag(chunk + (i << SECTOR_SHIFT), &tag) || !model_has(sector, tag)) {
			report_wrong("%s holds %#llx at %llu, which may be %#llx or %u others",
				     disk->path, tag, at + i, sector->tags[0], sector->num - 1);
			return -EIO;
		}
		model_set(sector, tag);
	}
	return 0;
}

int disks_verify(void)
{
	int ret = 0;

	for (unsigned int i = 0; i < num_disks; i++)
		if (disks[i].bdev)
			ret = walk(&disks[i], verify_chunk) ?: ret;
	return ret;
}
