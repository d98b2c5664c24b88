// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of a device that change while something is under way, as those of a disk
 * do that has refused a discard, or of a device-mapper table that is reloaded.
 */
#include <linux/string.h>

#include "schedule_scene.h"

#define SECTORS (SCENE_CALLS * SCENE_SECTORS)

static struct queue_limits *limits_of(struct schedule_scene *scene)
{
	return &bdev_get_queue(scene->disks[1]->bdev)->limits;
}

static void prepare_zeroing(struct schedule_scene *scene)
{
	scene_create_client(scene, NULL);
	scene->calls[0].may_fail = true;
	scene->calls[1].may_fail = true;
}

/* A zeroing that is in flight, in front of another. */
static void prepare_zeroing_in_flight(struct schedule_scene *scene)
{
	prepare_zeroing(scene);
	test_disk_hold(scene->disks[1]);
	scene_zero(scene, 1);
	test_disk_wait_arrived(scene->disks[1], 1);
}

static void check_zeroes(struct schedule_scene *scene)
{
	const size_t length = SCENE_SECTORS * SECTOR_SIZE;

	for (int i = 0; i < 2; i++) {
		const struct scene_call *call = &scene->calls[i];

		if (call->is_started && !call->error && !call->write_error &&
		    memchr_inv(scene->disks[1]->data + i * length, 0, length))
			scene_violated(scene, "a zeroing that succeeded left data");
	}
}

static void zero(struct schedule_scene *scene)
{
	scene_zero(scene, 0);
}

static void disable_zeroing(struct schedule_scene *scene)
{
	blk_queue_disable_write_zeroes(bdev_get_queue(scene->disks[1]->bdev));
}

static void disable_zeroing_and_release(struct schedule_scene *scene)
{
	disable_zeroing(scene);
	test_disk_release_all(scene->disks[1]);
}

static void shrink_zeroing(struct schedule_scene *scene)
{
	WRITE_ONCE(limits_of(scene)->max_write_zeroes_sectors, 1);
}

static void discard(struct schedule_scene *scene)
{
	scene->calls[0].error = scene_io_sync(scene, 0, 1, REQ_OP_DISCARD);
}

static void write_zeroes(struct schedule_scene *scene)
{
	scene->calls[0].error = scene_io_sync(scene, 0, 1, REQ_OP_WRITE_ZEROES);
}

static void discard_async(struct schedule_scene *scene)
{
	scene->calls[0].may_fail = true;
	scene_io_async(scene, 0, 1, REQ_OP_DISCARD);
	scene_wait(scene, 0);
}

static void check_sectors(struct schedule_scene *scene)
{
	struct test_disk *td = scene->disks[1];
	sector_t sectors = 0;

	for (unsigned int i = 0; i < td->nr_log; i++)
		sectors += td->log[i].sectors;
	if (!scene->calls[0].error && !scene->calls[0].write_error && sectors != SCENE_SECTORS)
		scene_violated(scene, "success was told of sectors that nobody was given");
}

static void disable_discard(struct schedule_scene *scene)
{
	blk_queue_disable_discard(bdev_get_queue(scene->disks[1]->bdev));
}

static void shrink_discard(struct schedule_scene *scene)
{
	WRITE_ONCE(limits_of(scene)->max_discard_sectors, 1);
}

static void copy(struct schedule_scene *scene)
{
	scene->calls[0].may_fail = true;
	scene_copy(scene, 0);
	scene_wait(scene, 0);
}

static void prepare_copy(struct schedule_scene *scene)
{
	scene_create_client(scene, NULL);
}

static void grow_blocks(struct schedule_scene *scene)
{
	WRITE_ONCE(limits_of(scene)->logical_block_size, 4096);
}

#define DISKS {								\
	{ .sectors = SECTORS },						\
	{ .sectors = SECTORS, .max_discard_sectors = 8, .max_write_zeroes_sectors = 8 },	\
}

const struct schedule_pair schedule_limit_pairs[] = {
	{
		.name = "zeroing_and_disabled",
		.disks = DISKS,
		.prepare = prepare_zeroing,
		.actors = { zero, disable_zeroing },
		.check = check_zeroes,
	}, {
		.name = "second_zeroing_and_disabled",
		.disks = DISKS,
		.prepare = prepare_zeroing_in_flight,
		.actors = { zero, disable_zeroing_and_release },
		.check = check_zeroes,
	}, {
		.name = "zeroing_and_shrunk",
		.disks = DISKS,
		.prepare = prepare_zeroing,
		.actors = { zero, shrink_zeroing },
		.check = check_zeroes,
	}, {
		.name = "discard_and_disabled",
		.disks = DISKS,
		.prepare = scene_create_io_client,
		.actors = { discard, disable_discard },
		.check = check_sectors,
	}, {
		.name = "discard_async_and_disabled",
		.disks = DISKS,
		.prepare = scene_create_io_client,
		.actors = { discard_async, disable_discard },
		.check = check_sectors,
	}, {
		.name = "discard_and_shrunk",
		.disks = DISKS,
		.prepare = scene_create_io_client,
		.actors = { discard, shrink_discard },
		.check = check_sectors,
	}, {
		.name = "write_zeroes_and_disabled",
		.disks = DISKS,
		.prepare = scene_create_io_client,
		.actors = { write_zeroes, disable_zeroing },
		.check = check_sectors,
	}, {
		.name = "copy_and_larger_blocks",
		.disks = DISKS,
		.prepare = prepare_copy,
		.actors = { copy, grow_blocks },
	},
	{}
};
