/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every place of the module where a task can be held: the entry of each
 * function, and behind each call that a function makes. Each has a probe.
 */
#ifndef _DM_IO_RUST_SCHEDULE_POINTS_H
#define _DM_IO_RUST_SCHEDULE_POINTS_H

#include <linux/atomic.h>
#include <linux/kprobes.h>

/**
 * struct schedule_point - a place in the code
 * @probe: the probe there; its addr is the place
 * @hits: how often a task came there while the point was armed
 * @refused: kprobes cannot probe the place
 * @is_driver: the place is in the test disk, not in the module
 */
struct schedule_point {
	struct kprobe probe;
	atomic_t hits;
	bool refused;
	bool is_driver;
};

/* Finds all points and registers their probes, which are not armed. */
int schedule_points_create(void);
void schedule_points_destroy(void);

unsigned int schedule_points_nr(void);
unsigned int schedule_points_refused(void);
struct schedule_point *schedule_point_get(unsigned int nr);

/* The point at the entry of a function; NULL if there is none. */
struct schedule_point *schedule_point_of(const void *function);

/* An armed point counts hits, and holds what schedule_hold.h says. */
void schedule_point_arm(struct schedule_point *point);
void schedule_point_disarm(struct schedule_point *point);

#endif /* _DM_IO_RUST_SCHEDULE_POINTS_H */
