// SPDX-License-Identifier: GPL-2.0
/*
 * What only the copies of mainline.h do: they take regions that overlap; and the
 * callbacks, flushes and mixed jobs of its clients.
 */
#include <dm_io_rust/mainline.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "refuse_memory.h"
#include "test_data.h"
#include "test_disk.h"
#include "test_jobs.h"
#include "test_parameter.h"
#include "test_request.h"
#include "test_thread.h"

/* The default of kcopyd_subjob_size_kb, in sectors. */
#define PART (SZ_512K / SECTOR_SIZE)
#define IGNORE_ERROR BIT(DM_KCOPYD_IGNORE_ERROR)

KUNIT_DEFINE_ACTION_WRAPPER(free_memory, vfree, const void *);

/* Where a copy goes from its source, which it overlaps. */
static const int shifts[] = { 0, 1, 8, 999, -1, -8, -999 };

/* What overlaps is moved, as a part is read before it is written. */
static void mainline_kcopyd_overlapping(struct kunit *test)
{
	static const unsigned int lengths[] = { 1, 7, 64, PART };
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td = source_of(test, 4 * PART), *other = disk_of(test, 4 * PART);
	u8 *want = vmalloc(4 * PART << SECTOR_SHIFT);

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_memory, want));
	for (int i = 0; i < ARRAY_SIZE(shifts) * ARRAY_SIZE(lengths); i++) {
		sector_t at = 1500, count = lengths[i % ARRAY_SIZE(lengths)];
		sector_t to = at + shifts[i / ARRAY_SIZE(lengths)];
		struct dm_io_region source = region(td, at, count);
		struct dm_io_region dests[2] = { region(td, to, count), region(other, at, count) };
		struct test_request *req = test_request_create(test);

		memcpy(want, td->data, 4 * PART << SECTOR_SHIFT);
		memmove(want + (to << SECTOR_SHIFT), want + (at << SECTOR_SHIFT),
			count << SECTOR_SHIFT);
		memcpy(other->data, sector_data(td, at), count << SECTOR_SHIFT);
		test_job_copy(kc, req, &source, 2, dests, 0);
		test_request_expect_copied(req, false, 0);
		test_expect_same(test, td->data, want, 4 * PART << SECTOR_SHIFT, "disk");
		test_expect_same(test, sector_data(other, at), other->data,
				 count << SECTOR_SHIFT, "other");
		test_disk_forget(td);
		test_disk_forget(other);
	}
}

/*
 * Another copy has the client's own pages, and there are none but in pairs: the copy
 * waits until its part can be read as a whole.
 */
static void mainline_kcopyd_overlapping_in_little_memory(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *slow = disk_of(test, 2 * PART), *td = source_of(test, 2 * PART);
	struct dm_io_region slow_from = region(slow, 0, PART), slow_to = region(slow, PART, PART);
	struct dm_io_region from = region(td, 0, PART), to = region(td, 8, PART);
	struct test_request *held = test_request_create(test), *req = test_request_create(test);
	u8 *before = vmalloc(PART * SECTOR_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, before);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_memory, before));
	memcpy(before, td->data, PART * SECTOR_SIZE);
	test_disk_hold(slow);
	refuse_runs(test, 1);
	test_job_copy(kc, held, &slow_from, 1, &slow_to, 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(slow, 1));
	test_job_copy(kc, req, &from, 1, &to, 0);
	test_disk_release_all(slow);
	test_request_expect_copied(held, false, 0);
	test_request_expect_copied(req, false, 0);
	refuse_memory_end(test);
	test_expect_same(test, sector_data(td, 8), before, PART * SECTOR_SIZE, "copy");
	KUNIT_EXPECT_EQ(test, td->nr_log, 2);
}

/* A part that cannot be read as a whole is not read in pieces: one would be overwritten. */
static void mainline_kcopyd_overlapping_read_error_ignored(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td = source_of(test, 2 * PART);
	struct dm_io_region from = region(td, 0, PART), to = region(td, 8, PART);
	struct test_request *req = test_request_create(test);

	test_disk_fail(td, PART - 1, 1, true, false, BLK_STS_MEDIUM);
	test_job_copy(kc, req, &from, 1, &to, IGNORE_ERROR);
	test_request_expect_copied(req, true, 0);
	test_expect_zeroes(test, sector_data(td, 8), PART * SECTOR_SIZE, "lost part");
}

/* In place any length is copied, part by part. */
static void mainline_kcopyd_in_place(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *td = source_of(test, 3 * PART + 5), *same = source_of(test, td->sectors);
	struct dm_io_region all = region(td, 0, td->sectors);
	struct test_request *req = test_request_create(test);

	test_job_copy(kc, req, &all, 1, &all, 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 2 * 4);
	test_expect_same(test, td->data, same->data, td->sectors << SECTOR_SHIFT, "disk");
}

/* What a callback is to be told. */
struct told {
	int read_err;
	unsigned long write_err;
};

static const struct told tolds[] = {
	{ 0, 0 },
	{ 1, 0 },
	{ -EIO, ~0UL },
	{ INT_MIN, BIT(BITS_PER_LONG - 1) },
	{ INT_MAX, 0x5a },
};

static void expect_told(struct kunit *test, struct test_request *req, const struct told *told)
{
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->read_err, told->read_err);
	KUNIT_EXPECT_EQ(test, req->write_err, told->write_err);
	KUNIT_EXPECT_FALSE(test, req->in_hardirq);
	test_request_reset(req);
}

static void mainline_kcopyd_callback_from_process(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_request *req = test_request_create(test);

	for (int i = 0; i < ARRAY_SIZE(tolds); i++) {
		void *job = test_job_prepare(test, kc, req);

		rust_dm_kcopyd_client_flush(kc);
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
		rust_dm_kcopyd_do_callback(job, tolds[i].read_err, tolds[i].write_err);
		expect_told(test, req, &tolds[i]);
	}
}

struct interrupt {
	struct irq_work work;
	void *job;
	struct told told;
	bool in_hardirq;
};

static void interrupt_run(struct irq_work *work)
{
	struct interrupt *interrupt = container_of(work, struct interrupt, work);

	interrupt->in_hardirq = in_hardirq();
	rust_dm_kcopyd_do_callback(interrupt->job, interrupt->told.read_err,
				   interrupt->told.write_err);
}

static void mainline_kcopyd_callback_from_hardirq(struct kunit *test)
{
	struct interrupt *interrupt = kunit_kzalloc(test, sizeof(*interrupt), GFP_KERNEL);
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_request *req = test_request_create(test);

	KUNIT_ASSERT_NOT_NULL(test, interrupt);
	interrupt->work = IRQ_WORK_INIT_HARD(interrupt_run);
	for (int i = 0; i < ARRAY_SIZE(tolds); i++) {
		interrupt->job = test_job_prepare(test, kc, req);
		interrupt->told = tolds[i];
		irq_work_queue(&interrupt->work);
		irq_work_sync(&interrupt->work);
		KUNIT_EXPECT_TRUE(test, interrupt->in_hardirq);
		expect_told(test, req, &tolds[i]);
	}
}

/* Many may be prepared at one time, and done in any order. */
static void mainline_kcopyd_many_callbacks(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_request *req[50];
	void *jobs[ARRAY_SIZE(req)];

	for (int i = 0; i < ARRAY_SIZE(req); i++) {
		req[i] = test_request_create(test);
		jobs[i] = test_job_prepare(test, kc, req[i]);
	}
	for (int i = ARRAY_SIZE(req) - 1; i >= 0; i--)
		rust_dm_kcopyd_do_callback(jobs[i], i, i + 1);
	rust_dm_kcopyd_client_flush(kc);
	for (int i = 0; i < ARRAY_SIZE(req); i++) {
		KUNIT_EXPECT_EQ(test, atomic_read(&req[i]->calls), 1);
		expect_told(test, req[i], &(struct told) { i, i + 1 });
	}
}

/* A callback that takes until it is let go. */
struct gate {
	struct test_request *req;
	struct completion entered;
	struct completion open;
};

static void gate_done(int read_err, unsigned long write_err, void *context)
{
	struct gate *gate = context;

	complete(&gate->entered);
	wait_for_completion_timeout(&gate->open, TEST_TIMEOUT);
	test_request_dm_kcopyd_done(read_err, write_err, gate->req);
}

static void gate_init(struct gate *gate, struct kunit *test)
{
	init_completion(&gate->entered);
	init_completion(&gate->open);
	gate->req = test_request_create(test);
}

static void flush_client(void *kc)
{
	rust_dm_kcopyd_client_flush(kc);
}

static void destroy_client(void *kc)
{
	rust_dm_kcopyd_client_destroy(kc);
}

/* Expects a flush to wait for the callback behind the gate, and opens it. */
static void expect_flush_waits(struct kunit *test, struct dm_kcopyd_client *kc,
			       struct gate *gate)
{
	struct test_thread *thread = test_thread_create(test, flush_client, kc);

	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&gate->entered, TEST_TIMEOUT));
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	KUNIT_EXPECT_EQ(test, atomic_read(&gate->req->calls), 0);
	complete(&gate->open);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&gate->req->calls), 1);
}

static void mainline_kcopyd_flush_waits_for_callback(struct kunit *test)
{
	struct gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	void *job;

	KUNIT_ASSERT_NOT_NULL(test, gate);
	gate_init(gate, test);
	job = rust_dm_kcopyd_prepare_callback(kc, gate_done, gate);
	KUNIT_ASSERT_NOT_NULL(test, job);
	test_request_started(gate->req, 0);
	rust_dm_kcopyd_do_callback(job, 0, 0);
	expect_flush_waits(test, kc, gate);
}

static void mainline_kcopyd_flush_waits_for_copy(struct kunit *test)
{
	struct gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);

	KUNIT_ASSERT_NOT_NULL(test, gate);
	gate_init(gate, test);
	test_request_started(gate->req, 0);
	rust_dm_kcopyd_copy(kc, &source, 1, &dest, 0, gate_done, gate);
	expect_flush_waits(test, kc, gate);
	test_disk_expect_copy(to, 0, from, 0, 8);
}

/* Once its I/O has ended, a flush is all that one needs to wait for the callback. */
static void mainline_kcopyd_flush_after_io(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *from = source_of(test, 8), *to = disk_of(test, 8);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);
	struct test_request *req = test_request_create(test);

	rust_dm_kcopyd_client_flush(kc);
	for (int i = 0; i < 100; i++) {
		test_disk_hold(to);
		test_job_copy(kc, req, &source, 1, &dest, 0);
		KUNIT_ASSERT_TRUE(test, test_disk_wait_held(to));
		test_disk_release_all(to);
		rust_dm_kcopyd_client_flush(kc);
		KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 1);
		test_request_expect_copied(req, false, 0);
		test_request_reset(req);
	}
}

static void mainline_kcopyd_destroy_waits_for_prepared(struct kunit *test)
{
	struct dm_kcopyd_client *kc = rust_dm_kcopyd_client_create(NULL);
	struct gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);
	struct test_thread *thread;
	void *job;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kc);
	KUNIT_ASSERT_NOT_NULL(test, gate);
	gate_init(gate, test);
	thread = test_thread_create(test, destroy_client, kc);
	job = rust_dm_kcopyd_prepare_callback(kc, gate_done, gate);
	KUNIT_ASSERT_NOT_NULL(test, job);
	test_request_started(gate->req, 0);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));

	rust_dm_kcopyd_do_callback(job, 3, 4);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&gate->entered, TEST_TIMEOUT));
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	complete(&gate->open);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&gate->req->calls), 1);
	expect_told(test, gate->req, &(struct told) { 3, 4 });
}

/* Callbacks that are never to run at one time. */
struct serial {
	/* Held by the callback that runs. */
	struct mutex in_callback;
	unsigned int overlaps;
	unsigned int calls;
};

static void serial_done(int read_err, unsigned long write_err, void *context)
{
	struct serial *serial = context;

	if (!mutex_trylock(&serial->in_callback)) {
		serial->overlaps++;
		return;
	}
	/* Gives another a chance to be wrong; none of it decides the result. */
	usleep_range(1000, 2000);
	serial->calls++;
	mutex_unlock(&serial->in_callback);
}

static void mainline_kcopyd_callbacks_one_at_a_time(struct kunit *test)
{
	struct serial *serial = kunit_kzalloc(test, sizeof(*serial), GFP_KERNEL);
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *from = disk_in(test, 8 * 20, TEST_DISK_ANYWHERE);
	struct test_disk *to = disk_in(test, 8 * 20, TEST_DISK_ANYWHERE);

	KUNIT_ASSERT_NOT_NULL(test, serial);
	mutex_init(&serial->in_callback);
	for (int i = 0; i < 20; i++) {
		struct dm_io_region source = region(from, 8 * i, 8), dest = region(to, 8 * i, 8);
		void *job = rust_dm_kcopyd_prepare_callback(kc, serial_done, serial);

		rust_dm_kcopyd_copy(kc, &source, 1, &dest, 0, serial_done, serial);
		rust_dm_kcopyd_zero(kc, 1, &source, 0, serial_done, serial);
		rust_dm_kcopyd_do_callback(job, 0, 0);
		rust_dm_kcopyd_copy(kc, &source, 9, &dest, 0, serial_done, serial);
	}
	test_jobs_client_destroy(test, kc);
	KUNIT_EXPECT_EQ(test, serial->overlaps, 0);
	KUNIT_EXPECT_EQ(test, serial->calls, 4 * 20);
}

/* Each link of a chain is started by the callback of the one before. */
struct chain {
	struct dm_kcopyd_client *kc;
	struct test_disk *td;
	unsigned int done;
	unsigned long error;
	struct completion ended;
};

#define CHAIN_LINKS 60
/* What a client sets aside. */
#define RESERVED_JOBS 8

static void chain_done(int read_err, unsigned long write_err, void *context);

/* Copies, zeroings and callbacks take turns. */
static void chain_next(struct chain *chain)
{
	struct dm_io_region from = region(chain->td, 0, 8), to = region(chain->td, 8, 8);

	switch (chain->done % 3) {
	case 0:
		rust_dm_kcopyd_copy(chain->kc, &from, 1, &to, 0, chain_done, chain);
		break;
	case 1:
		rust_dm_kcopyd_zero(chain->kc, 1, &to, 0, chain_done, chain);
		break;
	default:
		rust_dm_kcopyd_do_callback(rust_dm_kcopyd_prepare_callback(chain->kc, chain_done,
									   chain), 0, 0);
		break;
	}
}

static void chain_done(int read_err, unsigned long write_err, void *context)
{
	struct chain *chain = context;

	chain->error |= read_err | write_err;
	if (++chain->done < CHAIN_LINKS)
		chain_next(chain);
	else
		complete(&chain->ended);
}

struct memory_case {
	const char *name;
	bool refused;
};

static const struct memory_case memory_cases[] = {
	{ "with_memory", false },
	{ "without_memory", true },
};

KUNIT_ARRAY_PARAM_DESC(memory_case, memory_cases, name);

/* All jobs of a client's reserve but one are somebody else's, who takes his time. */
static void chain_run_without_memory(struct kunit *test, struct chain *chain)
{
	struct test_request *req[RESERVED_JOBS - 1];
	void *jobs[RESERVED_JOBS - 1];

	for (int i = 0; i < ARRAY_SIZE(jobs); i++) {
		req[i] = test_request_create(test);
		jobs[i] = test_job_prepare(test, chain->kc, req[i]);
	}
	refuse_memory(test);
	chain_next(chain);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&chain->ended, TEST_TIMEOUT));
	/* Each job finds the memory of the one before; workers of others may be refused some. */
	KUNIT_EXPECT_LT(test, refuse_memory_end(test), CHAIN_LINKS / 2);
	/* A copy and a zeroing ask for a sub-job, too. */
	KUNIT_EXPECT_EQ(test, refuse_memory_asks_of_reserve(), CHAIN_LINKS / 3 * (2 + 2 + 1));
	for (int i = 0; i < ARRAY_SIZE(jobs); i++) {
		rust_dm_kcopyd_do_callback(jobs[i], 0, 0);
		test_request_expect_copied(req[i], false, 0);
	}
}

static void mainline_kcopyd_callback_starts_more(struct kunit *test)
{
	const struct memory_case *m = test->param_value;
	struct chain *chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, chain);
	chain->td = disk_in(test, 16, TEST_DISK_ANYWHERE);
	chain->kc = test_jobs_client(test, NULL);
	init_completion(&chain->ended);
	if (m->refused) {
		chain_run_without_memory(test, chain);
	} else {
		chain_next(chain);
		KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&chain->ended,
								     TEST_TIMEOUT));
	}
	KUNIT_EXPECT_EQ(test, chain->done, CHAIN_LINKS);
	KUNIT_EXPECT_EQ(test, chain->error, 0);
}

/* A client has memory of its own for all that it does. */
static void mainline_kcopyd_without_memory(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *from = source_of(test, 5000);
	struct test_disk *to[2] = { disk_of(test, 5000), disk_in(test, 5000, TEST_DISK_HARDIRQ) };
	struct test_disk *zeroed = disk_of(test, 5000);
	struct dm_io_region source = region(from, 0, 5000), all = region(zeroed, 0, 5000);
	struct dm_io_region dests[2] = { region(to[0], 0, 5000), region(to[1], 0, 5000) };
	struct test_request *req[4];
	unsigned int refused;

	for (int i = 0; i < ARRAY_SIZE(req); i++)
		req[i] = test_request_create(test);
	memset(zeroed->data, 0xff, 5000 * SECTOR_SIZE);
	/* A part that is read has the client's pages: the next asks for others. */
	test_disk_hold(from);
	refuse_memory(test);
	test_job_copy(kc, req[0], &source, 2, dests, 0);
	rust_dm_kcopyd_client_flush(kc);
	test_disk_release_all(from);
	test_job_zero(kc, req[1], 1, &all, 0);
	rust_dm_kcopyd_do_callback(test_job_prepare(test, kc, req[2]), 0, 0);
	/* Malformed, which is to be told without memory, too. */
	test_job_copy(kc, req[3], &source, 0, dests, 0);
	for (int i = 0; i < ARRAY_SIZE(req); i++)
		test_request_wait(req[i]);
	refused = refuse_memory_end(test);
	KUNIT_EXPECT_GT(test, refused, 0);
	for (int i = 0; i < 3; i++)
		test_request_expect_copied(req[i], false, 0);
	test_request_expect_copied(req[3], true, ~0UL);
	test_disk_expect_copy(to[0], 0, from, 0, 5000);
	test_disk_expect_copy(to[1], 0, from, 0, 5000);
	test_disk_expect_zeroed(zeroed, 0, 5000);
}

/* A callback does not wait for a device that takes long to submit to. */
static void mainline_kcopyd_callback_beside_submission(struct kunit *test)
{
	struct dm_kcopyd_client *kc = test_jobs_client(test, NULL);
	struct test_disk *from = source_of(test, 16), *to = disk_of(test, 16);
	struct dm_io_region source = region(from, 0, 8), dest = region(to, 0, 8);
	struct test_request *req = test_request_create(test), *ended = test_request_create(test);
	void *job = test_job_prepare(test, kc, ended);

	test_disk_linger(from);
	test_job_copy(kc, req, &source, 1, &dest, 0);
	KUNIT_EXPECT_TRUE(test, test_disk_wait_lingering(from, 1));
	rust_dm_kcopyd_do_callback(job, 0, 0);
	test_request_expect_copied(ended, false, 0);
	test_disk_linger_no_more(from);
	test_request_expect_copied(req, false, 0);
}

/*
 * A copy that overlaps itself is read as a whole: the client's reserve has no more
 * blocks than a bio has vectors, however fragmented memory is.
 */
static void mainline_kcopyd_overlapping_in_fragments(struct kunit *test)
{
	struct test_disk *td = source_of(test, 2048);
	struct dm_io_region from = region(td, 0, 1016), to = region(td, 8, 1016);
	struct test_request *req = test_request_create(test);
	struct dm_kcopyd_client *kc;

	test_parameter_set(test, "kcopyd_subjob_size_kb", "508");
	refuse_runs(test, 3);
	kc = test_jobs_client(test, NULL);
	refuse_memory_end(test);
	refuse_memory(test);
	test_job_copy(kc, req, &from, 1, &to, 0);
	test_request_expect_copied(req, false, 0);
	refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, td->nr_log, 2);
}

static struct kunit_case mainline_kcopyd_test_cases[] = {
	KUNIT_CASE(mainline_kcopyd_callback_beside_submission),
	KUNIT_CASE(mainline_kcopyd_overlapping_in_fragments),
	KUNIT_CASE(mainline_kcopyd_overlapping),
	KUNIT_CASE(mainline_kcopyd_overlapping_in_little_memory),
	KUNIT_CASE(mainline_kcopyd_overlapping_read_error_ignored),
	KUNIT_CASE(mainline_kcopyd_in_place),
	KUNIT_CASE(mainline_kcopyd_callback_from_process),
	KUNIT_CASE(mainline_kcopyd_callback_from_hardirq),
	KUNIT_CASE(mainline_kcopyd_many_callbacks),
	KUNIT_CASE(mainline_kcopyd_flush_waits_for_callback),
	KUNIT_CASE(mainline_kcopyd_flush_waits_for_copy),
	KUNIT_CASE(mainline_kcopyd_flush_after_io),
	KUNIT_CASE(mainline_kcopyd_destroy_waits_for_prepared),
	KUNIT_CASE(mainline_kcopyd_callbacks_one_at_a_time),
	KUNIT_CASE_PARAM(mainline_kcopyd_callback_starts_more, memory_case_gen_params),
	KUNIT_CASE(mainline_kcopyd_without_memory),
	{}
};

static struct kunit_suite mainline_kcopyd_test_suite = {
	.name = "dm_io_rust_mainline_kcopyd",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = mainline_kcopyd_test_cases,
};

kunit_test_suite(mainline_kcopyd_test_suite);
