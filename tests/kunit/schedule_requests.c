// SPDX-License-Identifier: GPL-2.0
/*
 * I/O requests that have nothing to do with one another, and clients.
 */
#include <linux/bio.h>
#include <linux/err.h>

#include "refuse_memory.h"
#include "schedule_scene.h"
#include "schedule_services.h"

#define SECTORS (SCENE_CALLS * SCENE_SECTORS)

static void write_first(struct schedule_scene *scene)
{
	if (scene_io_sync(scene, 0, 1, REQ_OP_WRITE))
		scene_violated(scene, "a write failed for no reason");
}

static void write_second(struct schedule_scene *scene)
{
	if (scene_io_sync(scene, 1, 2, REQ_OP_WRITE))
		scene_violated(scene, "a write failed for no reason");
}

static void write_first_async(struct schedule_scene *scene)
{
	scene_io_async(scene, 0, 1, REQ_OP_WRITE);
	scene_wait(scene, 0);
}

static void write_second_async(struct schedule_scene *scene)
{
	scene_io_async(scene, 1, 2, REQ_OP_WRITE);
	scene_wait(scene, 1);
}

/* A target whose map waits for two writes, one after the other. */
static void map_and_wait(struct schedule_scene *scene, struct bio *bio, unsigned int upper)
{
	int ret = scene_io_sync(scene, upper, upper + 1, REQ_OP_WRITE) ?:
		  scene_io_sync(scene, upper + 1, upper + 2, REQ_OP_WRITE);

	test_disk_end_mapped(scene->disks[upper], bio, errno_to_blk_status(ret));
}

static void map_first(struct bio *bio, void *context)
{
	map_and_wait(context, bio, 0);
}

static void map_second(struct bio *bio, void *context)
{
	map_and_wait(context, bio, 3);
}

/* A target whose map starts a write, and does not wait for it. */
static void map_first_async(struct bio *bio, void *context)
{
	struct schedule_scene *scene = context;

	scene_io_async(scene, 0, 1, REQ_OP_WRITE);
	test_disk_end_mapped(scene->disks[0], bio, BLK_STS_OK);
}

static void map_second_async(struct bio *bio, void *context)
{
	struct schedule_scene *scene = context;

	scene_io_async(scene, 3, 4, REQ_OP_WRITE);
	test_disk_end_mapped(scene->disks[3], bio, BLK_STS_OK);
}

static void write_to_target(struct schedule_scene *scene, unsigned int upper)
{
	if (bdev_rw_virt(scene->disks[upper]->bdev, 0, scene->memory, SECTOR_SIZE,
			 REQ_OP_WRITE))
		scene_violated(scene, "a target's write failed for no reason");
}

static void use_first_target(struct schedule_scene *scene)
{
	write_to_target(scene, 0);
}

static void use_second_target(struct schedule_scene *scene)
{
	write_to_target(scene, 3);
}

static void prepare_no_memory(struct schedule_scene *scene)
{
	scene_create_io_client(scene);
	refuse_memory(scene->test);
}

static void use_first_target_async(struct schedule_scene *scene)
{
	refuse_memory_here_too();
	write_to_target(scene, 0);
	scene_wait(scene, 0);
}

static void use_second_target_async(struct schedule_scene *scene)
{
	refuse_memory_here_too();
	write_to_target(scene, 3);
	scene_wait(scene, 3);
}

static void end_no_memory(struct schedule_scene *scene)
{
	refuse_memory_end(scene->test);
}

/* A client that comes and goes. */
static void create_and_destroy(struct schedule_scene *scene)
{
	struct dm_io_client *io = rust_dm_io_client_create();

	if (IS_ERR(io))
		scene_violated(scene, "a client was not created");
	else
		rust_dm_io_client_destroy(io);
}

static void reserve(struct schedule_scene *scene)
{
	if (!schedule_services_reserve())
		scene_violated(scene, "no pages could be reserved");
}

static void use_service(struct schedule_scene *scene)
{
	if (!schedule_services_write(scene->disks[1]->bdev, SCENE_SECTORS, false))
		scene_violated(scene, "a write failed for no reason");
}

static void use_service_async(struct schedule_scene *scene)
{
	if (!schedule_services_write(scene->disks[2]->bdev, SCENE_SECTORS, true))
		scene_violated(scene, "a write failed for no reason");
}

static void prepare_nothing(struct schedule_scene *scene)
{
}

#define THREE_DISKS(where) { [0 ... 2] = { .sectors = SECTORS, .context = where } }
#define TARGETS(first, second) {					\
	[0] = { .sectors = SECTORS, .map = first },			\
	[1 ... 2] = { .sectors = SECTORS },				\
	[3] = { .sectors = SECTORS, .map = second },			\
	[4 ... 5] = { .sectors = SECTORS },				\
}

const struct schedule_pair schedule_request_pairs[] = {
	{
		.name = "write_and_write",
		.disks = THREE_DISKS(TEST_DISK_INLINE),
		.prepare = scene_create_io_client,
		.actors = { write_first, write_second },
		.independent = true,
	}, {
		.name = "async_in_worker_and_in_worker",
		.disks = THREE_DISKS(TEST_DISK_WORKER),
		.prepare = scene_create_io_client,
		.actors = { write_first_async, write_second_async },
		.independent = true,
	}, {
		.name = "async_in_irq_and_in_irq",
		.disks = THREE_DISKS(TEST_DISK_HARDIRQ),
		.prepare = scene_create_io_client,
		.actors = { write_first_async, write_second_async },
		.independent = true,
	}, {
		.name = "map_and_map",
		.disks = TARGETS(map_first, map_second),
		.prepare = scene_create_io_client,
		.actors = { use_first_target, use_second_target },
		.independent = true,
	}, {
		.name = "map_async_and_no_memory",
		.disks = TARGETS(map_first_async, map_second_async),
		.prepare = prepare_no_memory,
		.actors = { use_first_target_async, use_second_target_async },
		.check = end_no_memory,
		.independent = true,
	}, {
		.name = "io_client_and_write",
		.disks = THREE_DISKS(TEST_DISK_WORKER),
		.prepare = scene_create_io_client,
		.actors = { create_and_destroy, write_first },
		.independent = true,
	}, {
		.name = "service_and_service",
		.disks = THREE_DISKS(TEST_DISK_WORKER),
		.prepare = prepare_nothing,
		.actors = { use_service, use_service_async },
		.independent = true,
	}, {
		.name = "service_and_reserve",
		.disks = THREE_DISKS(TEST_DISK_HARDIRQ),
		.prepare = prepare_nothing,
		.actors = { use_service_async, reserve },
	},
	{}
};
