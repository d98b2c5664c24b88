// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"

#include <kunit/test.h>

#include "test_request.h"

#define MOST_DESTS 8
#define WRITE_SEQ BIT(2)

enum hostile_job {
	HOSTILE_COPY,
	HOSTILE_ZERO,
	HOSTILE_CALLBACK,
};

/**
 * struct hostile_copy - arguments of a copy
 * @h: who calls
 * @call: what is called back
 * @before: what the source held
 * @which: the number of the client of this call
 * @service: its API
 * @job: what it does: only a copy has a source, and a callback has no region
 * @client: the client that is given, or something else
 * @is_none: it is something else
 * @from: the source
 * @dests: the destinations
 * @num_dests: how many are given
 * @flags: as given
 * @no_from: no source is given
 * @no_dests: no destination is given
 * @no_fn: no callback is given
 * @outcomes: what is to become of each destination
 */
struct hostile_copy {
	struct hostile *h;
	struct copy_call *call;
	u8 before[HOSTILE_SECTORS * SECTOR_SIZE];
	unsigned int which;
	const struct copy_service *service;
	enum hostile_job job;
	void *client;
	bool is_none;
	struct service_region from;
	struct service_region dests[MOST_DESTS + 1];
	unsigned int num_dests;
	unsigned int flags;
	bool no_from;
	bool no_dests;
	bool no_fn;
	enum hostile_outcome outcomes[MOST_DESTS];
};

struct hostile_copy *hostile_copy_create(struct hostile *h)
{
	struct hostile_copy *copy = kunit_kzalloc(h->test, sizeof(*copy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(h->test, copy);
	copy->h = h;
	copy->call = copy_call_create(h->test);
	return copy;
}

static enum hostile_job any_job(struct hostile *h, const struct copy_service *service)
{
	switch (service->is_request_api ? hostile_below(h, 8) : 7) {
	case 0:
		return HOSTILE_CALLBACK;
	case 1 ... 3:
		return HOSTILE_ZERO;
	default:
		return HOSTILE_COPY;
	}
}

static unsigned int any_number(struct hostile *h)
{
	switch (hostile_below(h, 64)) {
	case 0:
		return 0;
	case 1:
		return MOST_DESTS + 1;
	case 2:
		return U32_MAX - hostile_below(h, 2);
	default:
		return 1 + hostile_below(h, hostile_once_in(h, 8) ? MOST_DESTS : 3);
	}
}

static unsigned int any_flags(struct hostile *h)
{
	switch (hostile_below(h, 32)) {
	case 0:
		return BIT(hostile_below(h, 32));
	case 1:
		return prandom_u32_state(&h->random);
	case 2 ... 8:
		return COPY_IGNORE_ERROR;
	case 9 ... 12:
		return WRITE_SEQ;
	case 13 ... 14:
		return COPY_IGNORE_ERROR | WRITE_SEQ;
	default:
		return 0;
	}
}

static void renew_client(struct hostile_copy *copy)
{
	/* As a rule a few pages, and now and then many. */
	unsigned int most = 2U << hostile_below(copy->h, 8);

	hostile_renew_copy_client(copy->h, copy->which, 1 + hostile_below(copy->h, most));
}

static void choose_client(struct hostile_copy *copy)
{
	struct hostile *h = copy->h;

	copy->which = hostile_below(h, h->nr_kcs);
	if (hostile_once_in(h, 64))
		renew_client(copy);
	copy->service = h->kcs[copy->which]->service;
	copy->is_none = hostile_once_in(h, 32);
	copy->client = copy->is_none ? hostile_no_copy_client(h) : h->kcs[copy->which]->client;
}

/* A copy that ignores errors tries every block, and would be long at it. */
static void shorten(const struct hostile_copy *copy, struct service_region *r)
{
	if (copy->flags & COPY_IGNORE_ERROR && hostile_is_valid(r))
		r->count = min(r->count, HOSTILE_SECTORS);
}

static void choose(struct hostile_copy *copy)
{
	struct hostile *h = copy->h;

	choose_client(copy);
	copy->job = any_job(h, copy->service);
	copy->num_dests = any_number(h);
	copy->flags = any_flags(h);
	copy->no_from = hostile_once_in(h, 64);
	copy->no_dests = hostile_once_in(h, 64);
	copy->no_fn = hostile_once_in(h, 64);
	copy->from = hostile_region(h);
	shorten(copy, &copy->from);
	for (unsigned int i = 0; i < min(copy->num_dests, MOST_DESTS + 1); i++) {
		copy->dests[i] = hostile_region(h);
		if (!hostile_once_in(h, 64))
			copy->dests[i].count = copy->from.count;
		shorten(copy, &copy->dests[i]);
	}
}

static bool overlap(const struct service_region *a, const struct service_region *b)
{
	return a->bdev == b->bdev && a->count && b->count && a->sector < b->sector + b->count &&
	       b->sector < a->sector + a->count;
}

static bool overlaps_any(const struct hostile_copy *copy)
{
	if (copy->job != HOSTILE_COPY)
		return false;
	for (unsigned int i = 0; i < copy->num_dests; i++)
		if (overlap(&copy->from, &copy->dests[i]))
			return true;
	return false;
}

static bool is_invalid(const struct hostile_copy *copy)
{
	unsigned int known = COPY_IGNORE_ERROR | (copy->service->is_request_api ? WRITE_SEQ : 0);
	bool is_copy = copy->job == HOSTILE_COPY;
	sector_t count = is_copy ? copy->from.count : copy->dests[0].count;

	if (copy->is_none || copy->no_fn)
		return true;
	if (copy->job == HOSTILE_CALLBACK)
		return false;
	if (copy->no_dests || !copy->num_dests || copy->num_dests > MOST_DESTS ||
	    copy->flags & ~known || (is_copy && (copy->no_from || !hostile_is_valid(&copy->from))))
		return true;
	for (unsigned int i = 0; i < copy->num_dests; i++)
		if (!hostile_is_valid(&copy->dests[i]) || copy->dests[i].count != count)
			return true;
	return !copy->service->is_request_api && overlaps_any(copy);
}

static int do_call(struct hostile_copy *copy)
{
	struct copy_call *call = copy->no_fn ? NULL : copy->call;
	struct service_region *dests = copy->no_dests ? NULL : copy->dests;

	if (copy->job == HOSTILE_ZERO)
		return copy->service->zero(copy->client, copy->num_dests, dests, copy->flags, call);
	return copy->service->copy(copy->client, copy->no_from ? NULL : &copy->from,
				   copy->num_dests, dests, copy->flags, call);
}

static void expect_refused(struct hostile_copy *copy, int ret)
{
	struct test_request *req = copy->call->req;
	struct kunit *test = copy->h->test;

	hostile_expect_lines(copy->h, 1);
	if (!copy->service->is_request_api) {
		KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL, "call %u", copy->h->calls);
	} else if (!copy->no_fn) {
		test_request_started(req, ret);
		test_request_expect_copied(req, true, ~0UL);
		test_request_reset(req);
		hostile_expect_no_bio(copy->h);
		return;
	}
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&req->calls), 0, "call %u", copy->h->calls);
	hostile_expect_no_bio(copy->h);
}

/* Whether one that fails may keep others from being written: of a zeroing there are parts. */
static bool may_end_early(const struct hostile_copy *copy)
{
	return copy->flags & WRITE_SEQ ||
	       (copy->job == HOSTILE_ZERO && !(copy->flags & COPY_IGNORE_ERROR));
}

/* Finds out what is to become of the destinations; returns those that fail. */
static unsigned long expected(struct hostile_copy *copy, bool read_fails)
{
	bool ignores = copy->flags & COPY_IGNORE_ERROR && !(copy->flags & WRITE_SEQ);
	unsigned long bad = 0;

	for (unsigned int i = 0; i < copy->num_dests; i++)
		if (copy->dests[i].count && hostile_is_beyond(copy->h, &copy->dests[i]))
			bad |= BIT(i);
	for (unsigned int i = 0; i < copy->num_dests; i++) {
		if (overlaps_any(copy) || (ignores && (read_fails || bad & BIT(i))) ||
		    (may_end_early(copy) && bad))
			copy->outcomes[i] = HOSTILE_IN_PART;
		else if (read_fails || bad & BIT(i))
			copy->outcomes[i] = HOSTILE_FAILED;
		else
			copy->outcomes[i] = HOSTILE_DONE;
	}
	return read_fails && !ignores ? 0 : bad;
}

/* The client is flushed or destroyed while it copies, or neither. */
static void do_more(struct hostile_copy *copy)
{
	struct hostile *h = copy->h;

	if (copy->service->flush && hostile_once_in(h, 16))
		copy->service->flush(copy->client);
	if (hostile_once_in(h, 64)) {
		renew_client(copy);
		KUNIT_EXPECT_EQ_MSG(h->test, atomic_read(&copy->call->req->calls), 1, "call %u",
				    h->calls);
	}
}

/* What the module is to have counted. */
static void count(struct hostile_copy *copy)
{
	struct hostile *h = copy->h;

	h->served++;
	switch (copy->job) {
	case HOSTILE_COPY:
		h->counted[COUNTER_COPIES]++;
		h->counted[COUNTER_COPIED] += copy->from.count;
		break;
	case HOSTILE_ZERO:
		h->counted[COUNTER_ZEROINGS]++;
		h->counted[COUNTER_ZEROED] += copy->dests[0].count;
		break;
	case HOSTILE_CALLBACK:
		h->counted[COUNTER_CALLBACKS]++;
		break;
	}
}

static void expect_served(struct hostile_copy *copy, int ret)
{
	struct test_request *req = copy->call->req;
	struct hostile *h = copy->h;
	bool read_fails = copy->job == HOSTILE_COPY && copy->from.count &&
			  hostile_is_beyond(h, &copy->from);
	unsigned long bad = expected(copy, read_fails);

	KUNIT_EXPECT_EQ_MSG(h->test, ret, 0, "call %u", h->calls);
	hostile_expect_lines(h, 0);
	test_request_started(req, ret);
	do_more(copy);
	test_request_wait(req);
	KUNIT_EXPECT_EQ_MSG(h->test, !!req->read_err, read_fails, "call %u", h->calls);
	if (may_end_early(copy) && bad)
		KUNIT_EXPECT_TRUE_MSG(h->test, req->write_err && !(req->write_err & ~bad),
				      "call %u: %#lx of %#lx", h->calls, req->write_err, bad);
	else
		KUNIT_EXPECT_EQ_MSG(h->test, req->write_err, bad, "call %u", h->calls);
	test_request_reset(req);
	hostile_expect_written(h, copy->num_dests, copy->dests, copy->outcomes,
			       copy->job == HOSTILE_COPY ? copy->before : NULL);
}

/* A callback is no I/O: it is handed what it was given, or is not prepared. */
static void call_back(struct hostile_copy *copy, bool invalid)
{
	unsigned long write_err = prandom_u32_state(&copy->h->random);
	struct test_request *req = copy->call->req;
	struct kunit *test = copy->h->test;
	int read_err = (int)prandom_u32_state(&copy->h->random) & -hostile_below(copy->h, 2);
	bool prepared = copy->service->call_back(copy->client, copy->no_fn ? NULL : copy->call,
						 read_err, write_err);

	KUNIT_EXPECT_EQ_MSG(test, prepared, !invalid, "call %u", copy->h->calls);
	hostile_expect_lines(copy->h, invalid);
	if (prepared) {
		test_request_started(req, 0);
		test_request_expect_copied(req, read_err, write_err);
		test_request_reset(req);
	}
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&req->calls), 0, "call %u", copy->h->calls);
	hostile_expect_no_bio(copy->h);
}

/* What the source holds, as far as there is a source. */
static void remember_source(struct hostile_copy *copy)
{
	const struct service_region *from = &copy->from;
	struct test_disk *td = hostile_disk_of(copy->h, from);

	if (td && from->sector < td->sectors) {
		sector_t count = min3(from->count, td->sectors - from->sector, HOSTILE_SECTORS);

		memcpy(copy->before, sector_data(td, from->sector), count << SECTOR_SHIFT);
	}
}

void hostile_copy_call(struct hostile *h)
{
	struct hostile_copy *copy = h->copy;
	bool invalid;

	h->calls++;
	choose(copy);
	hostile_remember(h);
	remember_source(copy);
	invalid = is_invalid(copy);
	if (!invalid)
		count(copy);
	if (copy->job == HOSTILE_CALLBACK)
		call_back(copy, invalid);
	else if (invalid)
		expect_refused(copy, do_call(copy));
	else
		expect_served(copy, do_call(copy));
}
