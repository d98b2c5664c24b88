// SPDX-License-Identifier: GPL-2.0
/*
 * The copies of both APIs, made as a target makes them.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "refusal_log.h"
#include "refuse_memory.h"
#include "service.h"
#include "test_data.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

/* The default of kcopyd_subjob_size_kb, in sectors. */
#define PART (SZ_512K / SECTOR_SIZE)
/* A reserve with which a client reads all parts at one time that it ever does. */
#define AMPLE_PAGES (SZ_2M / PAGE_SIZE)
#define MAX_DESTS 8
#define RESERVED_JOBS 8

/* A disk with data on it. */
static struct test_disk *source_in(struct kunit *test, sector_t sectors,
				   enum test_disk_context context)
{
	struct test_disk *td = disk_in(test, sectors, context);

	test_fill(td->data, sectors << SECTOR_SHIFT, 1);
	return td;
}

static struct service_region all_of(struct test_disk *td)
{
	return region(td, 0, td->sectors);
}

/* Starts a copy that is well-formed. */
static void start(struct copy_client *kc, struct copy_call *call,
		  const struct service_region *from, unsigned int num_dests,
		  const struct service_region *dests, unsigned int flags)
{
	KUNIT_ASSERT_EQ(kc->test, copy_start(kc, call, from, num_dests, dests, flags), 0);
}

/* Copies, and expects these ends of the copy to fail. */
static void copy(struct copy_client *kc, const struct service_region *from, unsigned int num_dests,
		 const struct service_region *dests, unsigned int flags, bool read_err,
		 unsigned long write_err)
{
	struct copy_call *call = copy_call_create(kc->test);

	start(kc, call, from, num_dests, dests, flags);
	test_request_expect_copied(call->req, read_err, write_err);
}

static void expect_copied(struct test_disk *to, sector_t at, struct test_disk *from,
			  sector_t sector, sector_t sectors)
{
	test_disk_expect_exactly(to, REQ_OP_WRITE, 0, at, sectors);
	test_disk_expect_copy(to, at, from, sector, sectors);
}

/* An API, the pages that its client sets aside, and where its disks complete bios. */
struct copy_case {
	const struct copy_service *service;
	unsigned int pages;
	enum test_disk_context context;
};

/* The request API's clients are not told how many pages to set aside. */
static const struct copy_case copy_cases[] = {
#ifndef CONFIG_DM_IO_IN_RUST
	{ &kcopyd_copies, 1, TEST_DISK_INLINE },
	{ &kcopyd_copies, 2, TEST_DISK_INLINE },
	{ &kcopyd_copies, 16, TEST_DISK_INLINE },
	{ &kcopyd_copies, 128, TEST_DISK_INLINE },
	{ &kcopyd_copies, 1, TEST_DISK_WORKER },
	{ &kcopyd_copies, 128, TEST_DISK_WORKER },
	{ &kcopyd_copies, 1, TEST_DISK_HARDIRQ },
	{ &kcopyd_copies, 2, TEST_DISK_HARDIRQ },
	{ &kcopyd_copies, 16, TEST_DISK_HARDIRQ },
	{ &kcopyd_copies, 128, TEST_DISK_HARDIRQ },
	{ &kcopyd_copies, 3, TEST_DISK_ANYWHERE },
#endif
	{ &mainline_copies, 0, TEST_DISK_INLINE },
	{ &mainline_copies, 0, TEST_DISK_WORKER },
	{ &mainline_copies, 0, TEST_DISK_HARDIRQ },
	{ &mainline_copies, 0, TEST_DISK_ANYWHERE },
};

static void copy_case_name(const struct copy_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s_%u_pages_%s", c->service->name, c->pages,
		 test_disk_context_names[c->context]);
}

KUNIT_ARRAY_PARAM(copy_case, copy_cases, copy_case_name);

static struct copy_client *client_of_case(struct kunit *test)
{
	const struct copy_case *c = test->param_value;

	return copy_client_create(test, c->service, c->pages);
}

static void copy_once(struct copy_client *kc, struct test_disk *from, sector_t sectors,
		      unsigned int num_dests)
{
	const struct copy_case *c = kc->test->param_value;
	struct service_region source = region(from, 9, sectors), dests[MAX_DESTS];
	struct test_disk *to[MAX_DESTS];

	for (unsigned int i = 0; i < num_dests; i++) {
		to[i] = disk_in(kc->test, sectors + 16, c->context);
		dests[i] = region(to[i], i, sectors);
	}
	copy(kc, &source, num_dests, dests, 0, false, 0);
	test_disk_expect_exactly(from, REQ_OP_READ, 0, 9, sectors);
	test_disk_forget(from);
	for (unsigned int i = 0; i < num_dests; i++) {
		expect_copied(to[i], i, from, 9, sectors);
		test_disk_free(to[i]);
	}
}

/* Any length, with any reserve, from and to anywhere. */
static void kcopyd_lengths(struct kunit *test)
{
	static const unsigned int lengths[] = {
		1, 2, 7, 8, 9, 15, 16, 17, 127, 128, 129, 1023, 1024, 1025,
		5000, SZ_8M / SECTOR_SIZE,
	};
	const struct copy_case *c = test->param_value;
	struct test_disk *from = source_in(test, SZ_8M / SECTOR_SIZE + 16, c->context);
	struct copy_client *kc = client_of_case(test);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++)
		copy_once(kc, from, lengths[i], 1);
}

static void kcopyd_destinations(struct kunit *test)
{
	const struct copy_case *c = test->param_value;
	struct test_disk *from = source_in(test, 3100, c->context);
	struct copy_client *kc = client_of_case(test);

	for (int i = 1; i <= MAX_DESTS; i++) {
		copy_once(kc, from, 5, i);
		copy_once(kc, from, 3001, i);
	}
}

/* Each part is one read, and one write to each destination of what was read. */
static void kcopyd_parts(struct kunit *test)
{
	static const unsigned int lengths[] = { 1, 7, PART - 1, PART, PART + 1, 5000 };
	struct copy_client *kc = copy_client_create(test, test->param_value, AMPLE_PAGES);
	struct test_disk *from = source_in(test, 5100, TEST_DISK_INLINE);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct test_disk *to[2] = { disk_of(test, 5100), disk_of(test, 5100) };
		struct service_region source = region(from, 9, lengths[i]);
		struct service_region dests[2] = {
			region(to[0], 0, lengths[i]), region(to[1], 77, lengths[i]),
		};

		copy(kc, &source, 2, dests, 0, false, 0);
		test_disk_expect_parts(from, REQ_OP_READ, 9, lengths[i], PART);
		for (int j = 0; j < 2; j++) {
			test_disk_expect_parts(to[j], REQ_OP_WRITE, dests[j].sector, lengths[i],
					       PART);
			for (int k = 0; k < from->nr_log; k++)
				KUNIT_EXPECT_EQ(test, to[j]->log[k].bvecs, from->log[k].bvecs);
			test_disk_expect_copy(to[j], dests[j].sector, from, 9, lengths[i]);
			test_disk_free(to[j]);
		}
		test_disk_forget(from);
	}
}

/* Nothing to copy is an end without an error. */
static void kcopyd_nothing(struct kunit *test)
{
	struct test_disk *td = disk_of(test, 64);
	struct service_region from = region(td, 0, 0), to = region(td, 8, 0);

	copy(copy_client_create(test, test->param_value, 1), &from, 1, &to, 0, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void kcopyd_within_device(struct kunit *test)
{
	struct test_disk *td = source_in(test, 9000, TEST_DISK_HARDIRQ);
	struct service_region from = region(td, 3000, 3000);
	struct service_region to[2] = { region(td, 0, 3000), region(td, 6000, 3000) };

	copy(copy_client_create(test, test->param_value, 8), &from, 2, to, 0, false, 0);
	for (int i = 0; i < 2; i++)
		test_expect_same(test, sector_data(td, 6000 * i), sector_data(td, 3000),
				 3000 * SECTOR_SIZE, "copy");
}

/* The arguments are the caller's again when the call returns. */
static void kcopyd_keeps_no_arguments(struct kunit *test)
{
	struct test_disk *from = source_in(test, 3000, TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, 3000);
	struct copy_client *kc = copy_client_create(test, test->param_value, 4);
	struct copy_call *call = copy_call_create(test);
	struct service_region *where = kunit_kcalloc(test, 2, sizeof(*where), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, where);
	where[0] = all_of(from);
	where[1] = all_of(to);
	test_disk_hold(from);
	start(kc, call, &where[0], 1, &where[1], 0);
	kunit_kfree(test, where);
	test_disk_release_all(from);
	test_request_expect_copied(call->req, false, 0);
	expect_copied(to, 0, from, 0, 3000);
}

/* Parts are in flight at one time, and end in one callback after the last. */
static void kcopyd_parts_in_parallel(struct kunit *test)
{
	struct test_disk *from = source_in(test, SZ_4M / SECTOR_SIZE, TEST_DISK_WORKER);
	struct test_disk *to = disk_in(test, from->sectors, TEST_DISK_WORKER);
	struct service_region source = all_of(from), dest = all_of(to);
	struct copy_client *kc = copy_client_create(test, test->param_value, AMPLE_PAGES);
	struct copy_call *call = copy_call_create(test);

	test_disk_hold(from);
	test_disk_hold_range(to, to->sectors - 1, 1);
	start(kc, call, &source, 1, &dest, 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(from, 2));
	KUNIT_EXPECT_EQ(test, to->nr_log, 0);
	test_disk_release_all(from);

	KUNIT_ASSERT_TRUE(test, test_disk_wait_held(to));
	KUNIT_EXPECT_EQ(test, atomic_read(&call->req->calls), 0);
	test_disk_release_all(to);
	test_request_expect_copied(call->req, false, 0);
	expect_copied(to, 0, from, 0, from->sectors);
}

/* Holds what arrives at one end of a copy, and ends it in reverse order. */
static void end_in_reverse(struct kunit *test, bool writes)
{
	struct test_disk *from = source_in(test, SZ_4M / SECTOR_SIZE, TEST_DISK_HARDIRQ);
	struct test_disk *to = disk_in(test, from->sectors, TEST_DISK_HARDIRQ);
	struct test_disk *held = writes ? to : from;
	struct service_region source = all_of(from), dest = all_of(to);
	struct copy_client *kc = copy_client_create(test, test->param_value, AMPLE_PAGES);
	struct copy_call *call = copy_call_create(test);

	test_disk_hold(held);
	start(kc, call, &source, 1, &dest, 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(held, 2));
	test_disk_release_reverse(held);
	test_disk_release_all(held);
	test_request_expect_copied(call->req, false, 0);
	expect_copied(to, 0, from, 0, from->sectors);
}

/* Parts may be read in any order, and written in any order. */
static void kcopyd_reads_end_in_reverse(struct kunit *test)
{
	end_in_reverse(test, false);
}

static void kcopyd_writes_end_in_reverse(struct kunit *test)
{
	end_in_reverse(test, true);
}

/* Callbacks that are never to run at one time. */
struct serial {
	struct copy_call call;
	/* Held by the callback that runs. */
	struct mutex in_callback;
	unsigned int overlaps;
	atomic_t left;
	struct completion done;
};

static void serial_copy_done(struct copy_call *call, int read_err, unsigned long write_err)
{
	struct serial *serial = container_of(call, struct serial, call);

	if (!mutex_trylock(&serial->in_callback)) {
		serial->overlaps++;
		return;
	}
	/* Gives another a chance to be wrong; none of it decides the result. */
	usleep_range(1000, 2000);
	mutex_unlock(&serial->in_callback);
	if (atomic_dec_and_test(&serial->left))
		complete(&serial->done);
}

#define SERIAL_COPIES 32

static void kcopyd_callbacks_one_at_a_time(struct kunit *test)
{
	const struct copy_service *service = test->param_value;
	struct serial *serial = kunit_kzalloc(test, sizeof(*serial), GFP_KERNEL);
	struct test_disk *from = source_in(test, 8 * SERIAL_COPIES, TEST_DISK_ANYWHERE);
	struct test_disk *to = disk_in(test, from->sectors, TEST_DISK_ANYWHERE);
	struct copy_client *kc = copy_client_create(test, service, 64);

	KUNIT_ASSERT_NOT_NULL(test, serial);
	serial->call.fn = serial_copy_done;
	mutex_init(&serial->in_callback);
	init_completion(&serial->done);
	atomic_set(&serial->left, SERIAL_COPIES);
	for (int i = 0; i < SERIAL_COPIES; i++) {
		struct service_region source = region(from, 8 * i, 8), dest = region(to, 8 * i, 8);

		KUNIT_EXPECT_EQ(test, 0, service->copy(kc->client, &source, 1, &dest, 0,
						       &serial->call));
	}
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&serial->done, TEST_TIMEOUT));
	copy_client_destroy(kc);
	KUNIT_EXPECT_EQ(test, serial->overlaps, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&serial->left), 0);
	expect_copied(to, 0, from, 0, from->sectors);
}

/* Each copy of a chain is started by the callback of the one before. */
struct chain {
	struct copy_call call;
	struct copy_client *kc;
	struct test_disk *td;
	unsigned int done;
	int error;
	struct completion ended;
};

#define CHAIN_LINKS 100
#define CHAIN_SECTORS 24

static int chain_next(struct chain *chain)
{
	struct service_region from = region(chain->td, chain->done * CHAIN_SECTORS, CHAIN_SECTORS);
	struct service_region to = from;

	to.sector += CHAIN_SECTORS;
	return chain->kc->service->copy(chain->kc->client, &from, 1, &to, 0, &chain->call);
}

static void chain_copy_done(struct copy_call *call, int read_err, unsigned long write_err)
{
	struct chain *chain = container_of(call, struct chain, call);

	chain->done++;
	chain->error |= read_err || write_err;
	if (!chain->error && chain->done < CHAIN_LINKS)
		chain->error = chain_next(chain);
	if (chain->error || chain->done == CHAIN_LINKS)
		complete(&chain->ended);
}

static struct chain *chain_create(struct kunit *test, struct copy_client *kc,
				  enum test_disk_context context)
{
	struct chain *chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, chain);
	chain->call.fn = chain_copy_done;
	chain->kc = kc;
	chain->td = disk_in(test, (CHAIN_LINKS + 1) * CHAIN_SECTORS, context);
	init_completion(&chain->ended);
	test_fill(chain->td->data, CHAIN_SECTORS * SECTOR_SIZE, 2);
	return chain;
}

static void expect_chain_done(struct kunit *test, struct chain *chain)
{
	KUNIT_EXPECT_EQ(test, chain->error, 0);
	KUNIT_EXPECT_EQ(test, chain->done, CHAIN_LINKS);
	test_expect_same(test, sector_data(chain->td, CHAIN_LINKS * CHAIN_SECTORS),
			 chain->td->data, CHAIN_SECTORS * SECTOR_SIZE, "last link");
}

static void run_chain(struct kunit *test, bool memory)
{
	const struct copy_case *c = test->param_value;
	struct copy_client *kc = client_of_case(test);
	struct chain *chain = chain_create(test, kc, c->context);
	int ret;

	if (!memory)
		refuse_memory(test);
	ret = chain_next(chain);
	if (!ret && !wait_for_completion_timeout(&chain->ended, TEST_TIMEOUT))
		ret = -ETIMEDOUT;
	if (!memory) {
		refuse_memory_end(test);
		/* A job and a sub-job for each: one that takes more takes it from others. */
		KUNIT_EXPECT_EQ(test, refuse_memory_asks_of_reserve(), 2 * CHAIN_LINKS);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	expect_chain_done(test, chain);
}

static void kcopyd_callback_starts_copy(struct kunit *test)
{
	run_chain(test, true);
}

static void kcopyd_callback_starts_copy_without_memory(struct kunit *test)
{
	run_chain(test, false);
}

/* A callback that starts as many copies as it can. */
struct burst {
	struct copy_call first;
	struct copy_call call;
	struct copy_client *kc;
	struct test_disk *td;
	unsigned int started;
	unsigned int done;
	int refusal;
	int error;
	struct completion ended;
};

static void burst_copy_done(struct copy_call *call, int read_err, unsigned long write_err)
{
	struct burst *burst = container_of(call, struct burst, call);

	burst->error |= read_err || write_err;
	if (++burst->done == burst->started)
		complete(&burst->ended);
}

static void burst_start(struct copy_call *call, int read_err, unsigned long write_err)
{
	struct burst *burst = container_of(call, struct burst, first);
	const struct copy_service *service = burst->kc->service;
	struct service_region from = region(burst->td, 0, CHAIN_SECTORS), to = from;

	burst->error |= read_err || write_err;
	while (!burst->refusal && burst->started < CHAIN_LINKS) {
		to.sector += CHAIN_SECTORS;
		burst->refusal = service->copy(burst->kc->client, &from, 1, &to, 0, &burst->call);
		if (!burst->refusal)
			burst->started++;
	}
	if (!burst->started)
		complete(&burst->ended);
}

static struct burst *burst_create(struct kunit *test)
{
	struct burst *burst = kunit_kzalloc(test, sizeof(*burst), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, burst);
	burst->first.fn = burst_start;
	burst->call.fn = burst_copy_done;
	burst->td = disk_of(test, (CHAIN_LINKS + 1) * CHAIN_SECTORS);
	burst->kc = copy_client_create(test, test->param_value, 16);
	init_completion(&burst->ended);
	test_fill(burst->td->data, CHAIN_SECTORS * SECTOR_SIZE, 3);
	return burst;
}

/* To wait for the memory of copies that only callbacks end would be forever. */
static void kcopyd_callback_is_not_blocked(struct kunit *test)
{
	const struct copy_service *service = test->param_value;
	struct burst *burst = burst_create(test);
	struct service_region from = region(burst->td, 0, CHAIN_SECTORS), to = from;
	unsigned int refused;
	int ret;

	to.sector += CHAIN_SECTORS;
	refuse_memory(test);
	ret = service->copy(burst->kc->client, &from, 1, &to, 0, &burst->first);
	if (!ret && !wait_for_completion_timeout(&burst->ended, TEST_TIMEOUT))
		ret = -ETIMEDOUT;
	refused = refuse_memory_end(test);

	/* The first of them have what is set aside. */
	KUNIT_EXPECT_EQ(test, refuse_memory_unrefusable(), CHAIN_LINKS - RESERVED_JOBS);
	/* Among them the worker's, and not only the first copy's. */
	KUNIT_EXPECT_GT(test, refused, burst->started);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, burst->error, 0);
	KUNIT_EXPECT_EQ(test, burst->refusal, 0);
	KUNIT_EXPECT_EQ(test, burst->started, CHAIN_LINKS);
	KUNIT_EXPECT_EQ(test, burst->done, CHAIN_LINKS);
	test_expect_same(test, sector_data(burst->td, burst->started * CHAIN_SECTORS),
			 burst->td->data, CHAIN_SECTORS * SECTOR_SIZE, "last copy");
}

/* After an error the rest was left alone. */
static void expect_not_all_started(struct test_disk *td)
{
	sector_t sectors = 0;

	for (unsigned int i = 0; i < td->nr_log; i++)
		sectors += td->log[i].sectors;
	KUNIT_EXPECT_LT(td->test, sectors, td->sectors);
}

#define ERROR_SECTORS (SZ_8M / SECTOR_SIZE)

/* The first part cannot be read: of this many parts, the rest is left alone. */
static void kcopyd_read_error(struct kunit *test)
{
	struct test_disk *from = source_in(test, ERROR_SECTORS, TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, ERROR_SECTORS);
	struct service_region source = all_of(from), dest = all_of(to);
	struct copy_client *kc = copy_client_create(test, test->param_value, 8);

	test_disk_fail(from, 3, 1, true, false, BLK_STS_MEDIUM);
	copy(kc, &source, 1, &dest, 0, true, 0);
	expect_not_all_started(from);
	test_expect_zeroes(test, to->data, 8 * SECTOR_SIZE, "unread");

	/* The client is as good as before. */
	test_disk_fail_nothing(from);
	test_disk_forget(from);
	test_disk_forget(to);
	memset(to->data, 0, ERROR_SECTORS * SECTOR_SIZE);
	copy(kc, &source, 1, &dest, 0, false, 0);
	expect_copied(to, 0, from, 0, ERROR_SECTORS);
}

/* A read that fails is not repeated, and its part is not written. */
static void kcopyd_read_error_of_only_part(struct kunit *test)
{
	struct test_disk *from = source_in(test, 32, TEST_DISK_INLINE), *to = disk_of(test, 32);
	struct service_region source = region(from, 0, 16), dest = region(to, 8, 16);

	test_disk_fail(from, 5, 1, true, false, BLK_STS_MEDIUM);
	copy(copy_client_create(test, test->param_value, 8), &source, 1, &dest, 0, true, 0);
	test_disk_expect_parts(from, REQ_OP_READ, 0, 16, PART);
	KUNIT_EXPECT_EQ(test, to->nr_log, 0);
}

/* Only the blocks that cannot be read are lost: they are zeroes in the copy. */
static void read_error_ignored(struct kunit *test, unsigned int block, sector_t sectors)
{
	const struct test_disk_config config = {
		.sectors = sectors,
		.logical_block_size = block,
		.context = TEST_DISK_WORKER,
	};
	const sector_t lost = block >> SECTOR_SHIFT;
	const sector_t bad[] = { 0, sectors / 2, sectors - lost };
	struct test_disk *from = test_disk_create(test, &config);
	struct test_disk *to = test_disk_create(test, &config);
	struct service_region source = all_of(from), dest = all_of(to);
	struct copy_client *kc = copy_client_create(test, test->param_value, 8);

	test_fill(from->data, sectors * SECTOR_SIZE, 1);
	memset(to->data, 0xff, sectors * SECTOR_SIZE);
	for (int i = 0; i < ARRAY_SIZE(bad); i++)
		test_disk_fail(from, bad[i], 1, true, false, BLK_STS_MEDIUM);
	copy(kc, &source, 1, &dest, COPY_IGNORE_ERROR, true, 0);

	for (int i = 0; i < ARRAY_SIZE(bad); i++)
		memset(sector_data(from, bad[i]), 0, block);
	expect_copied(to, 0, from, 0, sectors);
}

static void kcopyd_read_error_ignored(struct kunit *test)
{
	read_error_ignored(test, 512, 16);
	read_error_ignored(test, 512, ERROR_SECTORS);
	read_error_ignored(test, 4096, ERROR_SECTORS);
}

/* Several destinations fail, at the start of the copy and within its first part. */
static void kcopyd_write_error_stops(struct kunit *test)
{
	struct test_disk *from = source_in(test, ERROR_SECTORS, TEST_DISK_INLINE);
	struct service_region source = all_of(from), dests[4];
	struct test_disk *to[4];

	for (int i = 0; i < ARRAY_SIZE(dests); i++) {
		to[i] = disk_of(test, ERROR_SECTORS);
		dests[i] = all_of(to[i]);
	}
	test_disk_fail(to[1], 3, 1, false, true, BLK_STS_IOERR);
	test_disk_fail(to[3], 0, 1, false, true, BLK_STS_NOSPC);
	copy(copy_client_create(test, test->param_value, 8), &source, 4, dests, 0, false,
	     BIT(1) | BIT(3));
	expect_not_all_started(from);
	expect_not_all_started(to[0]);
}

/* Whatever can be copied is. */
static void kcopyd_write_error_ignored(struct kunit *test)
{
	struct test_disk *from = source_in(test, ERROR_SECTORS, TEST_DISK_HARDIRQ);
	struct service_region source = all_of(from), dests[MAX_DESTS];
	struct test_disk *to[MAX_DESTS];

	for (int i = 0; i < ARRAY_SIZE(dests); i++) {
		to[i] = disk_in(test, ERROR_SECTORS, TEST_DISK_HARDIRQ);
		dests[i] = all_of(to[i]);
	}
	test_disk_fail(to[0], 3, 1, false, true, BLK_STS_IOERR);
	test_disk_fail(to[7], ERROR_SECTORS - 1, 1, false, true, BLK_STS_IOERR);
	copy(copy_client_create(test, test->param_value, 8), &source, MAX_DESTS, dests,
	     COPY_IGNORE_ERROR, false, BIT(0) | BIT(7));
	for (int i = 1; i < MAX_DESTS - 1; i++)
		expect_copied(to[i], 0, from, 0, ERROR_SECTORS);

	/* So is what lies around a bad sector. */
	test_expect_zeroes(test, sector_data(to[0], 3), SECTOR_SIZE, "lost");
	memcpy(sector_data(to[0], 3), sector_data(from, 3), SECTOR_SIZE);
	test_expect_same(test, to[0]->data, from->data, ERROR_SECTORS * SECTOR_SIZE, "first");
	test_expect_same(test, to[7]->data, from->data, (ERROR_SECTORS - 1) * SECTOR_SIZE, "last");
}

/* An API, and what it does about errors. */
struct flags_case {
	const char *name;
	const struct copy_service *service;
	unsigned int flags;
};

static const struct flags_case flags_cases[] = {
#ifndef CONFIG_DM_IO_IN_RUST
	{ "kcopyd_stop", &kcopyd_copies, 0 },
	{ "kcopyd_ignore_error", &kcopyd_copies, COPY_IGNORE_ERROR },
#endif
	{ "mainline_stop", &mainline_copies, 0 },
	{ "mainline_ignore_error", &mainline_copies, COPY_IGNORE_ERROR },
};

KUNIT_ARRAY_PARAM_DESC(flags_case, flags_cases, name);

/* A destination that fails is no matter to the others: unless all is to stop. */
static void kcopyd_write_error(struct kunit *test)
{
	const struct flags_case *c = test->param_value;
	unsigned int parts = c->flags ? 5 : 2;
	struct test_disk *from = source_in(test, 5 * PART, TEST_DISK_INLINE), *to[3];
	struct service_region source = all_of(from), dests[3];

	for (int i = 0; i < ARRAY_SIZE(to); i++) {
		to[i] = disk_of(test, 5 * PART);
		dests[i] = all_of(to[i]);
	}
	/* What is unsupported is so in pieces, too, and not tried again. */
	test_disk_fail(to[1], PART + 3, 1, false, true,
		       c->flags ? BLK_STS_IOERR : BLK_STS_NOTSUPP);
	copy(copy_client_create(test, c->service, AMPLE_PAGES), &source, 3, dests, c->flags,
	     false, 2);
	for (int i = 0; i < ARRAY_SIZE(to); i += 2) {
		test_disk_expect_parts(to[i], REQ_OP_WRITE, 0, parts * PART, PART);
		test_disk_expect_copy(to[i], 0, from, 0, parts * PART);
	}
	if (!c->flags) {
		test_disk_expect_parts(to[1], REQ_OP_WRITE, 0, parts * PART, PART);
		return;
	}
	/* Of this one only the bad sector is lost. */
	memset(sector_data(from, PART + 3), 0, SECTOR_SIZE);
	test_disk_expect_copy(to[1], 0, from, 0, parts * PART);
}

/* All destinations fail, each with its bit. */
static void kcopyd_all_writes_fail(struct kunit *test)
{
	const struct flags_case *c = test->param_value;
	struct test_disk *from = source_in(test, 8, TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, 8 * MAX_DESTS);
	struct service_region source = all_of(from), dests[MAX_DESTS];
	unsigned int alone = 0;

	for (int i = 0; i < MAX_DESTS; i++)
		dests[i] = region(to, 8 * i, 8);
	test_disk_fail(to, 0, to->sectors, false, true, BLK_STS_IOERR);
	copy(copy_client_create(test, c->service, 16), &source, MAX_DESTS, dests, c->flags,
	     false, 0xff);
	for (unsigned int i = 0; i < to->nr_log; i++)
		alone += to->log[i].sectors == 1;
	/* Where errors are ignored each sector was tried by itself. */
	KUNIT_EXPECT_EQ(test, alone, c->flags ? 8 * MAX_DESTS : 0);
	if (!c->flags)
		KUNIT_EXPECT_EQ(test, to->nr_log, MAX_DESTS);
	test_expect_zeroes(test, to->data, to->sectors << SECTOR_SHIFT, "unwritten");
}

static void destroy_in_thread(void *context)
{
	copy_client_destroy(context);
}

static void kcopyd_destroy_waits(struct kunit *test)
{
	struct test_disk *from = source_in(test, 4000, TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, 4000);
	struct service_region source = all_of(from), dest = all_of(to);
	struct copy_client *kc = copy_client_create(test, test->param_value, 16);
	struct copy_call *call = copy_call_create(test);
	struct test_thread *thread;

	test_disk_hold_range(to, 3999, 1);
	start(kc, call, &source, 1, &dest, 0);
	thread = test_thread_create(test, destroy_in_thread, kc);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	KUNIT_EXPECT_EQ(test, atomic_read(&call->req->calls), 0);

	test_disk_release_all(to);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&call->req->calls), 1);
	test_request_expect_copied(call->req, false, 0);
	expect_copied(to, 0, from, 0, 4000);
}

/* It waits for a callback that runs as well, and for what that starts. */
static void kcopyd_destroy_waits_for_chain(struct kunit *test)
{
	struct copy_client *kc = copy_client_create(test, test->param_value, 8);
	struct chain *chain = chain_create(test, kc, TEST_DISK_WORKER);

	KUNIT_ASSERT_EQ(test, chain_next(chain), 0);
	copy_client_destroy(kc);
	expect_chain_done(test, chain);
}

/* A callback that does what the headers forbid to it. */
struct destroyer {
	struct copy_call call;
	struct copy_client *kc;
};

static void destroy_in_callback(struct copy_call *call, int read_err, unsigned long write_err)
{
	struct destroyer *destroyer = container_of(call, struct destroyer, call);
	struct copy_client *kc = destroyer->kc;

	refusal_log_watch(kc->test);
	if (kc->service->flush) {
		kc->service->flush(kc->client);
		refusal_log_expect(kc->test, 1, 0);
	}
	kc->service->destroy(kc->client);
	refusal_log_expect(kc->test, 1, 1);
	copy_call_done(call, read_err, write_err);
}

/* That would wait for itself: it is refused, and logged, and the client is what it was. */
static void kcopyd_destroy_in_callback(struct kunit *test)
{
	struct test_disk *from = source_in(test, 3 * PART, TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, 3 * PART);
	struct service_region source = all_of(from), dest = all_of(to);
	struct copy_client *kc = copy_client_create(test, test->param_value, 16);
	struct destroyer *destroyer = kunit_kzalloc(test, sizeof(*destroyer), GFP_KERNEL);
	struct copy_call *next = copy_call_create(test);

	KUNIT_ASSERT_NOT_NULL(test, destroyer);
	destroyer->call.fn = destroy_in_callback;
	destroyer->call.req = test_request_create(test);
	destroyer->kc = kc;
	test_disk_hold_range(to, 3 * PART - 1, 1);
	start(kc, &destroyer->call, &source, 1, &dest, 0);
	start(kc, next, &source, 1, &dest, 0);
	test_disk_release_all(to);
	test_request_expect_copied(destroyer->call.req, false, 0);
	test_request_expect_copied(next->req, false, 0);
	copy(kc, &source, 1, &dest, 0, false, 0);
	copy_client_destroy(kc);
	KUNIT_EXPECT_EQ(test, atomic_read(&destroyer->call.req->calls), 1);
}

static void kcopyd_idle_client(struct kunit *test)
{
	static const unsigned int pages[] = { 1, 2, 3, 255, 256, 257, 1024 };
	const struct copy_service *service = test->param_value;

	for (int i = 0; i < 3 * ARRAY_SIZE(pages); i++) {
		void *client = service->create(pages[i % ARRAY_SIZE(pages)]);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
		service->destroy(client);
	}
}

static void kcopyd_client_refused(struct kunit *test)
{
	const struct copy_service *service = test->param_value;
	void *client;

	refuse_memory(test);
	client = service->create(16);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(client), -ENOMEM);
}

#define SCARCE_COPIES 40
#define SCARCE_SECTORS 1001

static int start_scarce(struct copy_client *kc, struct copy_call **calls, struct test_disk *from,
			struct test_disk **to)
{
	int ret = 0;

	for (int i = 0; i < SCARCE_COPIES && !ret; i++) {
		sector_t sector = i * SCARCE_SECTORS;
		struct service_region source = region(from, sector, SCARCE_SECTORS);
		struct service_region dests[2] = {
			region(to[0], sector, SCARCE_SECTORS),
			region(to[1], sector, SCARCE_SECTORS),
		};

		ret = copy_start(kc, calls[i], &source, 2, dests, 0);
	}
	return ret;
}

/* Many copies at one time, and the client's reserve is all there is. */
static void kcopyd_without_memory(struct kunit *test)
{
	const struct copy_case *c = test->param_value;
	const sector_t sectors = SCARCE_COPIES * SCARCE_SECTORS;
	struct test_disk *from = source_in(test, sectors, c->context);
	struct test_disk *to[2] = {
		disk_in(test, sectors, c->context), disk_in(test, sectors, c->context),
	};
	struct copy_client *kc = client_of_case(test);
	struct copy_call *calls[SCARCE_COPIES];
	int ret;

	for (int i = 0; i < SCARCE_COPIES; i++)
		calls[i] = copy_call_create(test);
	refuse_memory(test);
	ret = start_scarce(kc, calls, from, to);
	for (int i = 0; i < SCARCE_COPIES && calls[i]->req->started; i++)
		test_request_wait(calls[i]->req);
	refuse_memory_end(test);

	KUNIT_ASSERT_EQ(test, ret, 0);
	for (int i = 0; i < SCARCE_COPIES; i++)
		test_request_expect_copied(calls[i]->req, false, 0);
	expect_copied(to[0], 0, from, 0, sectors);
	expect_copied(to[1], 0, from, 0, sectors);
}

/* Two clients share disks, and neither waits for the other. */
static void kcopyd_clients_are_independent(struct kunit *test)
{
	struct test_disk *from[2] = {
		source_in(test, 3000, TEST_DISK_INLINE), source_in(test, 3000, TEST_DISK_INLINE),
	};
	struct test_disk *to[2] = { disk_of(test, 3000), disk_of(test, 3000) };
	struct copy_call *call[2];

	test_disk_hold(from[0]);
	for (int i = 0; i < 2; i++) {
		struct copy_client *kc = copy_client_create(test, test->param_value, 4);
		struct service_region source = all_of(from[i]), dest = all_of(to[i]);

		call[i] = copy_call_create(test);
		start(kc, call[i], &source, 1, &dest, 0);
	}
	test_request_expect_copied(call[1]->req, false, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&call[0]->req->calls), 0);
	test_disk_release_all(from[0]);
	test_request_expect_copied(call[0]->req, false, 0);
	for (int i = 0; i < 2; i++)
		expect_copied(to[i], 0, from[i], 0, 3000);
}

/* A stacked device that copies before it completes a bio, as a snapshot. */
struct stacked {
	struct copy_call call;
	struct copy_client *kc;
	struct test_disk *from;
	struct test_disk *to;
	struct test_disk *upper;
	struct bio *bio;
};

static void end_stacked(struct copy_call *call, int read_err, unsigned long write_err)
{
	struct stacked *s = container_of(call, struct stacked, call);

	test_disk_end_mapped(s->upper, s->bio, read_err || write_err ?
					       BLK_STS_IOERR : BLK_STS_OK);
}

/* current->bio_list is set here: what is submitted waits for the return. */
static void map_stacked(struct bio *bio, void *context)
{
	struct stacked *s = context;
	struct service_region source = all_of(s->from), dest = all_of(s->to);

	s->bio = bio;
	if (s->kc->service->copy(s->kc->client, &source, 1, &dest, 0, &s->call))
		end_stacked(&s->call, 1, 0);
}

static void kcopyd_from_map(struct kunit *test)
{
	const struct copy_case *c = test->param_value;
	struct stacked *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct bio bio;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->call.fn = end_stacked;
	s->from = source_in(test, 5000, c->context);
	s->to = disk_in(test, 5000, c->context);
	s->kc = client_of_case(test);
	s->upper = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 64,
		.map = map_stacked,
		.context_of_hooks = s,
		.write_cache = true,
	});
	bio_init(&bio, s->upper->bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	ret = submit_bio_wait(&bio);
	bio_uninit(&bio);
	KUNIT_EXPECT_EQ(test, ret, 0);
	expect_copied(s->to, 0, s->from, 0, 5000);
}

/* A copy between devices of different logical block sizes. */
static void kcopyd_large_logical_blocks(struct kunit *test)
{
	const struct copy_case *c = test->param_value;
	struct test_disk *from = source_in(test, 4096, c->context);
	struct test_disk *to = test_disk_create(test, &(struct test_disk_config) {
		.sectors = 4096,
		.logical_block_size = 4096,
		.context = c->context,
	});
	struct service_region source = region(from, 3, 4088), dest = region(to, 8, 4088);

	copy(client_of_case(test), &source, 1, &dest, 0, false, 0);
	expect_copied(to, 8, from, 3, 4088);
}

static struct kunit_case kcopyd_test_cases[] = {
	KUNIT_CASE_PARAM(kcopyd_lengths, copy_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_destinations, copy_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_parts, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_nothing, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_within_device, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_keeps_no_arguments, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_parts_in_parallel, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_reads_end_in_reverse, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_writes_end_in_reverse, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_callbacks_one_at_a_time, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_callback_starts_copy, copy_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_callback_starts_copy_without_memory, copy_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_callback_is_not_blocked, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_read_error, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_read_error_of_only_part, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_read_error_ignored, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_write_error_stops, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_write_error_ignored, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_write_error, flags_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_all_writes_fail, flags_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_destroy_waits, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_destroy_waits_for_chain, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_destroy_in_callback, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_idle_client, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_client_refused, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_without_memory, copy_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_clients_are_independent, copy_service_gen_params),
	KUNIT_CASE_PARAM(kcopyd_from_map, copy_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_large_logical_blocks, copy_case_gen_params),
	{}
};

static struct kunit_suite kcopyd_test_suite = {
	.name = "dm_io_rust_kcopyd",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = kcopyd_test_cases,
};

kunit_test_suite(kcopyd_test_suite);
