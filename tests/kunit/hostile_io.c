// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"

#include <kunit/test.h>

#include "test_request.h"

/**
 * struct hostile_io - arguments of an I/O
 * @buf: the memory of this call
 * @c: how it is called
 * @where: the regions
 * @num_regions: how many are given
 * @no_where: none is given
 * @opf: the operation
 * @outcomes: what is to become of each region
 */
struct hostile_io {
	struct hostile *h;
	struct service_buffer *buf;
	const struct service_call *c;
	struct service_region where[HOSTILE_REGIONS];
	unsigned int num_regions;
	bool no_where;
	blk_opf_t opf;
	enum hostile_outcome outcomes[BITS_PER_LONG];
};

struct hostile_io *hostile_io_create(struct hostile *h)
{
	struct hostile_io *io = kunit_kzalloc(h->test, sizeof(*io), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(h->test, io);
	io->h = h;
	return io;
}

static blk_opf_t any_operation(struct hostile *h)
{
	static const enum req_op good[] = {
		REQ_OP_READ, REQ_OP_WRITE, REQ_OP_DISCARD, REQ_OP_WRITE_ZEROES,
	};
	blk_opf_t opf = good[hostile_below(h, ARRAY_SIZE(good))];

	if (hostile_once_in(h, 32))
		opf = (__force blk_opf_t)hostile_below(h, 1 << REQ_OP_BITS);
	if (hostile_once_in(h, 16))
		opf |= REQ_PREFLUSH;
	while (hostile_once_in(h, 3))
		opf |= (__force blk_opf_t)BIT(REQ_OP_BITS + hostile_below(h, 32 - REQ_OP_BITS));
	if (hostile_once_in(h, 128))
		opf = (__force blk_opf_t)prandom_u32_state(&h->random);
	return opf;
}

static unsigned int any_number(struct hostile *h, blk_opf_t opf)
{
	switch (hostile_below(h, 64)) {
	case 0:
		return 0;
	case 1:
		return HOSTILE_REGIONS;
	case 2:
		return U32_MAX - hostile_below(h, 2);
	case 3:
		return BITS_PER_LONG;
	case 4 ... 31:
		return 1;
	default:
		return (opf & REQ_OP_MASK) == REQ_OP_READ ? 1 : 1 + hostile_below(h, 4);
	}
}

static bool is_good_operation(blk_opf_t opf)
{
	const blk_opf_t owners = REQ_INTEGRITY | REQ_POLLED | REQ_ALLOC_CACHE | REQ_DRV |
				 REQ_FS_PRIVATE;
	const blk_opf_t of_writes = REQ_PREFLUSH | REQ_FUA | REQ_ATOMIC;

	if (opf & (owners | ~(__force blk_opf_t)(BIT(__REQ_NR_BITS) - 1)))
		return false;
	switch (opf & REQ_OP_MASK) {
	case REQ_OP_WRITE:
		return true;
	case REQ_OP_READ:
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return !(opf & of_writes);
	default:
		return false;
	}
}

static bool has_data(const struct hostile_io *io)
{
	enum req_op op = io->opf & REQ_OP_MASK;

	if (op != REQ_OP_READ && op != REQ_OP_WRITE)
		return false;
	for (unsigned int i = 0; i < io->num_regions; i++)
		if (io->where[i].count)
			return true;
	return false;
}

static bool is_long_enough(const struct hostile_io *io)
{
	for (unsigned int i = 0; i < io->num_regions; i++)
		if (io->where[i].count > HOSTILE_SECTORS)
			return false;
	return true;
}

/* Whether the call makes no sense, but for a read of several regions. */
static bool is_invalid(const struct hostile_io *io, enum hostile_fault fault)
{
	if (!io->num_regions || io->num_regions > BITS_PER_LONG || io->no_where ||
	    io->buf->no_fn || !is_good_operation(io->opf) || fault == HOSTILE_FAULT)
		return true;
	for (unsigned int i = 0; i < io->num_regions; i++)
		if (!hostile_is_valid(&io->where[i]))
			return true;
	return has_data(io) && (fault || !is_long_enough(io));
}

static enum hostile_outcome outcome_of(const struct hostile_io *io, const struct service_region *r)
{
	enum req_op op = io->opf & REQ_OP_MASK;
	bool unsupported = false;

	if (!r->count && !(io->opf & REQ_PREFLUSH))
		return HOSTILE_SKIPPED;
	if ((op == REQ_OP_DISCARD || op == REQ_OP_WRITE_ZEROES) &&
	    (r->bdev == io->h->disk[HOSTILE_UNABLE]->bdev ||
	     r->bdev == io->h->disk[HOSTILE_GONE]->bdev))
		unsupported = true;
	/* No disk here has either. */
	if (io->opf & (REQ_NOWAIT | REQ_ATOMIC))
		unsupported = true;
	if (hostile_is_beyond(io->h, r))
		return unsupported ? HOSTILE_FAILED_SOMEHOW : HOSTILE_FAILED;
	return unsupported ? HOSTILE_UNSUPPORTED : HOSTILE_DONE;
}

/* What of a read that failed was read all the same is not said: all else is zeroes. */
static void expect_read(struct hostile_io *io)
{
	const struct service_region *r = &io->where[0];
	struct test_disk *td = hostile_disk_of(io->h, r);

	for (sector_t i = 0; i < min(r->count, HOSTILE_SECTORS); i++) {
		const u8 *got = io->buf->data + (i << SECTOR_SHIFT);
		bool same = r->sector + i < td->sectors &&
			    !memcmp(got, sector_data(td, r->sector + i), SECTOR_SIZE);

		if (io->outcomes[0] == HOSTILE_DONE ? !same :
						     !same && memchr_inv(got, 0, SECTOR_SIZE))
			KUNIT_FAIL(io->h->test, "call %u: sector %llu of a read", io->h->calls, i);
	}
}

static unsigned long regions_of(const struct hostile_io *io, enum hostile_outcome outcome)
{
	unsigned long regions = 0;

	for (unsigned int i = 0; i < io->num_regions; i++)
		regions |= io->outcomes[i] == outcome ? BIT(i) : 0;
	return regions;
}

static void expect_regions(struct hostile_io *io)
{
	unsigned long error = regions_of(io, HOSTILE_FAILED);
	unsigned long unsup = regions_of(io, HOSTILE_UNSUPPORTED);
	unsigned long either = regions_of(io, HOSTILE_FAILED_SOMEHOW);
	struct service_buffer *buf = io->buf;
	struct kunit *test = io->h->test;

	if (!buf->service->is_request_api) {
		error |= unsup | either;
		unsup = 0;
		either = 0;
	}
	if (!buf->no_error)
		KUNIT_EXPECT_EQ_MSG(test, buf->error & ~either, error, "call %u", io->h->calls);
	if (!buf->no_unsup)
		KUNIT_EXPECT_EQ_MSG(test, buf->unsup & ~either, unsup, "call %u", io->h->calls);
	if (!buf->no_error && !buf->no_unsup)
		KUNIT_EXPECT_EQ_MSG(test, (buf->error ^ buf->unsup) & either, either, "call %u",
				    io->h->calls);
}

/* What a call that waits is to return. */
static int result_of(const struct hostile_io *io)
{
	bool either = regions_of(io, HOSTILE_FAILED_SOMEHOW);

	if (regions_of(io, HOSTILE_FAILED))
		return -EIO;
	if (!regions_of(io, HOSTILE_UNSUPPORTED) && !either)
		return 0;
	if (!io->buf->service->is_request_api || (either && io->buf->error))
		return -EIO;
	return -EOPNOTSUPP;
}

static void expect_served(struct hostile_io *io, int ret)
{
	enum req_op op = io->opf & REQ_OP_MASK;

	expect_regions(io);
	/* Where it is the error set that says which of two errors there was, it is to be there. */
	if (!io->buf->no_error || !regions_of(io, HOSTILE_FAILED_SOMEHOW))
		KUNIT_EXPECT_EQ_MSG(io->h->test, ret, io->c->async ? 0 : result_of(io), "call %u",
				    io->h->calls);
	if (op == REQ_OP_READ && has_data(io))
		expect_read(io);
	else
		hostile_expect_written(io->h, io->num_regions, io->where, io->outcomes,
				       op == REQ_OP_WRITE ? io->buf->data : NULL);
}

/* Of many regions all are to be good now and then. */
static struct service_region any_region(struct hostile_io *io)
{
	struct service_region r = hostile_region(io->h);
	bool is_any = io->num_regions <= 4 || hostile_once_in(io->h, 2 * BITS_PER_LONG);

	while (!is_any && (!hostile_is_valid(&r) || r.count > HOSTILE_SECTORS))
		r = hostile_region(io->h);
	return r;
}

static void choose(struct hostile_io *io)
{
	struct hostile *h = io->h;
	unsigned int which = hostile_below(h, h->nr_bufs);

	if (hostile_once_in(h, 8))
		hostile_renew_buffer(h, which);
	io->c = h->how[which];
	io->buf = h->bufs[which];
	io->opf = any_operation(h);
	io->num_regions = any_number(h, io->opf);
	io->no_where = hostile_once_in(h, 64);
	io->buf->no_fn = io->c->async && !io->buf->service->is_request_api &&
			 hostile_once_in(h, 64);
	io->buf->no_error = !io->c->async && hostile_once_in(h, 16);
	io->buf->no_unsup = !io->c->async && hostile_once_in(h, 16);
	for (unsigned int i = 0; i < min(io->num_regions, HOSTILE_REGIONS); i++) {
		struct service_region *r = &io->where[i];

		*r = any_region(io);
		/* Vectors do not say how many there are: that is up to their owner. */
		if (io->buf->service->memory == SERVICE_BVECS && hostile_is_valid(r))
			r->count = min(r->count, HOSTILE_SECTORS);
	}
	service_fill(io->buf, h->calls);
}

static int do_call(struct hostile_io *io)
{
	return service_io(io->buf, io->c, io->num_regions, io->no_where ? NULL : io->where,
			  io->opf);
}

static void expect_refused(struct hostile_io *io, bool is_read_of_several, bool invalid, int ret)
{
	struct hostile *h = io->h;

	if (!is_read_of_several || !invalid)
		KUNIT_EXPECT_EQ_MSG(h->test, ret, invalid ? -EINVAL : -EIO, "call %u", h->calls);
	else
		KUNIT_EXPECT_TRUE_MSG(h->test, ret == -EINVAL || ret == -EIO, "call %u", h->calls);
	KUNIT_EXPECT_EQ_MSG(h->test, atomic_read(&io->buf->req->calls), 0, "call %u", h->calls);
	KUNIT_EXPECT_EQ_MSG(h->test, io->buf->error, SERVICE_UNTOUCHED, "call %u", h->calls);
	hostile_expect_lines(h, 1);
	hostile_expect_no_bio(h);
}

/* What the module is to have counted. */
static void count(struct hostile_io *io)
{
	u64 *sectors = &io->h->counted[(io->opf & REQ_OP_MASK) == REQ_OP_READ ?
				       COUNTER_SECTORS_READ : COUNTER_SECTORS_WRITTEN];

	io->h->served++;
	io->h->counted[COUNTER_REQUESTS]++;
	for (unsigned int i = 0; i < io->num_regions; i++)
		*sectors += io->where[i].count;
}

void hostile_io_call(struct hostile *h)
{
	struct hostile_io *io = h->io;
	bool is_read_of_several, invalid;
	enum hostile_fault fault;
	struct hostile_args args;
	int ret;

	h->calls++;
	choose(io);
	hostile_remember(h);
	args = hostile_save_args(io->buf);
	if (io->buf->service->is_request_api && hostile_once_in(h, 4))
		io->buf->client = hostile_io_client(h);
	fault = hostile_spoil(h, io->buf);
	invalid = is_invalid(io, fault);
	is_read_of_several = io->num_regions > 1 && (io->opf & REQ_OP_MASK) == REQ_OP_READ;
	if (!invalid)
		for (unsigned int i = 0; i < io->num_regions; i++)
			io->outcomes[i] = outcome_of(io, &io->where[i]);
	ret = do_call(io);
	hostile_restore_args(io->buf, &args);
	if (invalid || is_read_of_several) {
		expect_refused(io, is_read_of_several, invalid, ret);
		return;
	}
	hostile_expect_lines(h, 0);
	count(io);
	expect_served(io, ret);
	service_expect_intact(io->buf);
}
