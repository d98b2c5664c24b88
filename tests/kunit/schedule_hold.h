/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Holds whoever comes to a point: a task sleeps there, an interrupt and what
 * must not sleep spin.
 */
#ifndef _DM_IO_RUST_SCHEDULE_HOLD_H
#define _DM_IO_RUST_SCHEDULE_HOLD_H

#include <linux/types.h>

struct pt_regs;
struct schedule_point;
struct task_struct;

/**
 * enum schedule_held - how a hold went
 * @SCHEDULE_NOT_REACHED: nobody came to the point
 * @SCHEDULE_HELD: someone is held, or was, until the hold was over
 * @SCHEDULE_EXPIRED: a task that slept was let go because the time was up
 * @SCHEDULE_SPUN_OUT: the same of one that must not sleep
 */
enum schedule_held {
	SCHEDULE_NOT_REACHED,
	SCHEDULE_HELD,
	SCHEDULE_EXPIRED,
	SCHEDULE_SPUN_OUT,
};

/**
 * struct schedule_hold_rules - for how long someone is held
 * @is_over: whether @held is to go on; called in any context
 * @expired: a task that could sleep was held until the time was up
 */
struct schedule_hold_rules {
	bool (*is_over)(const struct task_struct *held);
	void (*expired)(const struct task_struct *held);
};

/* Holds the first to come to @point, until the hold is over, or after @ms. */
void schedule_hold_begin(struct schedule_point *point, unsigned int ms,
			 const struct schedule_hold_rules *rules);

/* To be called when what @is_over tells may have changed. */
void schedule_hold_look(void);

/* How it went so far. */
enum schedule_held schedule_hold_state(void);

/* Nobody is held any more, nor will be; returns once the held one has gone on. */
enum schedule_held schedule_hold_end(void);

/* Of a probe's handler: returns whether the one who hit the probe is redirected. */
int schedule_hold_hit(struct schedule_point *point, struct pt_regs *regs);

#endif /* _DM_IO_RUST_SCHEDULE_HOLD_H */
