// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"

#include <kunit/test.h>
#include <linux/err.h>

#include "test_request.h"

#define MOST_DESTS 8
#define WRITE_SEQ BIT(2)

/**
 * struct hostile_copy - arguments of a copy
 * @h: who calls
 * @clients: one of each API
 * @nr_clients: how many there are
 * @call: what is called back
 * @before: what the source held
 * @service: the API of this call
 * @client: its client, or something else
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
	struct copy_client *clients[2];
	unsigned int nr_clients;
	struct copy_call *call;
	u8 before[HOSTILE_SECTORS * SECTOR_SIZE];
	const struct copy_service *service;
	void *client;
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
	const struct copy_service *service = NULL;
	char name[KUNIT_PARAM_DESC_SIZE];

	KUNIT_ASSERT_NOT_NULL(h->test, copy);
	copy->h = h;
	while ((service = copy_service_gen_params(h->test, service, name)))
		copy->clients[copy->nr_clients++] = copy_client_create(h->test, service, 4);
	copy->call = copy_call_create(h->test);
	return copy;
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

static void *any_client(struct hostile_copy *copy, unsigned int which)
{
	switch (hostile_below(copy->h, 64)) {
	case 0:
		return NULL;
	case 1:
		return copy->service->is_request_api ? ERR_PTR(-ENOMEM) : NULL;
	default:
		return copy->clients[which]->client;
	}
}

/* A copy that ignores errors tries every block, and would be long at it. */
static struct service_region any_region(struct hostile_copy *copy)
{
	struct service_region r = hostile_region(copy->h);

	if (copy->flags & COPY_IGNORE_ERROR && hostile_is_valid(&r))
		r.count = min(r.count, HOSTILE_SECTORS);
	return r;
}

static void choose(struct hostile_copy *copy)
{
	struct hostile *h = copy->h;
	unsigned int which = hostile_below(h, copy->nr_clients);

	copy->service = copy->clients[which]->service;
	copy->client = any_client(copy, which);
	copy->num_dests = any_number(h);
	copy->flags = any_flags(h);
	copy->no_from = hostile_once_in(h, 64);
	copy->no_dests = hostile_once_in(h, 64);
	copy->no_fn = hostile_once_in(h, 64);
	copy->from = any_region(copy);
	for (unsigned int i = 0; i < min(copy->num_dests, MOST_DESTS + 1); i++) {
		copy->dests[i] = any_region(copy);
		if (!hostile_once_in(h, 64))
			copy->dests[i].count = copy->from.count;
	}
}

static bool overlap(const struct service_region *a, const struct service_region *b)
{
	return a->bdev == b->bdev && a->count && b->count && a->sector < b->sector + b->count &&
	       b->sector < a->sector + a->count;
}

static bool overlaps_any(const struct hostile_copy *copy)
{
	for (unsigned int i = 0; i < copy->num_dests; i++)
		if (overlap(&copy->from, &copy->dests[i]))
			return true;
	return false;
}

static bool is_invalid(const struct hostile_copy *copy)
{
	unsigned int known = COPY_IGNORE_ERROR | (copy->service->is_request_api ? WRITE_SEQ : 0);

	if (IS_ERR_OR_NULL(copy->client) || copy->no_from || copy->no_dests || copy->no_fn ||
	    !copy->num_dests || copy->num_dests > MOST_DESTS || copy->flags & ~known ||
	    !hostile_is_valid(&copy->from))
		return true;
	for (unsigned int i = 0; i < copy->num_dests; i++)
		if (!hostile_is_valid(&copy->dests[i]) ||
		    copy->dests[i].count != copy->from.count)
			return true;
	return !copy->service->is_request_api && overlaps_any(copy);
}

static int do_call(struct hostile_copy *copy)
{
	return copy->service->copy(copy->client, copy->no_from ? NULL : &copy->from,
				   copy->num_dests, copy->no_dests ? NULL : copy->dests,
				   copy->flags, copy->no_fn ? NULL : copy->call);
}

static void expect_refused(struct hostile_copy *copy, int ret)
{
	struct test_request *req = copy->call->req;
	struct kunit *test = copy->h->test;

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

/* Finds out what is to become of the destinations; returns those that fail. */
static unsigned long expected(struct hostile_copy *copy, bool read_fails)
{
	bool in_order = copy->flags & WRITE_SEQ;
	bool ignores = copy->flags & COPY_IGNORE_ERROR && !in_order;
	unsigned long bad = 0;

	for (unsigned int i = 0; i < copy->num_dests; i++)
		if (copy->from.count && hostile_is_beyond(copy->h, &copy->dests[i]))
			bad |= BIT(i);
	for (unsigned int i = 0; i < copy->num_dests; i++) {
		if (overlaps_any(copy) || (ignores && (read_fails || bad & BIT(i))) ||
		    (in_order && bad))
			copy->outcomes[i] = HOSTILE_IN_PART;
		else if (read_fails || bad & BIT(i))
			copy->outcomes[i] = HOSTILE_FAILED;
		else
			copy->outcomes[i] = HOSTILE_DONE;
	}
	return read_fails && !ignores ? 0 : bad;
}

static void expect_served(struct hostile_copy *copy, int ret)
{
	struct test_request *req = copy->call->req;
	struct hostile *h = copy->h;
	bool read_fails = copy->from.count && hostile_is_beyond(h, &copy->from);
	unsigned long bad = expected(copy, read_fails);

	KUNIT_EXPECT_EQ_MSG(h->test, ret, 0, "call %u", h->calls);
	test_request_started(req, ret);
	test_request_wait(req);
	KUNIT_EXPECT_EQ_MSG(h->test, !!req->read_err, read_fails, "call %u", h->calls);
	/* One write after the other: none comes after the first that failed. */
	if (copy->flags & WRITE_SEQ && bad)
		KUNIT_EXPECT_TRUE_MSG(h->test, req->write_err && !(req->write_err & ~bad),
				      "call %u: %#lx of %#lx", h->calls, req->write_err, bad);
	else
		KUNIT_EXPECT_EQ_MSG(h->test, req->write_err, bad, "call %u", h->calls);
	test_request_reset(req);
	hostile_expect_written(h, copy->num_dests, copy->dests, copy->outcomes, copy->before);
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

void hostile_copy_call(struct hostile_copy *copy)
{
	bool invalid;

	copy->h->calls++;
	choose(copy);
	hostile_remember(copy->h);
	remember_source(copy);
	invalid = is_invalid(copy);
	if (invalid) {
		expect_refused(copy, do_call(copy));
		return;
	}
	copy->h->served++;
	expect_served(copy, do_call(copy));
}
