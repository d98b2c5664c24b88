/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One schedule: the actors of a pair are started one after the other, and whoever
 * comes to a point is held there until the actors have done what they can.
 */
#ifndef _DM_IO_RUST_SCHEDULE_RUN_H
#define _DM_IO_RUST_SCHEDULE_RUN_H

#include "schedule_hold.h"
#include "schedule_points.h"
#include "schedule_scene.h"

/**
 * struct schedule - who is held where
 * @point: where; NULL holds nobody
 * @late: not before the last actor begins
 * @reversed: the last actor begins first
 */
struct schedule {
	struct schedule_point *point;
	bool late;
	bool reversed;
};

/* The threads of the actors, for one case. */
int schedule_run_create(void);
void schedule_run_destroy(void);

/* When something of a schedule begins or ends. */
enum schedule_step {
	SCHEDULE_PREPARED,
	SCHEDULE_AT_LAST_ACTOR,
	SCHEDULE_ACTORS_ENDED,
};

/*
 * Runs a schedule. Returns whether it came to its end; if not, the stacks of what
 * is stuck are in the log, and nothing of the scene may be used or freed any more.
 * @observe is told of each step, if not NULL.
 */
bool schedule_run(struct schedule_scene *scene, const struct schedule *schedule,
		  void (*observe)(enum schedule_step step));

#endif /* _DM_IO_RUST_SCHEDULE_RUN_H */
