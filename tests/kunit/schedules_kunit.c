// SPDX-License-Identifier: GPL-2.0
/*
 * Every pair of actors with everybody held, in turn, at every point that is
 * reached: all of these schedules, or a sample of them.
 */
#include <kunit/test.h>
#include <linux/glob.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "schedule_run.h"
#include "spare_pages.h"

/* For how long a sample is tried, once it is known which points are reached. */
#define SAMPLE_MS 10000
/* Fewer points than this are not those of this module. */
#define MIN_POINTS 500
#define ORDERS 2
/* So many failures tell enough of a pair. */
#define MAX_FAILED 5
/* What the checkers themselves take meanwhile, and then some. */
#define MAX_PAGES_LOST (totalram_pages() / 32)

static char *which = "sample";
module_param_named(schedules, which, charp, 0);
MODULE_PARM_DESC(schedules, "Which schedules are tried: a sample, or all");

static unsigned long seed;
module_param_named(schedule_seed, seed, ulong, 0);
MODULE_PARM_DESC(schedule_seed, "The order of a sample; 0 is a new one");

static char *only_pair;
module_param_named(schedule_pair, only_pair, charp, 0);
MODULE_PARM_DESC(schedule_pair, "The only pairs whose schedules are tried, as a glob");

static int only_point = -1;
module_param_named(schedule_point, only_point, int, 0);
MODULE_PARM_DESC(schedule_point, "The number of the only point where someone is held");

/* Whether a point is reached before the last actor begins, and afterwards. */
struct reached {
	bool early;
	bool late;
};

/* A schedule of a pair, in little memory. */
struct planned {
	u16 point;
	bool reversed;
	bool late;
};

static const struct schedule_pair * const pair_lists[] = {
	schedule_copy_pairs, schedule_callback_pairs, schedule_limit_pairs,
	schedule_request_pairs,
};

/* For each pair, order and point. */
static struct reached *reached;
static struct rnd_state random;
static bool is_anything_stuck;
/* When all pairs had run once. */
static long spare_before;

static bool is_wanted(const struct schedule_pair *pair)
{
	return !only_pair || glob_match(only_pair, pair->name);
}

static unsigned int count_pairs(void)
{
	unsigned int nr = 0;

	for (int i = 0; i < ARRAY_SIZE(pair_lists); i++)
		for (const struct schedule_pair *pair = pair_lists[i]; pair->name; pair++)
			nr += is_wanted(pair);
	return nr;
}

/* The pair behind @prev, which is an element of one of the lists. */
static const struct schedule_pair *next_pair(const struct schedule_pair *prev)
{
	bool found = !prev;

	for (int i = 0; i < ARRAY_SIZE(pair_lists); i++) {
		for (const struct schedule_pair *pair = pair_lists[i]; pair->name; pair++) {
			if (found && is_wanted(pair))
				return pair;
			found |= pair == prev;
		}
	}
	return NULL;
}

static const void *pair_gen_params(struct kunit *test, const void *prev, char *description)
{
	const struct schedule_pair *pair = next_pair(prev);

	if (pair)
		strscpy(description, pair->name, KUNIT_PARAM_DESC_SIZE);
	return pair;
}

static void fail(struct kunit *test, struct schedule_scene *scene, const struct schedule *schedule,
		 unsigned int point)
{
	KUNIT_FAIL(test, "%s: pair %s, point %u%s%s (%pS)", scene->violation, scene->pair->name,
		   point, schedule->late ? " after the last actor began" : "",
		   schedule->reversed ? ", last actor first" : "",
		   schedule->point ? schedule->point->probe.addr : NULL);
}

static struct reached *reached_by(const struct schedule_pair *pair, unsigned int order)
{
	unsigned int nr = 0;

	for (const struct schedule_pair *at = next_pair(NULL); at != pair; at = next_pair(at))
		nr++;
	return reached + (nr * ORDERS + order) * schedule_points_nr();
}

/* Returns whether there is any sense in going on. */
static bool try(struct kunit *test, struct schedule_scene *scene, const struct schedule *schedule,
		unsigned int point, void (*observe)(enum schedule_step step))
{
	bool has_ended = schedule_run(scene, schedule, observe);

	if (scene->violation)
		fail(test, scene, schedule, point);
	if (!has_ended) {
		is_anything_stuck = true;
		scene_abandon(scene);
	}
	return has_ended;
}

static void clear_hits(void)
{
	for (unsigned int i = 0; i < schedule_points_nr(); i++)
		atomic_set(&schedule_point_get(i)->hits, 0);
}

static struct reached *counting;

static void count_hits(bool late)
{
	for (unsigned int i = 0; i < schedule_points_nr(); i++) {
		unsigned int hits = atomic_read(&schedule_point_get(i)->hits);

		*(late ? &counting[i].late : &counting[i].early) = hits > 0;
	}
}

/* What is hit while a scene is prepared or ended does not count. */
static void count_at(enum schedule_step step)
{
	if (step != SCHEDULE_PREPARED)
		count_hits(step == SCHEDULE_ACTORS_ENDED);
	clear_hits();
}

static unsigned int orders_of(const struct schedule_pair *pair)
{
	return pair->in_order ? 1 : ORDERS;
}

static bool discover_pair(struct kunit *test, const struct schedule_pair *pair)
{
	struct schedule_scene *scene = scene_create(test, pair);

	for (unsigned int order = 0; order < orders_of(pair); order++) {
		struct schedule nobody = { .reversed = order };

		counting = reached_by(pair, order);
		if (!try(test, scene, &nobody, 0, count_at))
			return false;
	}
	scene_free(scene);
	return true;
}

/* Which points does each pair reach when nobody is held? */
static void schedules_without_hold(struct kunit *test)
{
	const struct schedule_pair *pair = NULL;

	if (only_point >= 0)
		kunit_skip(test, "the point is given");
	for (unsigned int i = 0; i < schedule_points_nr(); i++)
		schedule_point_arm(schedule_point_get(i));
	while ((pair = next_pair(pair)) && discover_pair(test, pair))
		;
	for (unsigned int i = 0; i < schedule_points_nr(); i++)
		schedule_point_disarm(schedule_point_get(i));
	spare_before = spare_pages();
}

static unsigned int plan_point(struct planned *plan, const struct schedule_pair *pair,
			       unsigned int point, unsigned int order)
{
	const struct reached *hit = &reached_by(pair, order)[point];
	unsigned int nr = 0;

	if (only_point >= 0)
		hit = &(struct reached) { point == only_point, point == only_point };
	if (hit->early)
		plan[nr++] = (struct planned) { point, order, false };
	if (hit->late)
		plan[nr++] = (struct planned) { point, order, true };
	return nr;
}

static unsigned int make_plan(struct planned *plan, const struct schedule_pair *pair)
{
	unsigned int nr = 0;

	for (unsigned int order = 0; order < orders_of(pair); order++)
		for (unsigned int i = 0; i < schedule_points_nr(); i++)
			nr += plan_point(plan + nr, pair, i, order);
	return nr;
}

static void shuffle(struct planned *plan, unsigned int nr)
{
	for (unsigned int i = nr; i > 1; i--)
		swap(plan[i - 1], plan[prandom_u32_state(&random) % i]);
}

static bool try_planned(struct kunit *test, struct schedule_scene *scene,
			const struct planned *planned)
{
	struct schedule schedule = {
		.point = schedule_point_get(planned->point),
		.late = planned->late,
		.reversed = planned->reversed,
	};

	return try(test, scene, &schedule, planned->point, NULL);
}

static void try_plan(struct kunit *test, struct schedule_scene *scene)
{
	struct planned *plan = kunit_kcalloc(test, 2 * ORDERS * schedule_points_nr(),
					     sizeof(*plan), GFP_KERNEL);
	unsigned long end = jiffies + msecs_to_jiffies(SAMPLE_MS / count_pairs());
	bool is_sample = strcmp(which, "all") && only_point < 0;
	unsigned int nr, tried = 0, failed = 0;

	KUNIT_ASSERT_NOT_NULL(test, plan);
	nr = make_plan(plan, scene->pair);
	if (is_sample)
		shuffle(plan, nr);
	while (tried < nr && failed < MAX_FAILED && !(is_sample && time_after(jiffies, end))) {
		if (!try_planned(test, scene, &plan[tried++]))
			break;
		failed += !!scene->violation;
	}
	kunit_info(test, "%s: %u of %u schedules", scene->pair->name, tried, nr);
}

static void schedules(struct kunit *test)
{
	struct schedule_scene *scene;

	if (is_anything_stuck)
		kunit_skip(test, "something is stuck");
	scene = scene_create(test, test->param_value);
	try_plan(test, scene);
	if (!is_anything_stuck)
		scene_free(scene);
}

/* What clients set aside is pages, of which no leak scan knows. */
static void schedules_give_pages_back(struct kunit *test)
{
	if (is_anything_stuck || only_point >= 0)
		kunit_skip(test, "there is nothing to compare with");
	kunit_info(test, "%ld pages fewer", spare_before - spare_pages());
	KUNIT_EXPECT_LT(test, spare_before - spare_pages(), (long)MAX_PAGES_LOST);
}

static bool is_target_done;

static bool is_never_over(const struct task_struct *held)
{
	return false;
}

static void ignore_expiry(const struct task_struct *held)
{
}

static const struct schedule_hold_rules no_rules = {
	.is_over = is_never_over,
	.expired = ignore_expiry,
};

noinline void schedule_self_test_target(void);
noinline void schedule_self_test_target(void)
{
	WRITE_ONCE(is_target_done, true);
}

static int call_target(void *unused)
{
	schedule_self_test_target();
	return 0;
}

/* It stays where it is held until it is let go, and then does what it was about to do. */
static void schedules_hold_a_task(struct kunit *test)
{
	struct schedule_point *point = schedule_point_of(schedule_self_test_target);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, point);
	is_target_done = false;
	schedule_hold_begin(point, 60000, &no_rules);
	task = kthread_create(call_target, NULL, "schedule_target");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	while (schedule_hold_state() == SCHEDULE_NOT_REACHED ||
	       !wait_task_inactive(task, TASK_NORMAL))
		cond_resched();
	KUNIT_EXPECT_FALSE(test, READ_ONCE(is_target_done));
	KUNIT_EXPECT_EQ(test, (int)schedule_hold_end(), (int)SCHEDULE_HELD);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 0);
	put_task_struct(task);
	KUNIT_EXPECT_TRUE(test, is_target_done);
}

/* One that must not sleep spins, and no longer than is good for the rest. */
static void schedules_hold_without_sleep(struct kunit *test)
{
	struct schedule_point *point = schedule_point_of(schedule_self_test_target);

	KUNIT_ASSERT_NOT_NULL(test, point);
	schedule_hold_begin(point, 60000, &no_rules);
	scoped_guard(rcu)
		schedule_self_test_target();
	KUNIT_EXPECT_EQ(test, (int)schedule_hold_end(), (int)SCHEDULE_SPUN_OUT);
}

static void schedules_points(struct kunit *test)
{
	kunit_info(test, "%u points, %u of which cannot be probed", schedule_points_nr(),
		   schedule_points_refused());
	for (unsigned int i = 0; i < schedule_points_nr(); i++)
		if (schedule_point_get(i)->refused)
			kunit_info(test, "cannot be probed: %pS",
				   schedule_point_get(i)->probe.addr);
	KUNIT_EXPECT_GE(test, schedule_points_nr() - schedule_points_refused(), MIN_POINTS);
	KUNIT_EXPECT_LT(test, schedule_points_refused(), schedule_points_nr() / 10);
}

static int schedules_create(struct kunit_suite *suite)
{
	int ret = schedule_points_create() ?: schedule_run_create();

	if (ret)
		return ret;
	reached = kvcalloc(count_pairs() * ORDERS * schedule_points_nr(), sizeof(*reached),
			   GFP_KERNEL);
	if (!reached)
		return -ENOMEM;
	if (!seed)
		seed = get_random_u32();
	prandom_seed_state(&random, seed);
	pr_info("dm_io_rust_schedules: %s, seed %lu\n", which, seed);
	return 0;
}

static void schedules_destroy(struct kunit_suite *suite)
{
	schedule_points_destroy();
	kvfree(reached);
	if (is_anything_stuck)
		return;
	schedule_run_destroy();
	test_disks_scrap_spare(suite);
}

static struct kunit_case schedule_cases[] = {
	KUNIT_CASE(schedules_points),
	KUNIT_CASE(schedules_hold_a_task),
	KUNIT_CASE(schedules_hold_without_sleep),
	KUNIT_CASE_ATTR(schedules_without_hold, { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(schedules, pair_gen_params, { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE(schedules_give_pages_back),
	{}
};

static struct kunit_suite schedules_suite = {
	.name = "dm_io_rust_schedules",
	.suite_init = schedules_create,
	.suite_exit = schedules_destroy,
	.test_cases = schedule_cases,
};

kunit_test_suite(schedules_suite);
