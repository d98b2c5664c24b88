// SPDX-License-Identifier: GPL-2.0
#include "schedule_run.h"

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/nmi.h>
#include <linux/sched/debug.h>

/* A task is held for so long, unless the pair says otherwise. */
#define HOLD_MS 60
/* What should not wait for a held task has so much time to show that it does not. */
#define INDEPENDENT_HOLD_MS 2000
/* An actor that is neither done nor held by then is waiting for another. */
#define STEP_MS 12
/* What takes longer is stuck: ten pauses of a throttle, and much more. */
#define LIMIT_MS 30000

#define MAX_ACTORS 3
/* The thread that waits for the end, which may be in vain. */
#define CLOSER MAX_ACTORS

struct actor {
	struct kthread_worker *worker;
	struct kthread_work work;
	struct completion ended;
	bool has_ended;
	void (*act)(struct schedule_scene *scene);
	struct schedule_scene *scene;
};

static struct actor actors[MAX_ACTORS + 1];
static unsigned int nr_actors;
static bool is_in_driver;

static void act(struct kthread_work *work)
{
	struct actor *actor = container_of(work, struct actor, work);

	actor->act(actor->scene);
	WRITE_ONCE(actor->has_ended, true);
	schedule_hold_look();
	complete_all(&actor->ended);
}

int schedule_run_create(void)
{
	for (int i = 0; i < ARRAY_SIZE(actors); i++) {
		struct kthread_worker *worker = kthread_run_worker(0, "schedule_%d", i);

		if (IS_ERR(worker))
			return PTR_ERR(worker);
		actors[i].worker = worker;
		kthread_init_work(&actors[i].work, act);
	}
	return 0;
}

void schedule_run_destroy(void)
{
	for (int i = 0; i < ARRAY_SIZE(actors); i++)
		kthread_destroy_worker(actors[i].worker);
}

/* How many actors are not done; @held does not count, and whether it is one is told. */
static unsigned int count_others(const struct task_struct *held, bool *is_actor)
{
	unsigned int others = 0;

	*is_actor = false;
	for (unsigned int i = 0; i < nr_actors; i++) {
		if (actors[i].worker->task == held)
			*is_actor = true;
		else
			others += !READ_ONCE(actors[i].has_ended);
	}
	return others;
}

/*
 * All others have done what they can. A worker that is held may serve any of the
 * actors: of those that have nothing to do with one another one is to be done.
 */
static bool have_others_ended(const struct task_struct *held)
{
	const struct schedule_pair *pair = actors[0].scene->pair;
	bool is_actor;
	unsigned int others = count_others(held, &is_actor);

	if (!pair->independent || is_actor || is_in_driver)
		return !others;
	return others < nr_actors;
}

static void expired(const struct task_struct *held)
{
	if (actors[0].scene->pair->independent)
		scene_violated(actors[0].scene, "one waits for what it has nothing to do with");
}

static void set_up_actor(struct actor *actor, struct schedule_scene *scene,
			 void (*fn)(struct schedule_scene *scene))
{
	actor->act = fn;
	actor->scene = scene;
	actor->has_ended = false;
	init_completion(&actor->ended);
}

static void set_up_actors(struct schedule_scene *scene, bool reversed)
{
	const struct schedule_pair *pair = scene->pair;

	for (nr_actors = 0; nr_actors < MAX_ACTORS && pair->actors[nr_actors]; nr_actors++)
		;
	for (unsigned int i = 0; i < nr_actors; i++)
		set_up_actor(&actors[i], scene, pair->actors[reversed ? nr_actors - 1 - i : i]);
	set_up_actor(&actors[CLOSER], scene, scene_finish);
}

static bool wait_ended(struct actor *actor, unsigned int ms)
{
	return wait_for_completion_timeout(&actor->ended, msecs_to_jiffies(ms));
}

/* Gives an actor the time to do its step, to be held, or to get to where it waits. */
static void wait_for_step(struct actor *actor, bool until_end)
{
	unsigned long end = jiffies + msecs_to_jiffies(until_end ? LIMIT_MS : STEP_MS);

	while (!wait_for_completion_timeout(&actor->ended, 1) && time_before(jiffies, end))
		if (!until_end && schedule_hold_state() != SCHEDULE_NOT_REACHED)
			return;
}

static const struct schedule_hold_rules hold_rules = {
	.is_over = have_others_ended,
	.expired = expired,
};

static void hold(const struct schedule_pair *pair, const struct schedule *schedule)
{
	unsigned int ms = pair->independent ? INDEPENDENT_HOLD_MS : pair->hold_ms ?: HOLD_MS;

	if (!schedule->point)
		return;
	is_in_driver = schedule->point->is_driver;
	schedule_hold_begin(schedule->point, ms, &hold_rules);
}

static void start_actor(struct schedule_scene *scene, unsigned int nr)
{
	kthread_queue_work(actors[nr].worker, &actors[nr].work);
	wait_for_step(&actors[nr], scene->pair->one_by_one);
}

static bool all_have_ended(void)
{
	for (unsigned int i = 0; i < nr_actors; i++)
		if (!wait_ended(&actors[i], LIMIT_MS))
			return false;
	return true;
}

static void ignore_step(enum schedule_step step)
{
}

/* Returns whether all actors have ended. */
static bool run_actors(struct schedule_scene *scene, const struct schedule *schedule,
		       void (*observe)(enum schedule_step step))
{
	bool have_ended;

	observe(SCHEDULE_PREPARED);
	if (!schedule->late)
		hold(scene->pair, schedule);
	for (unsigned int i = 0; i < nr_actors - 1; i++)
		start_actor(scene, i);
	observe(SCHEDULE_AT_LAST_ACTOR);
	if (schedule->late)
		hold(scene->pair, schedule);
	start_actor(scene, nr_actors - 1);
	have_ended = all_have_ended();
	observe(SCHEDULE_ACTORS_ENDED);
	return have_ended;
}

static bool finish(void)
{
	kthread_queue_work(actors[CLOSER].worker, &actors[CLOSER].work);
	return wait_ended(&actors[CLOSER], LIMIT_MS);
}

static void show_stuck(struct actor *actor)
{
	struct task_struct *task = actor->worker->task;

	if (actor->has_ended)
		return;
	if (task_curr(task))
		trigger_single_cpu_backtrace(task_cpu(task));
	sched_show_task(task);
}

bool schedule_run(struct schedule_scene *scene, const struct schedule *schedule,
		  void (*observe)(enum schedule_step step))
{
	bool have_ended;

	scene_begin(scene);
	scene->pair->prepare(scene);
	set_up_actors(scene, schedule->reversed);
	have_ended = run_actors(scene, schedule, observe ?: ignore_step) && finish();
	schedule_hold_end();
	if (!have_ended) {
		scene_violated(scene, "stuck");
		for (unsigned int i = 0; i < ARRAY_SIZE(actors); i++)
			show_stuck(&actors[i]);
		show_state_filter(TASK_UNINTERRUPTIBLE);
		return false;
	}
	scene_check(scene);
	return true;
}
