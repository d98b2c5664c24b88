// SPDX-License-Identifier: GPL-2.0
#include "schedule_scene.h"

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "test_data.h"

#define LENGTH (SCENE_SECTORS * SECTOR_SIZE)

void scene_violated(struct schedule_scene *scene, const char *what)
{
	cmpxchg(&scene->violation, NULL, what);
}

struct schedule_scene *scene_create(struct kunit *test, const struct schedule_pair *pair)
{
	/* Not the test's, which would free them though something may be stuck that uses them. */
	struct schedule_scene *scene = kzalloc(sizeof(*scene), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, scene);
	scene->test = test;
	scene->pair = pair;
	scene->memory = kzalloc(SCENE_CALLS * LENGTH, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, scene->memory);
	for (int i = 0; i < SCENE_DISKS && pair->disks[i].sectors; i++) {
		struct test_disk_config config = pair->disks[i];

		config.context_of_hooks = scene;
		scene->disks[i] = test_disk_create(test, &config);
	}
	return scene;
}

void scene_free(struct schedule_scene *scene)
{
	for (int i = 0; i < SCENE_DISKS && scene->disks[i]; i++)
		test_disk_free(scene->disks[i]);
	kfree(scene->memory);
	kfree(scene);
}

void scene_abandon(struct schedule_scene *scene)
{
	for (int i = 0; i < SCENE_DISKS && scene->disks[i]; i++)
		test_disk_abandon(scene->disks[i]);
}

/*
 * Every work queue that makes progress without memory has such a thread: one more
 * than before is a client's that was not freed.
 */
static unsigned int count_rescuers(void)
{
	struct task_struct *task;
	unsigned int nr = 0;

	guard(rcu)();
	for_each_process(task)
		nr += str_has_prefix(task->comm, "kworker/R-") != 0;
	return nr;
}

static void begin_call(struct schedule_scene *scene, unsigned int nr)
{
	struct scene_call *call = &scene->calls[nr];

	memset(call, 0, sizeof(*call));
	call->scene = scene;
	call->nr = nr;
	init_completion(&call->done);
}

void scene_begin(struct schedule_scene *scene)
{
	scene->violation = NULL;
	scene->throttle = (struct dm_kcopyd_throttle) { .throttle = 100 };
	for (int i = 0; i < SCENE_DISKS && scene->disks[i]; i++) {
		struct test_disk *td = scene->disks[i];

		test_disk_fail_nothing(td);
		test_disk_restore_limits(td);
		test_disk_forget(td);
		if (!i)
			test_fill(td->data, min(SCENE_CALLS * LENGTH,
						td->sectors << SECTOR_SHIFT), 1);
		else
			memset(td->data, 0xee, td->sectors << SECTOR_SHIFT);
	}
	for (int i = 0; i < SCENE_CALLS; i++)
		begin_call(scene, i);
	scene->rescuers = count_rescuers();
	scene->kc = NULL;
	scene->is_destroyed = false;
	scene->io = NULL;
}

static void called_back(struct scene_call *call, unsigned long error, unsigned long write_error)
{
	if (atomic_inc_return(&call->calls) > 1)
		scene_violated(call->scene, "a callback came twice");
	call->error = error;
	call->write_error = write_error;
	if (call->callback_ms)
		msleep(call->callback_ms);
	if (call->then)
		call->then(call->scene);
	WRITE_ONCE(call->has_returned, true);
	complete_all(&call->done);
}

static void copy_done(int read_err, unsigned long write_err, void *context)
{
	called_back(context, read_err, write_err);
}

static void io_done(unsigned long error, unsigned long unsup, void *context)
{
	called_back(context, error, unsup);
}

void scene_create_client(struct schedule_scene *scene, struct dm_kcopyd_throttle *throttle)
{
	scene->kc = rust_dm_kcopyd_client_create(throttle);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(scene->test, scene->kc);
}

void scene_create_io_client(struct schedule_scene *scene)
{
	scene->io = rust_dm_io_client_create();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(scene->test, scene->io);
}

static struct dm_io_region region_of(struct schedule_scene *scene, unsigned int disk,
				     unsigned int nr)
{
	return (struct dm_io_region) {
		.bdev = scene->disks[disk]->bdev,
		.sector = nr * SCENE_SECTORS,
		.count = SCENE_SECTORS,
	};
}

void scene_copy_to(struct schedule_scene *scene, unsigned int nr, unsigned int disk,
		   unsigned int flags)
{
	struct dm_io_region from = region_of(scene, 0, nr), to = region_of(scene, disk, nr);
	struct scene_call *call = &scene->calls[nr];

	call->is_started = true;
	call->is_copy = disk == 1;
	rust_dm_kcopyd_copy(scene->kc, &from, 1, &to, flags, copy_done, call);
}

void scene_copy(struct schedule_scene *scene, unsigned int nr)
{
	scene_copy_to(scene, nr, 1, 0);
}

void scene_copy_all(struct schedule_scene *scene, unsigned int nr)
{
	struct dm_io_region from = region_of(scene, 0, 0), to = region_of(scene, 1, 0);

	from.count = scene->disks[0]->sectors;
	to.count = from.count;
	scene->calls[nr].is_started = true;
	rust_dm_kcopyd_copy(scene->kc, &from, 1, &to, 0, copy_done, &scene->calls[nr]);
}

void scene_zero(struct schedule_scene *scene, unsigned int nr)
{
	struct dm_io_region to = region_of(scene, 1, nr);

	scene->calls[nr].is_started = true;
	rust_dm_kcopyd_zero(scene->kc, 1, &to, 0, copy_done, &scene->calls[nr]);
}

void scene_prepare_callback(struct schedule_scene *scene, unsigned int nr)
{
	struct scene_call *call = &scene->calls[nr];

	call->prepared = rust_dm_kcopyd_prepare_callback(scene->kc, copy_done, call);
	if (!call->prepared)
		scene_violated(scene, "a callback could not be prepared");
}

void scene_do_callback(struct schedule_scene *scene, unsigned int nr)
{
	struct scene_call *call = &scene->calls[nr];

	call->is_started = true;
	rust_dm_kcopyd_do_callback(call->prepared, 0, 0);
	WRITE_ONCE(call->is_due, true);
}

static void do_callback_in_irq(struct irq_work *work)
{
	struct scene_call *call = container_of(work, struct scene_call, irq_work);

	scene_do_callback(call->scene, call->nr);
}

void scene_do_callback_in_irq(struct schedule_scene *scene, unsigned int nr)
{
	struct scene_call *call = &scene->calls[nr];

	init_irq_work(&call->irq_work, do_callback_in_irq);
	irq_work_queue(&call->irq_work);
	irq_work_sync(&call->irq_work);
}

static struct dm_io_request request(struct schedule_scene *scene, unsigned int nr, blk_opf_t op)
{
	return (struct dm_io_request) {
		.bi_opf = op,
		.mem.type = DM_IO_KMEM,
		.mem.ptr.addr = scene->memory + nr * LENGTH,
		.client = scene->io,
	};
}

void scene_io_async(struct schedule_scene *scene, unsigned int nr, unsigned int disk, blk_opf_t op)
{
	struct dm_io_region where = region_of(scene, disk, nr);
	struct dm_io_request req = request(scene, nr, op);

	scene->calls[nr].is_started = true;
	req.notify.fn = io_done;
	req.notify.context = &scene->calls[nr];
	if (rust_dm_io(&req, 1, &where, NULL, NULL, 0))
		scene_violated(scene, "a request was refused");
}

int scene_io_sync(struct schedule_scene *scene, unsigned int nr, unsigned int disk, blk_opf_t op)
{
	struct dm_io_region where = region_of(scene, disk, nr);
	struct dm_io_request req = request(scene, nr, op);

	return rust_dm_io(&req, 1, &where, NULL, NULL, 0);
}

void scene_wait(struct schedule_scene *scene, unsigned int nr)
{
	wait_for_completion(&scene->calls[nr].done);
}

/* Whether the disk is through with the write of a copy of one part. */
static bool is_written(struct schedule_scene *scene, struct scene_call *call)
{
	struct test_disk *td = scene->disks[1];

	guard(spinlock_irqsave)(&td->lock);
	for (unsigned int i = 0; i < td->nr_log; i++)
		if (td->log[i].sector == call->nr * SCENE_SECTORS && td->log[i].done)
			return true;
	return false;
}

static bool is_due(struct schedule_scene *scene, struct scene_call *call)
{
	return READ_ONCE(call->is_due) || (call->is_copy && is_written(scene, call));
}

void scene_flush(struct schedule_scene *scene)
{
	bool due[SCENE_CALLS];

	for (int i = 0; i < SCENE_CALLS; i++)
		due[i] = is_due(scene, &scene->calls[i]);
	rust_dm_kcopyd_client_flush(scene->kc);
	for (int i = 0; i < SCENE_CALLS; i++)
		if (due[i] && !READ_ONCE(scene->calls[i].has_returned))
			scene_violated(scene, "flush returned before a callback that was due");
}

void scene_destroy(struct schedule_scene *scene)
{
	/* Callbacks may use it until it is gone. */
	scene->is_destroyed = true;
	rust_dm_kcopyd_client_destroy(scene->kc);
	for (int i = 0; i < SCENE_CALLS; i++)
		if (scene->calls[i].is_started && !scene->calls[i].has_returned)
			scene_violated(scene, "destroy returned before a callback");
}

void scene_finish(struct schedule_scene *scene)
{
	for (int i = 0; i < SCENE_CALLS; i++)
		if (scene->calls[i].is_started)
			scene_wait(scene, i);
	if (scene->kc && !scene->is_destroyed)
		scene_destroy(scene);
	if (scene->io)
		rust_dm_io_client_destroy(scene->io);
}

static void check_call(struct schedule_scene *scene, struct scene_call *call)
{
	size_t at = call->nr * LENGTH;

	if (!call->is_started)
		return;
	if (atomic_read(&call->calls) != 1)
		scene_violated(scene, "a callback did not come once");
	if (call->error || call->write_error) {
		if (!call->may_fail)
			scene_violated(scene, "a call failed for no reason");
	} else if (call->is_copy &&
		   memcmp(scene->disks[0]->data + at, scene->disks[1]->data + at, LENGTH)) {
		scene_violated(scene, "a copy is not what it was copied from");
	}
}

void scene_check(struct schedule_scene *scene)
{
	for (int i = 0; i < SCENE_CALLS; i++)
		check_call(scene, &scene->calls[i]);
	/* What destroy left to a worker may take its time, but not for ever. */
	for (int i = 0; i < 2000 && count_rescuers() > scene->rescuers; i++)
		usleep_range(1000, 2000);
	if (count_rescuers() > scene->rescuers)
		scene_violated(scene, "a client's work queue outlives the client");
	if (scene->pair->check)
		scene->pair->check(scene);
}
