/* SPDX-License-Identifier: GPL-2.0 */
/* Requests to kcopyd. */
#ifndef _DIFFERENTIAL_COPY_PLAN_H
#define _DIFFERENTIAL_COPY_PLAN_H

#include "plan.h"

/* The clients of each side; all but the first share a throttle. */
#define CLIENTS 3
/* What kcopyd copies at a time, and mainline gives up at an error. */
#define PART_SECTORS 1024
/* Of so many destinations of a copy that may fail in part the old data is kept. */
#define MOST_KEPT 2

/**
 * struct copy_plan - one copy, or one request for zeroes, and how it ended
 * @number: of the request in its run
 * @zero: no copy
 * @flags: for kcopyd
 * @client: which client
 * @from: the source
 * @num: how many destinations
 * @dests: the destinations
 * @only_ours: mainline might never call back, and is not asked
 * @may_stop: parts of it may not be done because others fail
 * @keeps: it may be done in part, and what the destinations held before is @old
 * @old: see @keeps
 * @answers: of both sides; the read error is @other
 */
struct copy_plan {
	unsigned int number;
	bool zero;
	unsigned int flags;
	unsigned int client;
	struct place from;
	unsigned int num;
	struct place dests[DM_KCOPYD_MAX_REGIONS];
	bool only_ours;
	bool may_stop;
	bool keeps;
	u8 *old[DM_KCOPYD_MAX_REGIONS];
	struct answer *answers;
};

void copy_plan(struct copy_plan *plan);
bool copy_sequential(const struct copy_plan *plan);
/* Whether it goes on after an error. */
bool copy_ignores(const struct copy_plan *plan);

int copy_init(void);
void copy_exit(void);
void copy_run(unsigned int requests);
void copy_check(struct copy_plan *plan);

#endif /* _DIFFERENTIAL_COPY_PLAN_H */
