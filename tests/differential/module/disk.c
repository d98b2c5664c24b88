// SPDX-License-Identifier: GPL-2.0
/* Opening devices, and their bytes as seen past both modules. */
#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dice.h"
#include "disk.h"
#include "report.h"

#define CHUNK_SECTORS 1024
#define CHUNK_ORDER get_order(CHUNK_SECTORS << SECTOR_SHIFT)

struct disk disks[MAX_DISKS];
unsigned int num_disks;

static void *chunk[SIDES];

int disk_init(void)
{
	for (int side = 0; side < SIDES; side++) {
		chunk[side] = (void *)__get_free_pages(GFP_KERNEL, CHUNK_ORDER);
		if (!chunk[side])
			return -ENOMEM;
	}
	return 0;
}

void disk_exit(void)
{
	disks_close();
	for (int side = 0; side < SIDES; side++)
		free_pages((unsigned long)chunk[side], CHUNK_ORDER);
}

static struct block_device *open(const char *path, struct file **file)
{
	*file = bdev_file_open_by_path(path, BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
	if (!IS_ERR(*file))
		return file_bdev(*file);
	pr_err("differential: %s cannot be opened\n", path);
	*file = NULL;
	return NULL;
}

static void close(struct disk *disk)
{
	for (int side = 0; side < SIDES; side++) {
		if (disk->file[side])
			bdev_fput(disk->file[side]);
		if (disk->raw_file[side])
			bdev_fput(disk->raw_file[side]);
	}
	memset(disk, 0, sizeof(*disk));
}

void disks_close(void)
{
	while (num_disks)
		close(&disks[--num_disks]);
}

static bool like_each_other(const struct disk *disk)
{
	for (int side = 0; side < SIDES; side++) {
		if (!disk->bdev[side] || !disk->raw[side] ||
		    bdev_nr_sectors(disk->bdev[side]) != disk->sectors ||
		    bdev_nr_sectors(disk->raw[side]) != disk->sectors ||
		    bdev_logical_block_size(disk->bdev[side]) >> SECTOR_SHIFT != disk->block)
			return false;
	}
	return true;
}

/* Takes "NAME DEVICE DEVICE RAW RAW [fails] [whole] [unwritable] [slow]". */
int disk_add(char *words)
{
	struct disk *disk = &disks[num_disks];
	char *word;

	if (num_disks == MAX_DISKS)
		return -ENOSPC;
	word = strsep(&words, " ");
	strscpy(disk->name, word, DISK_NAME);
	for (int side = 0; side < SIDES && words; side++)
		disk->bdev[side] = open(strsep(&words, " "), &disk->file[side]);
	for (int side = 0; side < SIDES && words; side++)
		disk->raw[side] = open(strsep(&words, " "), &disk->raw_file[side]);
	if (disk->bdev[MAINLINE]) {
		disk->sectors = bdev_nr_sectors(disk->bdev[MAINLINE]);
		disk->block = bdev_logical_block_size(disk->bdev[MAINLINE]) >> SECTOR_SHIFT;
	}
	while (words && (word = strsep(&words, " "))) {
		disk->fails |= !strcmp(word, "fails");
		disk->whole |= !strcmp(word, "whole");
		disk->unwritable |= !strcmp(word, "unwritable");
		disk->slow |= !strcmp(word, "slow");
	}
	if (!like_each_other(disk)) {
		close(disk);
		return -EINVAL;
	}
	num_disks++;
	return 0;
}

bool disk_zoned(const struct disk *disk)
{
	return bdev_is_zoned(disk->bdev[MAINLINE]);
}

/* How many sectors a zone has. */
sector_t disk_zone(const struct disk *disk)
{
	return bdev_zone_sectors(disk->bdev[MAINLINE]);
}

int disk_reset_zone(struct disk *disk, sector_t sector)
{
	sector_t start = round_down(sector, disk_zone(disk));
	int ret = 0;

	for (int side = 0; side < SIDES && !ret; side++)
		ret = blkdev_zone_mgmt(disk->bdev[side], REQ_OP_ZONE_RESET, start,
				       disk_zone(disk));
	return ret;
}

/* Past bad blocks, which hold zeroes. */
static void raw_halves(struct disk *disk, enum side side, enum req_op op, sector_t sector,
		       sector_t count, void *data)
{
	sector_t half = round_up(count / 2, disk->block);

	if (!bdev_rw_virt(disk->raw[side], sector, data, count << SECTOR_SHIFT, op))
		return;
	if (count > disk->block) {
		raw_halves(disk, side, op, sector, half, data);
		raw_halves(disk, side, op, sector + half, count - half,
			   data + (half << SECTOR_SHIFT));
	} else if (op == REQ_OP_READ) {
		memset(data, 0, count << SECTOR_SHIFT);
	}
}

/* The data is memory that is contiguous. */
int disk_raw(struct disk *disk, enum side side, enum req_op op, sector_t sector,
	     sector_t count, void *data)
{
	if (!count)
		return 0;
	if (!disk->whole)
		return bdev_rw_virt(disk->raw[side], sector, data, count << SECTOR_SHIFT, op);
	raw_halves(disk, side, op, sector, count, data);
	return 0;
}

static int fill(struct disk *disk)
{
	int ret = 0;

	for (sector_t at = 0; at < disk->sectors && !ret; at += CHUNK_SECTORS) {
		sector_t count = min(disk->sectors - at, CHUNK_SECTORS);

		dice_bytes(chunk[0], count << SECTOR_SHIFT);
		for (int side = 0; side < SIDES && !ret; side++)
			ret = disk_raw(disk, side, REQ_OP_WRITE, at, count, chunk[0]);
	}
	return ret;
}

static int reset(struct disk *disk)
{
	int ret = 0;

	for (sector_t at = 0; at < disk->sectors && !ret; at += disk_zone(disk))
		ret = disk_reset_zone(disk, at);
	return ret;
}

/* Both sides of each disk get the same random bytes. */
int disks_fill(void)
{
	int ret = 0;

	for (unsigned int i = 0; i < num_disks && !ret; i++)
		ret = disk_zoned(&disks[i]) ? reset(&disks[i]) : fill(&disks[i]);
	return ret;
}

static sector_t first_different(sector_t count)
{
	for (sector_t i = 0; i < count; i++) {
		size_t at = i << SECTOR_SHIFT;

		if (memcmp(chunk[MAINLINE] + at, chunk[RUST] + at, SECTOR_SIZE))
			return i;
	}
	return count;
}

static bool chunks_same(struct disk *disk, sector_t sector, sector_t count, sector_t *where)
{
	*where = sector;
	for (int side = 0; side < SIDES; side++) {
		if (disk_raw(disk, side, REQ_OP_READ, sector, count, chunk[side]))
			return false;
	}
	if (!memcmp(chunk[MAINLINE], chunk[RUST], count << SECTOR_SHIFT))
		return true;
	*where += first_different(count);
	return false;
}

bool disk_same(struct disk *disk, sector_t sector, sector_t end, sector_t *where)
{
	sector = round_down(sector, disk->block);
	end = min(round_up(end, disk->block), disk->sectors);
	for (; sector < end; sector += CHUNK_SECTORS) {
		if (!chunks_same(disk, sector, min(end - sector, CHUNK_SECTORS), where))
			return false;
	}
	return true;
}

void disks_audit(unsigned int number)
{
	for (unsigned int i = 0; i < num_disks; i++) {
		sector_t where;

		if (!disk_same(&disks[i], 0, disks[i].sectors, &where))
			report_difference(number, "the devices %s differ at sector %llu",
					  disks[i].name, where);
	}
}

/* Gives mainline's device what ours holds, where they are known to differ. */
int disk_equalise(struct disk *disk, sector_t sector, sector_t count)
{
	sector_t end = min(round_up(sector + count, disk->block), disk->sectors);
	int ret = 0;

	if (disk_zoned(disk) && sector < end)
		return disk_reset_zone(disk, sector);
	sector = round_down(sector, disk->block);
	for (; sector < end && !ret; sector += CHUNK_SECTORS) {
		count = min(end - sector, CHUNK_SECTORS);
		ret = disk_raw(disk, RUST, REQ_OP_READ, sector, count, chunk[0]);
		if (!ret)
			ret = disk_raw(disk, MAINLINE, REQ_OP_WRITE, sector, count, chunk[0]);
	}
	return ret;
}
