// SPDX-License-Identifier: GPL-2.0
/*
 * Prepared callbacks, which are called back from anywhere.
 */
#include "schedule_scene.h"

#define SECTORS (SCENE_CALLS * SCENE_SECTORS)

static void prepare_two(struct schedule_scene *scene)
{
	scene_create_client(scene, NULL);
	scene_prepare_callback(scene, 0);
	scene_prepare_callback(scene, 1);
	/* What destroy waits for is what is going to be called back. */
	scene->calls[0].is_started = true;
	scene->calls[1].is_started = true;
}

static void call_back(struct schedule_scene *scene)
{
	scene_do_callback(scene, 0);
	scene_do_callback(scene, 1);
}

static void call_back_in_irq(struct schedule_scene *scene)
{
	scene_do_callback_in_irq(scene, 0);
	scene_do_callback_in_irq(scene, 1);
}

static void prepare_and_call_back(struct schedule_scene *scene)
{
	scene_prepare_callback(scene, 2);
	scene_do_callback_in_irq(scene, 2);
}

static void copy(struct schedule_scene *scene)
{
	scene_copy(scene, 3);
}

#define DISKS { { .sectors = SECTORS }, { .sectors = SECTORS } }

const struct schedule_pair schedule_callback_pairs[] = {
	{
		.name = "callback_and_destroy",
		.disks = DISKS,
		.prepare = prepare_two,
		.actors = { call_back, scene_destroy },
	}, {
		.name = "callback_in_irq_and_destroy",
		.disks = DISKS,
		.prepare = prepare_two,
		.actors = { call_back_in_irq, scene_destroy },
	}, {
		.name = "callback_in_irq_and_flush",
		.disks = DISKS,
		.prepare = prepare_two,
		.actors = { call_back_in_irq, scene_flush },
	}, {
		.name = "callback_in_irq_and_another",
		.disks = DISKS,
		.prepare = prepare_two,
		.actors = { call_back_in_irq, prepare_and_call_back },
	}, {
		.name = "callback_and_copy",
		.disks = DISKS,
		.prepare = prepare_two,
		.actors = { call_back, copy },
	},
	{}
};
