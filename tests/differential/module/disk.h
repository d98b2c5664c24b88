/* SPDX-License-Identifier: GPL-2.0 */
/* The devices: one like the other for each side, and what is below them. */
#ifndef _DIFFERENTIAL_DISK_H
#define _DIFFERENTIAL_DISK_H

#include <linux/blkdev.h>

#include "api.h"

#define MAX_DISKS 16
#define DISK_NAME 16

/**
 * struct disk - a pair of devices that are to stay the same
 * @name: its kind, for people
 * @bdev: the devices that are worked on
 * @raw: the devices that hold their bytes, and neither fail nor are late
 * @file: what keeps @bdev open
 * @raw_file: what keeps @raw open
 * @sectors: their length
 * @block: their logical block in sectors
 * @fails: some I/O fails by design
 * @whole: a command that meets a bad sector fails as a whole, so that the data
 *	depends on how I/O is cut; it is to be so small that it is not. There is
 *	no other way to its bytes
 * @unwritable: every write fails
 * @slow: it is late, and should not be chosen too often
 */
struct disk {
	char name[DISK_NAME];
	struct block_device *bdev[SIDES];
	struct block_device *raw[SIDES];
	struct file *file[SIDES];
	struct file *raw_file[SIDES];
	sector_t sectors;
	unsigned int block;
	bool fails;
	bool whole;
	bool unwritable;
	bool slow;
};

extern struct disk disks[MAX_DISKS];
extern unsigned int num_disks;

int disk_init(void);
void disk_exit(void);
int disk_add(char *words);
void disks_close(void);

int disks_fill(void);
bool disk_zoned(const struct disk *disk);
sector_t disk_zone(const struct disk *disk);
int disk_reset_zone(struct disk *disk, sector_t sector);
int disk_raw(struct disk *disk, enum side side, enum req_op op, sector_t sector,
	     sector_t count, void *data);
/* Whether both hold the same; if not, the first sector that differs. */
bool disk_same(struct disk *disk, sector_t sector, sector_t end, sector_t *where);
/* Compares all bytes of all devices, before the request with that number. */
void disks_audit(unsigned int number);
int disk_equalise(struct disk *disk, sector_t sector, sector_t count);

#endif /* _DIFFERENTIAL_DISK_H */
