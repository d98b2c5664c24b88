/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Uses the kernel's dm-io and kcopyd by their own names, as a target does.
 */
#ifndef _TAKEOVER_STRESS_H
#define _TAKEOVER_STRESS_H

#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/types.h>

#include <linux/dm-kcopyd.h>

#define ROUND_BYTES 16384u
#define ROUND_SECTORS (ROUND_BYTES >> SECTOR_SHIFT)

struct block_device;
struct task_struct;

/* Two stretches of a disk, which are one task's. */
struct worker {
	struct task_struct *task;
	struct block_device *bdev;
	sector_t sector;
	/* That of clients of either engine, as a target has one. */
	struct dm_kcopyd_throttle throttle;
	bool is_ours;
	u32 seed;
	u8 *wrote;
	u8 *read;
	/* How many clients were whose, and what went wrong. */
	unsigned long ours;
	unsigned long theirs;
	unsigned long errors;

	/* The callback that is waited for, or the last of several copies. */
	struct completion called;
	int read_err;
	unsigned long write_err;
	unsigned int copies;
	struct irq_work interrupt;
	void *job;
};

void end_job_in_interrupt(struct irq_work *work);
int do_round(struct worker *worker);

#endif /* _TAKEOVER_STRESS_H */
