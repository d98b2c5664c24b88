// SPDX-License-Identifier: GPL-2.0
/*
 * The copies of kcopyd.h, made as a target makes them.
 */
#include <dm_io_rust/kcopyd.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/delay.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "test_buffer.h"
#include "test_client.h"
#include "test_disk.h"
#include "test_request.h"
#include "test_thread.h"

static struct test_disk *disk_in(struct kunit *test, sector_t sectors,
				 enum test_disk_context context)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = sectors,
		.context = context,
	});
}

static struct test_disk *disk_of(struct kunit *test, sector_t sectors)
{
	return disk_in(test, sectors, TEST_DISK_INLINE);
}

/* A disk with data on it. */
static struct test_disk *source_of(struct kunit *test, sector_t sectors,
				   enum test_disk_context context)
{
	struct test_disk *td = disk_in(test, sectors, context);

	test_fill(td->data, sectors << SECTOR_SHIFT, 1);
	return td;
}

static int start(struct kcopyd_client *kc, struct test_request *req,
		 struct io_region *from, unsigned int num_dests,
		 struct io_region *dests, unsigned int flags)
{
	int ret = kcopyd_copy(kc, from, num_dests, dests, flags,
			      test_request_copy_done, req);

	return test_request_started(req, ret);
}

static void expect_copied(struct test_disk *to, sector_t at,
			  struct test_disk *from, sector_t sector,
			  sector_t sectors)
{
	sector_t end = at + sectors;

	test_disk_expect_exactly(to, REQ_OP_WRITE, 0, at, sectors);
	test_expect_zeroes(to->test, to->data, at << SECTOR_SHIFT, "before");
	test_expect_same(to->test, sector_data(to, at),
			 sector_data(from, sector), sectors << SECTOR_SHIFT,
			 "copy");
	test_expect_zeroes(to->test, sector_data(to, end),
			   (to->sectors - end) << SECTOR_SHIFT, "behind");
}

struct size_case {
	unsigned int pages;
	enum test_disk_context context;
};

static const struct size_case size_cases[] = {
	{ 1, TEST_DISK_INLINE },
	{ 2, TEST_DISK_INLINE },
	{ 16, TEST_DISK_INLINE },
	{ 128, TEST_DISK_INLINE },
	{ 1, TEST_DISK_WORKER },
	{ 128, TEST_DISK_WORKER },
	{ 1, TEST_DISK_HARDIRQ },
	{ 2, TEST_DISK_HARDIRQ },
	{ 16, TEST_DISK_HARDIRQ },
	{ 128, TEST_DISK_HARDIRQ },
	{ 3, TEST_DISK_ANYWHERE },
};

static void size_case_name(const struct size_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u_pages_%s", c->pages,
		 test_disk_context_names[c->context]);
}

KUNIT_ARRAY_PARAM(size_case, size_cases, size_case_name);

static void copy_once(struct kunit *test, struct kcopyd_client *kc,
		      struct test_disk *from, sector_t sectors,
		      unsigned int num_dests)
{
	const struct size_case *c = test->param_value;
	struct io_region source = { from->bdev, 9, sectors };
	struct io_region dests[KCOPYD_MAX_REGIONS];
	struct test_disk *to[KCOPYD_MAX_REGIONS];
	struct test_request *req;

	for (unsigned int i = 0; i < num_dests; i++) {
		to[i] = disk_in(test, sectors + 16, c->context);
		dests[i] = (struct io_region) { to[i]->bdev, i, sectors };
	}
	req = test_request_create(test);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, num_dests, dests, 0), 0);
	test_request_expect_copied(req, false, 0);

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
	const struct size_case *c = test->param_value;
	struct test_disk *from = source_of(test, SZ_8M / SECTOR_SIZE + 16,
					   c->context);
	struct kcopyd_client *kc = test_client_create(test, c->pages);

	for (int i = 0; i < ARRAY_SIZE(lengths); i++)
		copy_once(test, kc, from, lengths[i], 1);
}

static void kcopyd_destinations(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	struct test_disk *from = source_of(test, 3100, c->context);
	struct kcopyd_client *kc = test_client_create(test, c->pages);

	for (int i = 1; i <= KCOPYD_MAX_REGIONS; i++) {
		copy_once(test, kc, from, 5, i);
		copy_once(test, kc, from, 3001, i);
	}
}

/* Nothing to copy is an end without an error. */
static void kcopyd_nothing(struct kunit *test)
{
	struct test_disk *td = disk_of(test, 64);
	struct io_region from = { td->bdev, 0, 0 }, to = { td->bdev, 8, 0 };
	struct kcopyd_client *kc = test_client_create(test, 1);
	struct test_request *req = test_request_create(test);

	KUNIT_ASSERT_EQ(test, start(kc, req, &from, 1, &to, 0), 0);
	test_request_expect_copied(req, false, 0);
	KUNIT_EXPECT_EQ(test, td->nr_log, 0);
}

static void kcopyd_within_device(struct kunit *test)
{
	struct test_disk *td = source_of(test, 9000, TEST_DISK_HARDIRQ);
	struct io_region from = { td->bdev, 3000, 3000 };
	struct io_region to[2] = {
		{ td->bdev, 0, 3000 }, { td->bdev, 6000, 3000 },
	};
	struct kcopyd_client *kc = test_client_create(test, 8);
	struct test_request *req = test_request_create(test);

	KUNIT_ASSERT_EQ(test, start(kc, req, &from, 2, to, 0), 0);
	test_request_expect_copied(req, false, 0);
	for (int i = 0; i < 2; i++)
		test_expect_same(test, sector_data(td, 6000 * i),
				 sector_data(td, 3000), 3000 * SECTOR_SIZE,
				 "copy");
}

/* The arguments are the caller's again when the call returns. */
static void kcopyd_keeps_no_arguments(struct kunit *test)
{
	struct test_disk *from = source_of(test, 3000, TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, 3000);
	struct kcopyd_client *kc = test_client_create(test, 4);
	struct test_request *req = test_request_create(test);
	struct io_region *where;
	int ret;

	where = kunit_kcalloc(test, 2, sizeof(*where), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, where);
	where[0] = (struct io_region) { from->bdev, 0, 3000 };
	where[1] = (struct io_region) { to->bdev, 0, 3000 };
	test_disk_hold(from);
	ret = start(kc, req, &where[0], 1, &where[1], 0);
	kunit_kfree(test, where);
	KUNIT_ASSERT_EQ(test, ret, 0);
	test_disk_release_all(from);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 0, from, 0, 3000);
}

/* Parts are in flight at one time, and end in one callback after the last. */
static void kcopyd_parts_in_parallel(struct kunit *test)
{
	struct test_disk *from = source_of(test, SZ_4M / SECTOR_SIZE,
					   TEST_DISK_WORKER);
	struct test_disk *to = disk_in(test, from->sectors, TEST_DISK_WORKER);
	struct io_region source = { from->bdev, 0, from->sectors };
	struct io_region dest = { to->bdev, 0, to->sectors };
	struct kcopyd_client *kc = test_client_create(test, SZ_2M / PAGE_SIZE);
	struct test_request *req = test_request_create(test);

	test_disk_hold(from);
	test_disk_hold_range(to, to->sectors - 1, 1);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 1, &dest, 0), 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(from, 2));
	KUNIT_EXPECT_EQ(test, to->nr_log, 0);
	test_disk_release_all(from);

	KUNIT_ASSERT_TRUE(test, test_disk_wait_held(to));
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);
	test_disk_release_all(to);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 0, from, 0, from->sectors);
}

/* Ends of parts in any order are all the same to the copy. */
static void kcopyd_parts_end_in_reverse(struct kunit *test)
{
	struct test_disk *from = source_of(test, SZ_4M / SECTOR_SIZE,
					   TEST_DISK_HARDIRQ);
	struct test_disk *to = disk_in(test, from->sectors, TEST_DISK_HARDIRQ);
	struct io_region source = { from->bdev, 0, from->sectors };
	struct io_region dest = { to->bdev, 0, to->sectors };
	struct kcopyd_client *kc = test_client_create(test, SZ_2M / PAGE_SIZE);
	struct test_request *req = test_request_create(test);

	test_disk_hold(from);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 1, &dest, 0), 0);
	KUNIT_ASSERT_TRUE(test, test_disk_wait_arrived(from, 2));
	test_disk_release_reverse(from);
	test_disk_release_all(from);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 0, from, 0, from->sectors);
}

/* Callbacks that are never to run at one time. */
struct serial {
	/* Held by the callback that runs. */
	struct mutex in_callback;
	unsigned int overlaps;
	atomic_t left;
	struct completion done;
};

static void serial_copy_done(int read_err, unsigned int write_err,
			     void *context)
{
	struct serial *serial = context;

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
	struct serial *serial = kunit_kzalloc(test, sizeof(*serial), GFP_KERNEL);
	struct test_disk *from = source_of(test, 8 * SERIAL_COPIES,
					   TEST_DISK_ANYWHERE);
	struct test_disk *to = disk_in(test, from->sectors, TEST_DISK_ANYWHERE);
	struct kcopyd_client *kc = test_client_create(test, 64);

	KUNIT_ASSERT_NOT_NULL(test, serial);
	mutex_init(&serial->in_callback);
	init_completion(&serial->done);
	atomic_set(&serial->left, SERIAL_COPIES);
	for (int i = 0; i < SERIAL_COPIES; i++) {
		struct io_region source = { from->bdev, 8 * i, 8 };
		struct io_region dest = { to->bdev, 8 * i, 8 };

		KUNIT_EXPECT_EQ(test, 0, kcopyd_copy(kc, &source, 1, &dest, 0,
						     serial_copy_done, serial));
	}
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&serial->done,
							     TEST_TIMEOUT));
	test_client_destroy(test, kc);
	KUNIT_EXPECT_EQ(test, serial->overlaps, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&serial->left), 0);
	expect_copied(to, 0, from, 0, from->sectors);
}

/* Each copy of a chain is started by the callback of the one before. */
struct chain {
	struct kcopyd_client *kc;
	struct test_disk *td;
	unsigned int links;
	unsigned int done;
	int error;
	struct completion ended;
};

#define CHAIN_LINKS 100
#define CHAIN_SECTORS 24

static void chain_copy_done(int read_err, unsigned int write_err,
			    void *context);

static int chain_next(struct chain *chain)
{
	struct io_region from = {
		chain->td->bdev, chain->done * CHAIN_SECTORS, CHAIN_SECTORS,
	};
	struct io_region to = from;

	to.sector += CHAIN_SECTORS;
	return kcopyd_copy(chain->kc, &from, 1, &to, 0, chain_copy_done, chain);
}

static void chain_copy_done(int read_err, unsigned int write_err, void *context)
{
	struct chain *chain = context;

	chain->done++;
	chain->error |= read_err | write_err;
	if (!chain->error && chain->done < chain->links)
		chain->error = chain_next(chain);
	if (chain->error || chain->done == chain->links)
		complete(&chain->ended);
}

static void run_chain(struct kunit *test, bool memory)
{
	const struct size_case *c = test->param_value;
	struct chain *chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, chain);
	chain->td = disk_in(test, (CHAIN_LINKS + 1) * CHAIN_SECTORS,
			    c->context);
	chain->kc = test_client_create(test, c->pages);
	chain->links = CHAIN_LINKS;
	init_completion(&chain->ended);
	test_fill(chain->td->data, CHAIN_SECTORS * SECTOR_SIZE, 2);

	if (!memory)
		refuse_memory(test);
	ret = chain_next(chain);
	if (!ret && !wait_for_completion_timeout(&chain->ended, TEST_TIMEOUT))
		ret = -ETIMEDOUT;
	if (!memory)
		refuse_memory_end(test);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, chain->error, 0);
	KUNIT_EXPECT_EQ(test, chain->done, CHAIN_LINKS);
	test_expect_same(test,
			 sector_data(chain->td, CHAIN_LINKS * CHAIN_SECTORS),
			 chain->td->data, CHAIN_SECTORS * SECTOR_SIZE,
			 "last link");
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
	struct kcopyd_client *kc;
	struct test_disk *td;
	unsigned int started;
	unsigned int done;
	int refusal;
	int error;
	struct completion ended;
};

static void burst_copy_done(int read_err, unsigned int write_err, void *context)
{
	struct burst *burst = context;

	burst->error |= read_err | write_err;
	if (++burst->done == burst->started)
		complete(&burst->ended);
}

static void burst_start(int read_err, unsigned int write_err, void *context)
{
	struct burst *burst = context;
	struct io_region from = { burst->td->bdev, 0, CHAIN_SECTORS };
	struct io_region to = from;

	burst->error |= read_err | write_err;
	while (!burst->refusal && burst->started < CHAIN_LINKS) {
		to.sector += CHAIN_SECTORS;
		burst->refusal = kcopyd_copy(burst->kc, &from, 1, &to, 0,
					     burst_copy_done, burst);
		if (!burst->refusal)
			burst->started++;
	}
	if (!burst->started)
		complete(&burst->ended);
}

/* To wait for the memory of copies that only callbacks end would be forever. */
static void kcopyd_callback_is_not_blocked(struct kunit *test)
{
	struct burst *burst = kunit_kzalloc(test, sizeof(*burst), GFP_KERNEL);
	struct io_region from, to;
	unsigned int refused;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, burst);
	burst->td = disk_in(test, (CHAIN_LINKS + 1) * CHAIN_SECTORS,
			    TEST_DISK_INLINE);
	burst->kc = test_client_create(test, 16);
	init_completion(&burst->ended);
	test_fill(burst->td->data, CHAIN_SECTORS * SECTOR_SIZE, 3);
	from = (struct io_region) { burst->td->bdev, 0, CHAIN_SECTORS };
	to = from;
	to.sector += CHAIN_SECTORS;

	refuse_memory(test);
	ret = kcopyd_copy(burst->kc, &from, 1, &to, 0, burst_start, burst);
	if (!ret && !wait_for_completion_timeout(&burst->ended, TEST_TIMEOUT))
		ret = -ETIMEDOUT;
	refused = refuse_memory_end(test);

	/* Among them the worker's, and not only the first copy's. */
	KUNIT_EXPECT_GT(test, refused, burst->started);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, burst->error, 0);
	KUNIT_EXPECT_EQ(test, burst->refusal, 0);
	KUNIT_EXPECT_EQ(test, burst->started, CHAIN_LINKS);
	KUNIT_EXPECT_EQ(test, burst->done, CHAIN_LINKS);
	test_expect_same(test, sector_data(burst->td, burst->started * CHAIN_SECTORS),
			 burst->td->data, CHAIN_SECTORS * SECTOR_SIZE,
			 "last copy");
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
	struct test_disk *from = source_of(test, ERROR_SECTORS,
					   TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, ERROR_SECTORS);
	struct io_region source = { from->bdev, 0, ERROR_SECTORS };
	struct io_region dest = { to->bdev, 0, ERROR_SECTORS };
	struct kcopyd_client *kc = test_client_create(test, 8);
	struct test_request *req = test_request_create(test);

	test_disk_fail(from, 3, 1, true, false, BLK_STS_MEDIUM);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 1, &dest, 0), 0);
	test_request_expect_copied(req, true, 0);
	expect_not_all_started(from);
	test_expect_zeroes(test, to->data, 8 * SECTOR_SIZE, "unread");

	/* The client is as good as before. */
	test_disk_fail_nothing(from);
	test_disk_forget(from);
	test_disk_forget(to);
	test_request_reset(req);
	memset(to->data, 0, ERROR_SECTORS * SECTOR_SIZE);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 1, &dest, 0), 0);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 0, from, 0, ERROR_SECTORS);
}

static void kcopyd_write_error(struct kunit *test)
{
	struct test_disk *from = source_of(test, ERROR_SECTORS,
					   TEST_DISK_INLINE);
	struct io_region source = { from->bdev, 0, ERROR_SECTORS };
	struct io_region dests[4];
	struct test_disk *to[4];
	struct kcopyd_client *kc;
	struct test_request *req;

	for (int i = 0; i < ARRAY_SIZE(dests); i++) {
		to[i] = disk_of(test, ERROR_SECTORS);
		dests[i] = (struct io_region) { to[i]->bdev, 0, ERROR_SECTORS };
	}
	kc = test_client_create(test, 8);
	req = test_request_create(test);
	test_disk_fail(to[1], 3, 1, false, true, BLK_STS_IOERR);
	test_disk_fail(to[3], 0, 1, false, true, BLK_STS_NOSPC);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 4, dests, 0), 0);
	test_request_expect_copied(req, false, BIT(1) | BIT(3));
	expect_not_all_started(from);
	expect_not_all_started(to[0]);
}

/* Whatever can be copied is. */
static void kcopyd_write_error_ignored(struct kunit *test)
{
	struct test_disk *from = source_of(test, ERROR_SECTORS,
					   TEST_DISK_HARDIRQ);
	struct io_region source = { from->bdev, 0, ERROR_SECTORS };
	struct io_region dests[KCOPYD_MAX_REGIONS];
	struct test_disk *to[KCOPYD_MAX_REGIONS];
	struct kcopyd_client *kc;
	struct test_request *req;

	for (int i = 0; i < ARRAY_SIZE(dests); i++) {
		to[i] = disk_in(test, ERROR_SECTORS, TEST_DISK_HARDIRQ);
		dests[i] = (struct io_region) { to[i]->bdev, 0, ERROR_SECTORS };
	}
	kc = test_client_create(test, 8);
	req = test_request_create(test);
	test_disk_fail(to[0], 3, 1, false, true, BLK_STS_IOERR);
	test_disk_fail(to[7], ERROR_SECTORS - 1, 1, false, true, BLK_STS_IOERR);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, KCOPYD_MAX_REGIONS, dests,
				    BIT(KCOPYD_IGNORE_ERROR)), 0);
	test_request_expect_copied(req, false, BIT(0) | BIT(7));
	for (int i = 1; i < KCOPYD_MAX_REGIONS - 1; i++)
		expect_copied(to[i], 0, from, 0, ERROR_SECTORS);

	/* So is what lies around a bad sector. */
	test_expect_zeroes(test, sector_data(to[0], 3), SECTOR_SIZE, "lost");
	memcpy(sector_data(to[0], 3), sector_data(from, 3), SECTOR_SIZE);
	test_expect_same(test, to[0]->data, from->data, ERROR_SECTORS * SECTOR_SIZE, "first");
	test_expect_same(test, to[7]->data, from->data, (ERROR_SECTORS - 1) * SECTOR_SIZE, "last");
}

/* Only the blocks that cannot be read are lost: they are zeroes in the copy. */
static void read_error_ignored(struct kunit *test, unsigned int block)
{
	const struct test_disk_config config = {
		.sectors = ERROR_SECTORS,
		.logical_block_size = block,
		.context = TEST_DISK_WORKER,
	};
	const sector_t lost = block >> SECTOR_SHIFT;
	const sector_t bad[] = { 0, ERROR_SECTORS / 2, ERROR_SECTORS - lost };
	struct test_disk *from = test_disk_create(test, &config);
	struct test_disk *to = test_disk_create(test, &config);
	struct io_region source = { from->bdev, 0, ERROR_SECTORS };
	struct io_region dest = { to->bdev, 0, ERROR_SECTORS };
	struct kcopyd_client *kc = test_client_create(test, 8);
	struct test_request *req = test_request_create(test);

	test_fill(from->data, ERROR_SECTORS * SECTOR_SIZE, 1);
	memset(to->data, 0xff, ERROR_SECTORS * SECTOR_SIZE);
	for (int i = 0; i < ARRAY_SIZE(bad); i++)
		test_disk_fail(from, bad[i], 1, true, false, BLK_STS_MEDIUM);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 1, &dest,
				    BIT(KCOPYD_IGNORE_ERROR)), 0);
	test_request_expect_copied(req, true, 0);

	test_disk_expect_exactly(to, REQ_OP_WRITE, 0, 0, ERROR_SECTORS);
	for (int i = 0; i < ARRAY_SIZE(bad); i++)
		memset(sector_data(from, bad[i]), 0, block);
	test_expect_same(test, to->data, from->data,
			 ERROR_SECTORS * SECTOR_SIZE, "copy");
}

static void kcopyd_read_error_ignored(struct kunit *test)
{
	read_error_ignored(test, 512);
	read_error_ignored(test, 4096);
}

static void destroy_in_thread(void *context)
{
	kcopyd_client_destroy(context);
}

static void kcopyd_destroy_waits(struct kunit *test)
{
	struct test_disk *from = source_of(test, 4000, TEST_DISK_INLINE);
	struct test_disk *to = disk_of(test, 4000);
	struct io_region source = { from->bdev, 0, 4000 };
	struct io_region dest = { to->bdev, 0, 4000 };
	struct kcopyd_client *kc = test_client_create(test, 16);
	struct test_request *req = test_request_create(test);
	struct test_thread *thread;

	test_disk_hold_range(to, 3999, 1);
	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 1, &dest, 0), 0);
	test_client_disown(test, kc);
	thread = test_thread_create(test, destroy_in_thread, kc);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	KUNIT_EXPECT_FALSE(test, test_thread_has_ended(thread));
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 0);

	test_disk_release_all(to);
	test_thread_wait(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&req->calls), 1);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 0, from, 0, 4000);
}

/* It waits for a callback that runs as well, and for what that starts. */
static void kcopyd_destroy_waits_for_chain(struct kunit *test)
{
	struct chain *chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, chain);
	chain->td = disk_in(test, (CHAIN_LINKS + 1) * CHAIN_SECTORS,
			    TEST_DISK_WORKER);
	chain->kc = test_client_create(test, 8);
	chain->links = CHAIN_LINKS;
	init_completion(&chain->ended);
	KUNIT_ASSERT_EQ(test, chain_next(chain), 0);
	test_client_destroy(test, chain->kc);
	KUNIT_EXPECT_EQ(test, chain->error, 0);
	KUNIT_EXPECT_EQ(test, chain->done, CHAIN_LINKS);
}

static void kcopyd_idle_client(struct kunit *test)
{
	static const unsigned int pages[] = { 1, 2, 3, 255, 256, 257, 1024 };
	struct kcopyd_client *kc;

	for (int i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_ASSERT_EQ(test, kcopyd_client_create(pages[i], &kc), 0);
		kcopyd_client_destroy(kc);
	}
}

#define SCARCE_COPIES 40

/* Many copies at one time, and the client's reserve is all there is. */
static void kcopyd_without_memory(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	const sector_t sectors = 1001;
	struct test_disk *from = source_of(test, SCARCE_COPIES * sectors,
					   c->context);
	struct test_disk *to[2] = {
		disk_in(test, from->sectors, c->context),
		disk_in(test, from->sectors, c->context),
	};
	struct kcopyd_client *kc = test_client_create(test, c->pages);
	struct test_request *req[SCARCE_COPIES];
	int ret = 0;

	for (int i = 0; i < SCARCE_COPIES; i++)
		req[i] = test_request_create(test);
	refuse_memory(test);
	for (int i = 0; i < SCARCE_COPIES; i++) {
		struct io_region source = { from->bdev, i * sectors, sectors };
		struct io_region dests[2] = {
			{ to[0]->bdev, i * sectors, sectors },
			{ to[1]->bdev, i * sectors, sectors },
		};

		ret = ret ?: start(kc, req[i], &source, 2, dests, 0);
	}
	for (int i = 0; i < SCARCE_COPIES && req[i]->started; i++)
		test_request_wait(req[i]);
	refuse_memory_end(test);

	KUNIT_ASSERT_EQ(test, ret, 0);
	for (int i = 0; i < SCARCE_COPIES; i++)
		test_request_expect_copied(req[i], false, 0);
	expect_copied(to[0], 0, from, 0, from->sectors);
	expect_copied(to[1], 0, from, 0, from->sectors);
}

static void kcopyd_client_refused(struct kunit *test)
{
	struct kcopyd_client *kc = NULL;
	int ret;

	refuse_memory(test);
	ret = kcopyd_client_create(16, &kc);
	KUNIT_EXPECT_GT(test, refuse_memory_end(test), 0);
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, kc, NULL);
}

/* Two clients share disks, and neither waits for the other. */
static void kcopyd_clients_are_independent(struct kunit *test)
{
	struct test_disk *from[2] = {
		source_of(test, 3000, TEST_DISK_INLINE),
		source_of(test, 3000, TEST_DISK_INLINE),
	};
	struct test_disk *to[2] = { disk_of(test, 3000), disk_of(test, 3000) };
	struct kcopyd_client *kc[2] = {
		test_client_create(test, 4), test_client_create(test, 4),
	};
	struct test_request *req[2] = {
		test_request_create(test), test_request_create(test),
	};

	test_disk_hold(from[0]);
	for (int i = 0; i < 2; i++) {
		struct io_region source = { from[i]->bdev, 0, 3000 };
		struct io_region dest = { to[i]->bdev, 0, 3000 };

		KUNIT_ASSERT_EQ(test, 0,
				start(kc[i], req[i], &source, 1, &dest, 0));
	}
	test_request_expect_copied(req[1], false, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&req[0]->calls), 0);
	test_disk_release_all(from[0]);
	test_request_expect_copied(req[0], false, 0);
	for (int i = 0; i < 2; i++)
		expect_copied(to[i], 0, from[i], 0, 3000);
}

/* A stacked device that copies before it completes a bio, as a snapshot. */
struct stacked {
	struct kcopyd_client *kc;
	struct test_disk *from;
	struct test_disk *to;
	struct test_disk *upper;
	struct bio *bio;
};

static void end_stacked(int read_err, unsigned int write_err, void *context)
{
	struct stacked *s = context;

	test_disk_end_mapped(s->upper, s->bio, read_err || write_err ?
					       BLK_STS_IOERR : BLK_STS_OK);
}

/* current->bio_list is set here: what is submitted waits for the return. */
static void map_stacked(struct bio *bio, void *context)
{
	struct stacked *s = context;
	struct io_region source = { s->from->bdev, 0, s->from->sectors };
	struct io_region dest = { s->to->bdev, 0, s->to->sectors };

	s->bio = bio;
	if (kcopyd_copy(s->kc, &source, 1, &dest, 0, end_stacked, s))
		end_stacked(1, 0, s);
}

static void kcopyd_from_map(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	struct stacked *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct bio bio;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->from = source_of(test, 5000, c->context);
	s->to = disk_in(test, 5000, c->context);
	s->kc = test_client_create(test, c->pages);
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
	const struct size_case *c = test->param_value;
	struct test_disk *from = source_of(test, 4096, c->context);
	struct test_disk *to = test_disk_create(test,
		&(struct test_disk_config) {
			.sectors = 4096,
			.logical_block_size = 4096,
			.context = c->context,
		});
	struct io_region source = { from->bdev, 3, 4088 };
	struct io_region dest = { to->bdev, 8, 4088 };
	struct kcopyd_client *kc = test_client_create(test, c->pages);
	struct test_request *req = test_request_create(test);

	KUNIT_ASSERT_EQ(test, start(kc, req, &source, 1, &dest, 0), 0);
	test_request_expect_copied(req, false, 0);
	expect_copied(to, 8, from, 3, 4088);
}

static struct kunit_case kcopyd_test_cases[] = {
	KUNIT_CASE_PARAM(kcopyd_lengths, size_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_destinations, size_case_gen_params),
	KUNIT_CASE(kcopyd_nothing),
	KUNIT_CASE(kcopyd_within_device),
	KUNIT_CASE(kcopyd_keeps_no_arguments),
	KUNIT_CASE(kcopyd_parts_in_parallel),
	KUNIT_CASE(kcopyd_parts_end_in_reverse),
	KUNIT_CASE(kcopyd_callbacks_one_at_a_time),
	KUNIT_CASE_PARAM(kcopyd_callback_starts_copy, size_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_callback_starts_copy_without_memory,
			 size_case_gen_params),
	KUNIT_CASE(kcopyd_callback_is_not_blocked),
	KUNIT_CASE(kcopyd_read_error),
	KUNIT_CASE(kcopyd_write_error),
	KUNIT_CASE(kcopyd_write_error_ignored),
	KUNIT_CASE(kcopyd_read_error_ignored),
	KUNIT_CASE(kcopyd_destroy_waits),
	KUNIT_CASE(kcopyd_destroy_waits_for_chain),
	KUNIT_CASE(kcopyd_idle_client),
	KUNIT_CASE_PARAM(kcopyd_without_memory, size_case_gen_params),
	KUNIT_CASE(kcopyd_client_refused),
	KUNIT_CASE(kcopyd_clients_are_independent),
	KUNIT_CASE_PARAM(kcopyd_from_map, size_case_gen_params),
	KUNIT_CASE_PARAM(kcopyd_large_logical_blocks, size_case_gen_params),
	{}
};

static struct kunit_suite kcopyd_test_suite = {
	.name = "dm_io_rust_kcopyd",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = kcopyd_test_cases,
};

kunit_test_suite(kcopyd_test_suite);
