// SPDX-License-Identifier: GPL-2.0
/*
 * Copies against what may happen meanwhile.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include "refuse_memory.h"
#include "schedule_scene.h"

#define SECTORS (SCENE_CALLS * SCENE_SECTORS)
/* Three times the default of kcopyd_subjob_size_kb. */
#define LONG_SECTORS 3072

static void prepare_client(struct schedule_scene *scene)
{
	scene_create_client(scene, NULL);
}

/* Two copies, which have been read and not been written. */
static void prepare_writes(struct schedule_scene *scene)
{
	prepare_client(scene);
	test_disk_hold(scene->disks[1]);
	scene_copy(scene, 0);
	scene_copy(scene, 1);
	test_disk_wait_arrived(scene->disks[1], 2);
}

static void prepare_reads(struct schedule_scene *scene)
{
	prepare_client(scene);
	test_disk_hold(scene->disks[0]);
	scene_copy(scene, 0);
	scene_copy(scene, 1);
	test_disk_wait_arrived(scene->disks[0], 2);
}

static void prepare_long_copy(struct schedule_scene *scene)
{
	prepare_client(scene);
	test_disk_hold(scene->disks[0]);
	scene_copy_all(scene, 0);
	test_disk_wait_arrived(scene->disks[0], 1);
}

static void check_long_copy(struct schedule_scene *scene)
{
	if (memcmp(scene->disks[0]->data, scene->disks[1]->data, LONG_SECTORS * SECTOR_SIZE))
		scene_violated(scene, "a long copy is not what it was copied from");
}

/* A bad sector, which one copy ignores; and one that cannot be written. */
static void prepare_errors(struct schedule_scene *scene)
{
	prepare_client(scene);
	test_disk_fail(scene->disks[0], 5, 1, true, false, BLK_STS_MEDIUM);
	test_disk_fail(scene->disks[1], SCENE_SECTORS + 9, 1, false, true, BLK_STS_MEDIUM);
	scene->calls[0].may_fail = true;
	scene->calls[1].may_fail = true;
	test_disk_hold(scene->disks[0]);
	scene_copy_to(scene, 0, 1, BIT(DM_KCOPYD_IGNORE_ERROR));
	scene_copy(scene, 1);
	test_disk_wait_arrived(scene->disks[0], 2);
}

static void check_errors(struct schedule_scene *scene)
{
	if (!scene->calls[0].error || scene->calls[0].write_error)
		scene_violated(scene, "a copy of a bad sector was told otherwise");
	if (scene->calls[1].error || scene->calls[1].write_error != 1)
		scene_violated(scene, "a copy that cannot be written was told otherwise");
}

/* Callbacks that take longer than anybody is held. */
static void prepare_slow_callbacks(struct schedule_scene *scene)
{
	prepare_writes(scene);
	scene->calls[0].callback_ms = 100;
	scene->calls[1].callback_ms = 100;
}

/* A disk whose driver is at something when it is given a bio. */
static void prepare_slow_submission(struct schedule_scene *scene)
{
	prepare_slow_callbacks(scene);
	test_disk_block_submission(scene->disks[2], true);
}

static void start_third(struct schedule_scene *scene)
{
	scene_copy(scene, 2);
}

static void prepare_copying_callback(struct schedule_scene *scene)
{
	prepare_writes(scene);
	scene->calls[0].then = start_third;
}

/* No I/O may start for now, and for a while. */
static void prepare_throttled(struct schedule_scene *scene)
{
	scene->throttle = (struct dm_kcopyd_throttle) {
		.throttle = 1,
		.io_period = HZ / 2,
		.total_period = HZ / 2,
		.last_jiffies = jiffies,
	};
	scene_create_client(scene, &scene->throttle);
}

static void release_reads(struct schedule_scene *scene)
{
	test_disk_release_all(scene->disks[0]);
}

static void release_writes(struct schedule_scene *scene)
{
	test_disk_release_all(scene->disks[1]);
}

static void copy_first(struct schedule_scene *scene)
{
	scene_copy(scene, 0);
}

static void copy_second(struct schedule_scene *scene)
{
	scene_copy(scene, 1);
}

static void copy_two_more(struct schedule_scene *scene)
{
	scene_copy(scene, 3);
	scene_copy(scene, 4);
}

static void copy_to_third_disk(struct schedule_scene *scene)
{
	scene_copy_to(scene, 2, 2, 0);
}

static void let_submission_go_on(struct schedule_scene *scene)
{
	test_disk_block_submission(scene->disks[2], false);
}

static void release_and_flush(struct schedule_scene *scene)
{
	release_writes(scene);
	scene_flush(scene);
}

/* The second copy finds the throttle open, and leaves a pause behind. */
static void copy_around_throttle(struct schedule_scene *scene)
{
	scene_copy(scene, 0);
	WRITE_ONCE(scene->throttle.throttle, 100);
	scene_copy(scene, 1);
	scene_wait(scene, 0);
	scene_wait(scene, 1);
}

static void open_throttle_and_flush(struct schedule_scene *scene)
{
	WRITE_ONCE(scene->throttle.throttle, 100);
	scene_copy(scene, 1);
	scene_flush(scene);
}

static void prepare_no_memory(struct schedule_scene *scene)
{
	prepare_client(scene);
	refuse_memory(scene->test);
}

static void copy_first_without_memory(struct schedule_scene *scene)
{
	refuse_memory_here_too();
	scene_copy(scene, 0);
	scene_copy(scene, 1);
}

static void copy_third_without_memory(struct schedule_scene *scene)
{
	refuse_memory_here_too();
	scene_copy(scene, 2);
}

static void end_no_memory(struct schedule_scene *scene)
{
	refuse_memory_end(scene->test);
}

/* A client that comes and goes. */
static void create_and_destroy(struct schedule_scene *scene)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(NULL);

	if (IS_ERR(kc))
		scene_violated(scene, "a client was not created");
	else
		rust_dm_kcopyd_client_destroy(kc);
}

static void copy_and_wait(struct schedule_scene *scene)
{
	scene_copy(scene, 0);
	scene_wait(scene, 0);
}

#define TWO_DISKS(where) { [0 ... 1] = { .sectors = SECTORS, .context = where } }

#define COMPLETION(pair, where, start, first, second) {		\
	.name = pair,							\
	.disks = TWO_DISKS(where),					\
	.prepare = start,						\
	.actors = { first, second },					\
}

const struct schedule_pair schedule_copy_pairs[] = {
	COMPLETION("completion_inline_and_destroy", TEST_DISK_INLINE,
		   prepare_writes, release_writes, scene_destroy),
	COMPLETION("reads_inline_and_destroy", TEST_DISK_INLINE,
		   prepare_reads, release_reads, scene_destroy),
	COMPLETION("completion_inline_and_flush", TEST_DISK_INLINE,
		   prepare_slow_callbacks, release_writes, scene_flush),
	COMPLETION("completion_inline_and_copies", TEST_DISK_INLINE,
		   prepare_reads, release_reads, copy_two_more),
	COMPLETION("completion_worker_and_destroy", TEST_DISK_WORKER,
		   prepare_writes, release_writes, scene_destroy),
	COMPLETION("reads_worker_and_destroy", TEST_DISK_WORKER,
		   prepare_reads, release_reads, scene_destroy),
	COMPLETION("completion_worker_and_flush", TEST_DISK_WORKER,
		   prepare_slow_callbacks, release_writes, scene_flush),
	COMPLETION("completion_worker_and_copies", TEST_DISK_WORKER,
		   prepare_reads, release_reads, copy_two_more),
	COMPLETION("completion_hardirq_and_destroy", TEST_DISK_HARDIRQ,
		   prepare_writes, release_writes, scene_destroy),
	COMPLETION("reads_hardirq_and_destroy", TEST_DISK_HARDIRQ,
		   prepare_reads, release_reads, scene_destroy),
	COMPLETION("completion_hardirq_and_flush", TEST_DISK_HARDIRQ,
		   prepare_slow_callbacks, release_writes, scene_flush),
	COMPLETION("completion_hardirq_and_copies", TEST_DISK_HARDIRQ,
		   prepare_reads, release_reads, copy_two_more),
	{
		.name = "long_copy_and_destroy",
		.disks = { { .sectors = LONG_SECTORS, .context = TEST_DISK_WORKER },
			   { .sectors = LONG_SECTORS, .context = TEST_DISK_HARDIRQ } },
		.prepare = prepare_long_copy,
		.actors = { release_reads, scene_destroy },
		.check = check_long_copy,
	}, {
		.name = "errors_and_copies",
		.disks = TWO_DISKS(TEST_DISK_WORKER),
		.prepare = prepare_errors,
		.actors = { release_reads, copy_two_more },
		.check = check_errors,
	}, {
		.name = "errors_and_destroy",
		.disks = TWO_DISKS(TEST_DISK_HARDIRQ),
		.prepare = prepare_errors,
		.actors = { release_reads, scene_destroy },
		.check = check_errors,
	}, {
		.name = "copying_callback_and_destroy",
		.disks = TWO_DISKS(TEST_DISK_WORKER),
		.prepare = prepare_copying_callback,
		.actors = { release_writes, scene_destroy },
	}, {
		.name = "copying_callback_and_flush",
		.disks = TWO_DISKS(TEST_DISK_INLINE),
		.prepare = prepare_copying_callback,
		.actors = { release_writes, scene_flush },
	}, {
		.name = "copy_and_copy",
		.disks = TWO_DISKS(TEST_DISK_INLINE),
		.prepare = prepare_client,
		.actors = { copy_first, copy_second },
	}, {
		.name = "copy_and_flush",
		.disks = TWO_DISKS(TEST_DISK_INLINE),
		.prepare = prepare_client,
		.actors = { copy_first, scene_flush },
	}, {
		.name = "slow_submission_and_flush",
		.disks = { { .sectors = SECTORS }, { .sectors = SECTORS }, { .sectors = SECTORS } },
		.prepare = prepare_slow_submission,
		.actors = { copy_to_third_disk, release_and_flush, let_submission_go_on },
		.in_order = true,
	}, {
		.name = "throttle_and_destroy",
		.disks = TWO_DISKS(TEST_DISK_INLINE),
		.prepare = prepare_throttled,
		.actors = { copy_around_throttle, scene_destroy },
		.hold_ms = 150,
		.in_order = true,
		.one_by_one = true,
	}, {
		.name = "throttle_and_flush",
		.disks = TWO_DISKS(TEST_DISK_INLINE),
		.prepare = prepare_throttled,
		.actors = { copy_first, open_throttle_and_flush },
	}, {
		.name = "no_memory_and_copies",
		.disks = TWO_DISKS(TEST_DISK_WORKER),
		.prepare = prepare_no_memory,
		.actors = { copy_first_without_memory, copy_third_without_memory },
		.check = end_no_memory,
	}, {
		.name = "client_and_copy",
		.disks = TWO_DISKS(TEST_DISK_INLINE),
		.prepare = prepare_client,
		.actors = { create_and_destroy, copy_and_wait },
	},
	{}
};
