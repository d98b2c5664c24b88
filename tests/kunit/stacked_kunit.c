// SPDX-License-Identifier: GPL-2.0
/*
 * Devices on devices whose map functions use the services, and drivers that
 * take their time: what one does is not to wait for another.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

#define SECTORS 8

/**
 * struct level - a device whose bios are I/O of a service to the one below
 * @c: how map calls the service
 * @disk: the device
 * @below: the one below
 * @pool: buffers, a call each
 * @used: how many of them are
 */
struct level {
	const struct service_call *c;
	struct test_disk *disk;
	struct test_disk *below;
	struct service_buffer **pool;
	unsigned int buffers;
	atomic_t used;
};

static void end_mapped(struct level *level, struct service_buffer *buf, struct bio *bio,
		       unsigned long error)
{
	struct bio_vec bv = bio_iter_iovec(bio, bio->bi_iter);

	if (bio_op(bio) == REQ_OP_READ)
		memcpy_to_bvec(&bv, buf->data);
	test_disk_end_mapped(level->disk, bio, error ? BLK_STS_IOERR : BLK_STS_OK);
}

static void map_and_wait(struct bio *bio, void *context)
{
	struct level *level = context;
	unsigned int nr = atomic_inc_return(&level->used) - 1;
	struct service_buffer *buf = level->pool[nr % level->buffers];
	struct service_region where = {
		level->below->bdev, bio->bi_iter.bi_sector, bio_sectors(bio),
	};
	int ret = buf->service->io(buf, 1, &where, REQ_OP_READ, NULL);

	end_mapped(level, buf, bio, ret);
}

static struct level *level_create(struct kunit *test, struct test_disk *below,
				  unsigned int buffers)
{
	struct level *level = kunit_kzalloc(test, sizeof(*level), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, level);
	level->c = test->param_value;
	level->below = below;
	level->buffers = buffers;
	level->pool = kunit_kcalloc(test, buffers, sizeof(*level->pool), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, level->pool);
	for (unsigned int i = 0; i < buffers; i++)
		level->pool[i] = service_buffer_create(test, level->c->service, 0,
						       SECTORS * SECTOR_SIZE);
	level->disk = test_disk_create(test, &(struct test_disk_config) {
		.sectors = below->sectors,
		.map = map_and_wait,
		.context_of_hooks = level,
	});
	return level;
}

/* A read of a device by a thread. */
struct reader {
	struct test_disk *td;
	sector_t sector;
	struct page *page;
	struct bio bio;
	struct bio_vec vec;
	struct test_thread *thread;
	bool has_memory;
	int ret;
};

static void reader_run(void *context)
{
	struct reader *reader = context;

	reader->ret = submit_bio_wait(&reader->bio);
}

static void reader_without_memory(void *context)
{
	struct reader *reader = context;
	void *memory;

	refuse_memory_here_too();
	memory = kmalloc(SECTOR_SIZE, GFP_NOIO);
	reader->has_memory = memory;
	kfree(memory);
	reader_run(reader);
}

KUNIT_DEFINE_ACTION_WRAPPER(free_reader_page, __free_page, struct page *);

static struct reader *reader_create(struct kunit *test, struct test_disk *td, sector_t sector)
{
	struct reader *reader = kunit_kzalloc(test, sizeof(*reader), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, reader);
	reader->page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, reader->page);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_reader_page, reader->page));
	bio_init(&reader->bio, td->bdev, &reader->vec, 1, REQ_OP_READ);
	reader->bio.bi_iter.bi_sector = sector;
	__bio_add_page(&reader->bio, reader->page, SECTORS * SECTOR_SIZE, 0);
	reader->td = td;
	reader->sector = sector;
	reader->thread = test_thread_create(test, reader_run, reader);
	return reader;
}

static void reader_expect_read(struct kunit *test, struct reader *reader, struct test_disk *data)
{
	test_thread_wait(reader->thread);
	bio_uninit(&reader->bio);
	KUNIT_EXPECT_EQ(test, reader->ret, 0);
	test_expect_same(test, page_address(reader->page), sector_data(data, reader->sector),
			 SECTORS * SECTOR_SIZE, "read");
}

#define READERS 24
#define LEVELS 3

/* All get to the bottom, each with nothing but its stack and no more workers than there were. */
static void stacked_readers_need_no_workers(struct kunit *test)
{
	struct test_disk *bottom = source_of(test, READERS * SECTORS), *top = bottom;
	struct reader *readers[READERS];
	bool arrived;

	for (int i = 0; i < LEVELS; i++)
		top = level_create(test, top, READERS)->disk;
	for (int i = 0; i < READERS; i++) {
		readers[i] = reader_create(test, top, i * SECTORS);
		readers[i]->thread->fn = reader_without_memory;
	}
	test_disk_hold(bottom);
	refuse_memory(test);
	for (int i = 0; i < READERS; i++)
		test_thread_start(readers[i]->thread);
	arrived = test_disk_wait_arrived(bottom, READERS);
	refuse_memory_end_expecting(test, 0);
	KUNIT_EXPECT_TRUE(test, arrived);
	test_disk_release_all(bottom);
	for (int i = 0; i < READERS; i++) {
		reader_expect_read(test, readers[i], bottom);
		KUNIT_EXPECT_FALSE(test, readers[i]->has_memory);
	}
}

/* What is waited for within map is submitted there, by who waits. */
static void stacked_sync_is_submitted_by_its_caller(struct kunit *test)
{
	struct test_disk *bottom = source_of(test, SECTORS);
	struct level *level = level_create(test, bottom, 1);
	struct reader *reader = reader_create(test, level->disk, 0);

	test_thread_start(reader->thread);
	reader_expect_read(test, reader, bottom);
	KUNIT_ASSERT_EQ(test, bottom->nr_log, 1);
	KUNIT_EXPECT_PTR_EQ(test, bottom->log[0].task,
			    (const struct task_struct *)reader->thread->task);
}

#define DEEP_LEVELS 4

/* What is left of a task's stack at the bottom. */
static unsigned long stack_left(void)
{
	return (unsigned long)__builtin_frame_address(0) -
	       (unsigned long)task_stack_page(current);
}

static void note_stack(struct test_disk *td, const struct test_disk_bio *bio, void *context)
{
	unsigned long *left = context;

	*left = stack_left();
}

static void stacked_levels_leave_stack(struct kunit *test)
{
	unsigned long *left = kunit_kzalloc(test, sizeof(*left), GFP_KERNEL);
	struct test_disk *bottom, *top;
	struct reader *reader;

	KUNIT_ASSERT_NOT_NULL(test, left);
	bottom = test_disk_create(test, &(struct test_disk_config) {
		.sectors = SECTORS,
		.ending = note_stack,
		.context_of_hooks = left,
	});
	top = bottom;
	for (int i = 0; i < DEEP_LEVELS; i++)
		top = level_create(test, top, 1)->disk;
	reader = reader_create(test, top, 0);
	test_thread_start(reader->thread);
	reader_expect_read(test, reader, bottom);
	kunit_info(test, "%lu of %lu bytes of stack are left below %d levels\n", *left,
		   THREAD_SIZE, DEEP_LEVELS);
	KUNIT_EXPECT_GE(test, *left, PAGE_SIZE);
}

#define TOO_MANY_LEVELS 40

/* The stack is not overrun: what does not fit fails, and is told to the one above. */
static void stacked_too_deep_fails(struct kunit *test)
{
	struct test_disk *bottom = source_of(test, SECTORS), *top = bottom;
	struct reader *reader;

	for (int i = 0; i < TOO_MANY_LEVELS; i++) {
		struct level *level = level_create(test, top, 1);

		service_fill(level->pool[0], 1);
		top = level->disk;
	}
	reader = reader_create(test, top, 0);
	memset(page_address(reader->page), 0xff, SECTORS * SECTOR_SIZE);
	test_thread_start(reader->thread);
	test_thread_wait(reader->thread);
	bio_uninit(&reader->bio);
	KUNIT_EXPECT_EQ(test, reader->ret, -EIO);
	KUNIT_EXPECT_EQ(test, bottom->nr_log, 0);
	test_expect_zeroes(test, page_address(reader->page), SECTORS * SECTOR_SIZE, "read");
}

/* A device whose map starts a write below and is told of its end. */
struct async_level {
	struct test_disk *disk;
	struct test_disk *below;
	struct service_buffer *buf;
	unsigned int early;
	struct bio *bio;
};

static void map_and_go_on(struct bio *bio, void *context)
{
	struct async_level *level = context;
	struct service_region where = { level->below->bdev, 0, SECTORS };
	int ret;

	ret = service_start(level->buf, 1, &where, REQ_OP_WRITE);
	level->early = READ_ONCE(level->below->nr_log);
	/* The buffer's request is told of the end; the bio may end as it likes. */
	test_disk_end_mapped(level->disk, bio, ret ? BLK_STS_IOERR : BLK_STS_OK);
}

static struct async_level *async_level_create(struct kunit *test, struct test_disk *below)
{
	const struct service_call *c = test->param_value;
	struct async_level *level = kunit_kzalloc(test, sizeof(*level), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, level);
	level->below = below;
	level->disk = test_disk_create(test, &(struct test_disk_config) {
		.sectors = SECTORS,
		.map = map_and_go_on,
		.context_of_hooks = level,
	});
	level->buf = service_buffer_create(test, c->service, 0, SECTORS * SECTOR_SIZE);
	service_fill(level->buf, 5);
	return level;
}

/* The block layer looks at what map submitted when map has returned, and in the same task. */
static void stacked_async_is_left_to_the_block_layer(struct kunit *test)
{
	struct test_disk *bottom = source_of(test, SECTORS);
	struct async_level *level = async_level_create(test, bottom);
	struct reader *reader = reader_create(test, level->disk, 0);

	test_thread_start(reader->thread);
	test_thread_wait(reader->thread);
	test_request_wait(level->buf->req);
	KUNIT_EXPECT_EQ(test, level->buf->req->error | level->buf->req->unsup, 0);
	KUNIT_EXPECT_EQ(test, level->early, 0);
	KUNIT_ASSERT_EQ(test, bottom->nr_log, 1);
	KUNIT_EXPECT_PTR_EQ(test, bottom->log[0].task,
			    (const struct task_struct *)reader->thread->task);
	test_expect_same(test, bottom->data, level->buf->data, level->buf->bytes, "written");
}

/*
 * A driver that stays in submit_bio when the bio has ended: the memory of its
 * request is that of the next, as there is no other. A work queue would take a
 * work item in there for the same if it is queued on the same processor.
 */
static void stacked_driver_that_stays(struct kunit *test)
{
	struct test_disk *slow = source_of(test, SECTORS), *fast = source_of(test, SECTORS);
	struct async_level *one = async_level_create(test, slow);
	struct async_level *other = async_level_create(test, fast);
	struct reader *first = reader_create(test, one->disk, 0);
	struct reader *second = reader_create(test, other->disk, 0);

	first->thread->fn = reader_without_memory;
	second->thread->fn = reader_without_memory;
	kthread_bind(first->thread->task, 0);
	kthread_bind(second->thread->task, 0);
	test_disk_linger(slow);
	refuse_memory(test);
	test_thread_start(first->thread);
	KUNIT_EXPECT_TRUE(test, test_disk_wait_lingering(slow, 1));
	test_request_wait(one->buf->req);
	test_thread_start(second->thread);
	test_thread_wait(second->thread);
	test_request_wait(other->buf->req);
	refuse_memory_end_expecting(test, 2);
	KUNIT_EXPECT_FALSE(test, first->has_memory || second->has_memory);
	KUNIT_EXPECT_EQ(test, fast->nr_log, 1);
	KUNIT_EXPECT_EQ(test, slow->nr_lingering, 1);
	test_disk_linger_no_more(slow);
	test_thread_wait(first->thread);
}

/* A device whose map copies by a client of its own, and waits for that. */
struct copying_level {
	struct test_disk *disk;
	struct copy_client *kc;
	struct copy_call **calls;
	atomic_t used;
	struct test_disk *from;
	struct test_disk *to;
};

#define COPIES 8

static void map_and_copy(struct bio *bio, void *context)
{
	struct copying_level *level = context;
	unsigned int nr = atomic_inc_return(&level->used) - 1;
	struct copy_call *call = level->calls[nr];
	struct service_region from = { level->from->bdev, 0, SECTORS };
	struct service_region to = { level->to->bdev, nr * SECTORS, SECTORS };
	int ret = copy_start(level->kc, call, &from, 1, &to, 0);

	bool ended = !ret && test_request_ends(call->req);

	test_disk_end_mapped(level->disk, bio, ended ? BLK_STS_OK : BLK_STS_IOERR);
}

static struct copying_level *copying_level_create(struct kunit *test, struct test_disk *to)
{
	struct copying_level *level = kunit_kzalloc(test, sizeof(*level), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, level);
	level->from = source_of(test, SECTORS);
	level->to = to;
	level->kc = copy_client_create(test, test->param_value, 16);
	level->calls = kunit_kcalloc(test, COPIES, sizeof(*level->calls), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, level->calls);
	for (int i = 0; i < COPIES; i++)
		level->calls[i] = copy_call_create(test);
	level->disk = test_disk_create(test, &(struct test_disk_config) {
		.sectors = COPIES * SECTORS,
		.map = map_and_copy,
		.context_of_hooks = level,
	});
	return level;
}

/* Clients on clients: each has a worker, whoever else is stuck. */
static void stacked_clients_need_one_worker(struct kunit *test)
{
	struct test_disk *bottom = source_of(test, COPIES * SECTORS), *top = bottom;
	struct copy_call *calls[COPIES];
	struct copy_client *kc;
	struct test_disk *from;

	for (int i = 0; i < LEVELS; i++)
		top = copying_level_create(test, top)->disk;
	from = source_of(test, SECTORS);
	kc = copy_client_create(test, test->param_value, 16);
	for (int i = 0; i < COPIES; i++)
		calls[i] = copy_call_create(test);
	refuse_memory(test);
	for (int i = 0; i < COPIES; i++) {
		struct service_region source = { from->bdev, 0, SECTORS };
		struct service_region dest = { top->bdev, i * SECTORS, SECTORS };

		KUNIT_EXPECT_EQ(test, 0, copy_start(kc, calls[i], &source, 1, &dest, 0));
	}
	for (int i = 0; i < COPIES; i++)
		test_request_wait(calls[i]->req);
	/* On each level a job and a sub-job. */
	refuse_memory_end_expecting(test, (LEVELS + 1) * COPIES * 2);
	for (int i = 0; i < COPIES; i++) {
		test_request_expect_copied(calls[i]->req, false, 0);
		test_expect_same(test, sector_data(bottom, i * SECTORS), from->data,
				 SECTORS * SECTOR_SIZE, "copy");
	}
}

static struct kunit_case stacked_test_cases[] = {
	KUNIT_CASE_PARAM(stacked_sync_is_submitted_by_its_caller, service_api_gen_params),
	KUNIT_CASE_PARAM(stacked_async_is_left_to_the_block_layer, service_api_gen_params),
	KUNIT_CASE_PARAM(stacked_levels_leave_stack, service_api_gen_params),
	KUNIT_CASE_PARAM(stacked_too_deep_fails, service_gen_params),
	KUNIT_CASE_PARAM(stacked_driver_that_stays, service_api_gen_params),
	KUNIT_CASE_PARAM(stacked_readers_need_no_workers, service_api_gen_params),
	KUNIT_CASE_PARAM(stacked_clients_need_one_worker, copy_service_gen_params),
	{}
};

static struct kunit_suite stacked_test_suite = {
	.name = "dm_io_rust_stacked",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = stacked_test_cases,
};

kunit_test_suite(stacked_test_suite);
