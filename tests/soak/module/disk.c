// SPDX-License-Identifier: GPL-2.0
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "disk.h"
#include "zone.h"

struct disk disks[MAX_DISKS];
unsigned int num_disks;

void disks_report(struct seq_file *to)
{
	for (unsigned int i = 0; i < num_disks; i++)
		seq_printf(to, "%s %lld\n", disks[i].path, atomic64_read(&disks[i].failed));
}

struct disk *disk_find(const char *path)
{
	for (unsigned int i = 0; i < num_disks; i++)
		if (!strcmp(disks[i].path, path))
			return &disks[i];
	return NULL;
}

static int open(struct disk *disk)
{
	struct file *file = bdev_file_open_by_path(disk->path, BLK_OPEN_READ | BLK_OPEN_WRITE,
						   THIS_MODULE, NULL);

	if (IS_ERR(file))
		return PTR_ERR(file);
	disk->file = file;
	disk->bdev = file_bdev(file);
	return 0;
}

static int add_zones(struct disk *disk)
{
	disk->zone = bdev_zone_sectors(disk->bdev);
	disk->written = kvcalloc(bdev_nr_zones(disk->bdev), sizeof(*disk->written), GFP_KERNEL);
	return disk->written ? zones_reset(disk) : -ENOMEM;
}

int disk_add(char *path)
{
	struct disk *disk = &disks[num_disks];
	int ret;

	if (num_disks == MAX_DISKS)
		return -ENOSPC;
	*disk = (struct disk){ };
	strscpy(disk->path, path);
	ret = open(disk);
	if (ret)
		return ret;
	disk->sectors = bdev_nr_sectors(disk->bdev);
	disk->block = bdev_logical_block_size(disk->bdev) >> SECTOR_SHIFT;
	/*
	 * Not all can do as they say: where a vector begins within a sector, null_blk takes
	 * what is behind it for discarded if that sector is, or if its blocks are larger.
	 */
	disk->alignment = min(bdev_logical_block_size(disk->bdev), PAGE_SIZE);
	disk->model = kvzalloc_objs(*disk->model, disk->sectors);
	num_disks++;
	if (!disk->model)
		return -ENOMEM;
	return bdev_is_zoned(disk->bdev) ? add_zones(disk) : disk_fill(disk);
}

int disk_reopen(struct disk *disk)
{
	disk_close(disk);
	return open(disk);
}

void disk_close(struct disk *disk)
{
	if (disk->file)
		bdev_fput(disk->file);
	disk->file = NULL;
	disk->bdev = NULL;
}

/* Not by a pair that has an owner: the task that writes the command leaves the kernel meanwhile. */
void disk_freeze(struct disk *disk)
{
	struct request_queue *queue = bdev_get_queue(disk->bdev);

	blk_freeze_queue_start_non_owner(queue);
	blk_mq_freeze_queue_wait(queue);
}

void disk_thaw(struct disk *disk)
{
	blk_mq_unfreeze_queue_non_owner(bdev_get_queue(disk->bdev));
}

void disks_remove(void)
{
	while (num_disks) {
		disk_close(&disks[--num_disks]);
		kvfree(disks[num_disks].model);
		kvfree(disks[num_disks].written);
	}
}

int disk_set_bad(struct disk *disk, sector_t sector, sector_t count, u8 bad)
{
	if (sector > disk->sectors || count > disk->sectors - sector)
		return -EINVAL;
	for (sector_t i = sector; i < sector + count; i++)
		disk->model[i].bad = bad;
	return 0;
}

int disk_take_any_memory(struct disk *disk)
{
	if (!disk->bdev)
		return -ENODEV;
	WRITE_ONCE(disk->alignment, bdev_dma_alignment(disk->bdev) + 1);
	return 0;
}
