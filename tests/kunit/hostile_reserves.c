// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"

#include <kunit/test.h>

#include "refuse_memory.h"
#include "test_request.h"
#include "test_thread.h"

/* Of so many jobs, sub-jobs and children each a client for copies has memory set aside. */
#define COPIES 8
/* The pages of each copy are an eighth of what the client has. */
#define MOST_SECTORS (16 * PAGE_SECTORS)
#define DESTS 2
#define IO_SECTORS 8
/* One more than there is memory for: it waits for itself. */
#define REQUESTS (SERVICE_RESERVED_REQUESTS + 1)

/**
 * struct hostile_reserves - what uses up the memory of a client
 * @h: the caller
 * @from: a disk that is read
 * @to: a disk that is written
 * @io: memory for the I/O of either API: only one of them has clients
 * @reqs: requests
 * @calls: copies
 * @buf: the I/O that is made now
 * @kc: the client that copies now
 * @io_asks: how often the I/O of a new client asks its reserve, of either API
 * @copy_asks: how often the copies of one do
 */
struct hostile_reserves {
	struct hostile *h;
	struct test_disk *from;
	struct test_disk *to;
	struct service_buffer *io[2];
	struct test_request *reqs[REQUESTS];
	struct copy_call *calls[COPIES];
	struct service_buffer *buf;
	struct copy_client *kc;
	unsigned int io_asks[2];
	unsigned int copy_asks[2];
};

/* One of as many regions as there are children, and others until there is no memory. */
static void write_all(void *context)
{
	struct hostile_reserves *r = context;
	struct service_region where[SERVICE_RESERVED_CHILDREN + 1];

	refuse_memory_here_too();
	for (int i = 0; i < ARRAY_SIZE(where); i++)
		where[i] = region(r->to, i * IO_SECTORS, IO_SECTORS);
	for (int i = 0; i < REQUESTS; i++)
		test_request_started(r->reqs[i],
				     r->buf->service->io(r->buf, i ? 1 : ARRAY_SIZE(where), where,
							 REQ_OP_WRITE, r->reqs[i]));
}

static sector_t sectors_of_a_copy(const struct copy_client *kc)
{
	return kc->service->is_request_api ? MOST_SECTORS : 2 * PAGE_SECTORS;
}

static void copy_all(void *context)
{
	struct hostile_reserves *r = context;
	sector_t sectors = sectors_of_a_copy(r->kc);

	refuse_memory_here_too();
	for (int i = 0; i < COPIES; i++) {
		struct service_region from = region(r->from, i * sectors, sectors);
		struct service_region dests[DESTS];

		for (int dest = 0; dest < DESTS; dest++)
			dests[dest] = region(r->to, (i * DESTS + dest) * sectors, sectors);
		copy_start(r->kc, r->calls[i], &from, DESTS, dests, 0);
	}
}

/*
 * Lets a function use all that is set aside: when that is too little it waits. Nothing can be
 * expected before memory is there again, for a failure has to be told. After one the case ends: it
 * takes two minutes to see that something does not come.
 */
static struct test_thread *use_up(struct hostile_reserves *r, void (*use)(void *context))
{
	struct test_thread *thread = test_thread_create(r->h->test, use, r);

	test_disk_hold(r->from);
	test_disk_hold(r->to);
	if (use == copy_all)
		refuse_memory(r->h->test);
	else
		refuse_memory_only_here(r->h->test);
	test_thread_start(thread);
	test_thread_wait_blocked(thread);
	return thread;
}

static void expect_ended(struct kunit *test, struct test_request *req)
{
	test_request_wait(req);
	KUNIT_EXPECT_EQ(test, req->error | req->unsup | req->write_err, 0);
	KUNIT_EXPECT_EQ(test, req->read_err, 0);
	test_request_reset(req);
}

/* Returns how often I/O asks the reserve that uses all of it. */
static unsigned int asks_of_io(struct hostile_reserves *r, struct service_buffer *buf)
{
	struct kunit *test = r->h->test;
	struct test_thread *thread;
	unsigned int arrived;
	bool waits;

	r->buf = buf;
	thread = use_up(r, write_all);
	waits = !test_thread_has_ended(thread);
	arrived = READ_ONCE(r->to->nr_log);
	test_disk_release_all(r->to);
	test_thread_wait(thread);
	refuse_memory_end(test);
	KUNIT_ASSERT_TRUE(test, waits);
	KUNIT_ASSERT_EQ(test, arrived, REQUESTS + SERVICE_RESERVED_CHILDREN);
	for (int i = 0; i < REQUESTS; i++)
		expect_ended(test, r->reqs[i]);
	test_disk_forget(r->to);
	return refuse_memory_asks_of_reserve();
}

/* The same of copies. */
static unsigned int asks_of_copies(struct hostile_reserves *r, struct copy_client *kc)
{
	struct kunit *test = r->h->test;
	struct test_thread *thread;
	bool waits, all_read, all_written;

	r->kc = kc;
	thread = use_up(r, copy_all);
	waits = !test_thread_has_ended(thread);
	all_read = !waits && test_disk_wait_arrived(r->from, COPIES);
	test_disk_release_all(r->from);
	all_written = all_read && test_disk_wait_arrived(r->to, DESTS * COPIES);
	test_disk_release_all(r->to);
	test_thread_wait(thread);
	for (int i = 0; i < COPIES; i++)
		test_request_ends(r->calls[i]->req);
	refuse_memory_end(test);
	KUNIT_ASSERT_FALSE(test, waits);
	KUNIT_ASSERT_TRUE(test, all_read && all_written);
	for (int i = 0; i < COPIES; i++)
		expect_ended(test, r->calls[i]->req);
	KUNIT_EXPECT_EQ(test, r->from->nr_log, COPIES);
	KUNIT_EXPECT_EQ(test, r->to->nr_log, DESTS * COPIES);
	test_disk_forget(r->from);
	test_disk_forget(r->to);
	return refuse_memory_asks_of_reserve();
}

struct hostile_reserves *hostile_reserves_create(struct hostile *h)
{
	static const struct io_service * const services[] = {
#ifndef CONFIG_DM_IO_IN_RUST
		&dm_io_vmalloc,
#endif
		&mainline_kmem,
	};
	struct hostile_reserves *r = kunit_kzalloc(h->test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(h->test, r);
	r->h = h;
	r->from = disk_of(h->test, COPIES * MOST_SECTORS);
	r->to = disk_of(h->test, DESTS * COPIES * MOST_SECTORS);
	for (int i = 0; i < REQUESTS; i++)
		r->reqs[i] = test_request_create(h->test);
	for (int i = 0; i < COPIES; i++)
		r->calls[i] = copy_call_create(h->test);
	for (int i = 0; i < ARRAY_SIZE(services); i++) {
		struct service_buffer *buf = service_buffer_create(h->test, services[i], 0,
								   IO_SECTORS * SECTOR_SIZE);

		r->io[buf->service->is_request_api] = buf;
		r->io_asks[buf->service->is_request_api] = asks_of_io(r, buf);
	}
	for (unsigned int i = 0; i < h->nr_kcs; i++)
		r->copy_asks[h->kcs[i]->service->is_request_api] = asks_of_copies(r, h->kcs[i]);
	return r;
}

void hostile_expect_reserves(struct hostile_reserves *r)
{
	struct service_buffer *io = r->io[true];
	struct hostile *h = r->h;
	void *own = io->client;

	if (r->io[false])
		KUNIT_EXPECT_EQ(h->test, asks_of_io(r, r->io[false]), r->io_asks[false]);
	for (unsigned int i = 0; i < h->nr_bufs; i++) {
		if (!h->bufs[i]->service->is_request_api)
			continue;
		io->client = h->bufs[i]->client;
		KUNIT_EXPECT_EQ(h->test, asks_of_io(r, io), r->io_asks[true]);
	}
	io->client = own;
	for (unsigned int i = 0; i < h->nr_kcs; i++)
		KUNIT_EXPECT_EQ(h->test, asks_of_copies(r, h->kcs[i]),
				r->copy_asks[h->kcs[i]->service->is_request_api]);
}
