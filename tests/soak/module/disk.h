/* SPDX-License-Identifier: GPL-2.0 */
/* The disks that the load is on, and what they hold. */
#ifndef _SOAK_DISK_H
#define _SOAK_DISK_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "model.h"

#define MAX_DISKS 16
#define DISK_PATH 64

struct block_device;
struct file;
struct seq_file;

/**
 * struct disk - a disk
 * @path: its path
 * @file: keeps @bdev open; NULL while the disk is gone
 * @bdev: the device
 * @sectors: how long it was when it was opened first
 * @block: its logical block in sectors
 * @alignment: what addresses of data for it are multiples of, in bytes
 * @model: what each of its sectors may hold
 * @zone: the length of its zones, if it has any
 * @written: how much of each of them is written
 * @may_fail: its I/O may fail at any time
 * @failed: how many regions on it have failed
 */
struct disk {
	char path[DISK_PATH];
	struct file *file;
	struct block_device *bdev;
	sector_t sectors;
	unsigned int block;
	unsigned int alignment;
	struct model *model;
	sector_t zone;
	sector_t *written;
	bool may_fail;
	atomic64_t failed;
};

extern struct disk disks[MAX_DISKS];
extern unsigned int num_disks;

/* Prints how often each has failed. */
void disks_report(struct seq_file *to);

struct disk *disk_find(const char *path);
/* Opens one, and fills all of it with sectors that the model knows. */
int disk_add(char *path);
int disk_reopen(struct disk *disk);
/* It is no part of the load any more, but may come back. */
void disk_close(struct disk *disk);
void disks_remove(void);
/* Returns when no I/O is in flight there, and none begins until it is thawed. */
void disk_freeze(struct disk *disk);
void disk_thaw(struct disk *disk);
int disk_set_bad(struct disk *disk, sector_t sector, sector_t count, u8 bad);
/* Its data is at any address from now on that the device says it can do. */
int disk_take_any_memory(struct disk *disk);

/* By the block layer alone; returns 0 only if every sector holds what it may. */
int disks_verify(void);
int disk_fill(struct disk *disk);

#endif /* _SOAK_DISK_H */
