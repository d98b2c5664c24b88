// SPDX-License-Identifier: GPL-2.0
/*
 * Copies that ignore errors: all that can be read is written wherever it can be
 * written, block by block of the device that has the largest.
 */
#include <kunit/test.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "test_disk.h"
#include "test_request.h"

#define SECTORS 2208
#define DESTS 2
#define NOT_WRITTEN 0xee
#define NO_SECTOR (-1)

/* The disks of a case: the source, and the destinations. */
enum { FROM, TO, TO_OTHER, DISKS };

/**
 * struct loss_case - bad sectors, counted from the start of the copy
 * @name: of the case
 * @block: of each disk, 0 means 512
 * @bad: of each disk; where fewer are, the rest is NO_SECTOR
 */
struct loss_case {
	const char *name;
	unsigned int block[DISKS];
	int bad[DISKS][3];
};

#define NONE { NO_SECTOR, NO_SECTOR, NO_SECTOR }
#define ONE(a) { a, NO_SECTOR, NO_SECTOR }

static const struct loss_case loss_cases[] = {
	{ "nothing", { }, { NONE, NONE, NONE } },
	{ "first_sector", { }, { NONE, ONE(0), NONE } },
	{ "last_sector", { }, { NONE, NONE, ONE(SECTORS - 1) } },
	{ "sector_within", { }, { NONE, ONE(777), NONE } },
	{ "several", { }, { NONE, { 0, 1, 1500 }, NONE } },
	{ "both", { }, { NONE, { 5, 1023, 1024 }, { 6, 1024, SECTORS - 1 } } },
	{ "same_of_both", { }, { NONE, ONE(100), ONE(100) } },
	{ "source", { }, { { 0, 800, SECTORS - 1 }, NONE, NONE } },
	{ "source_and_one", { }, { { 3, 900, NO_SECTOR }, ONE(901), NONE } },
	{ "source_and_both", { }, { { 3, 900, 2000 }, { 3, 10, NO_SECTOR }, { 11, 900, 2001 } } },
	{ "blocks_of_4k", { 4096, 4096, 4096 }, { NONE, { 0, 801, SECTORS - 1 }, NONE } },
	{ "one_of_4k", { 512, 512, 4096 }, { ONE(20), { 801, 802, 1600 }, ONE(2000) } },
	{ "source_of_4k", { 4096, 512, 512 }, { ONE(20), { 801, 802, 1600 }, ONE(2000) } },
};

static bool is_bad(const int bad[3], unsigned int sector, unsigned int sectors)
{
	for (int i = 0; i < 3; i++)
		if (bad[i] != NO_SECTOR && bad[i] >= sector && bad[i] < sector + sectors)
			return true;
	return false;
}

/* A lossy copy of everything. */
struct lossy {
	const struct loss_case *c;
	struct test_disk *td[DISKS];
	struct copy_call *call;
	/* Of the largest block. */
	unsigned int block;
};

static void lossy_init(struct lossy *lossy, struct kunit *test, const struct loss_case *c)
{
	*lossy = (struct lossy) { .c = c };
	for (int i = 0; i < DISKS; i++) {
		struct test_disk *td = test_disk_create(test, &(struct test_disk_config) {
			.sectors = SECTORS,
			.logical_block_size = c->block[i],
		});

		lossy->block = max(lossy->block, bdev_logical_block_size(td->bdev) >> SECTOR_SHIFT);
		lossy->td[i] = td;
		memset(td->data, NOT_WRITTEN, SECTORS << SECTOR_SHIFT);
		for (int j = 0; j < 3; j++)
			if (c->bad[i][j] != NO_SECTOR)
				test_disk_fail(td, c->bad[i][j], 1, i == FROM, i != FROM,
					       BLK_STS_MEDIUM);
	}
	test_fill(lossy->td[FROM]->data, SECTORS << SECTOR_SHIFT, 1);
	lossy->call = copy_call_create(test);
}

static bool has_bad(const struct lossy *lossy, int disk)
{
	return is_bad(lossy->c->bad[disk], 0, SECTORS);
}

static void lossy_run(struct lossy *lossy, struct copy_client *kc)
{
	struct service_region from = { lossy->td[FROM]->bdev, 0, SECTORS };
	struct service_region dests[DESTS] = {
		{ lossy->td[TO]->bdev, 0, SECTORS }, { lossy->td[TO_OTHER]->bdev, 0, SECTORS },
	};
	unsigned long bits = has_bad(lossy, TO) | has_bad(lossy, TO_OTHER) << 1;

	KUNIT_EXPECT_EQ(kc->test, 0, copy_start(kc, lossy->call, &from, DESTS, dests,
						COPY_IGNORE_ERROR));
	test_request_expect_copied(lossy->call->req, has_bad(lossy, FROM), bits);
}

/* Whether a block is as it was where it could not be written, or zeroes if not read. */
static bool is_right(struct lossy *lossy, int disk, unsigned int sector)
{
	const struct loss_case *c = lossy->c;
	size_t bytes = lossy->block << SECTOR_SHIFT;
	u8 *got = sector_data(lossy->td[disk], sector);

	if (is_bad(c->bad[disk], sector, lossy->block))
		return !memchr_inv(got, NOT_WRITTEN, bytes);
	if (is_bad(c->bad[FROM], sector, lossy->block))
		return !memchr_inv(got, 0, bytes);
	return !memcmp(got, sector_data(lossy->td[FROM], sector), bytes);
}

static void lossy_expect_done(struct lossy *lossy)
{
	for (int disk = TO; disk < DISKS; disk++) {
		unsigned int wrong = 0;

		for (unsigned int sector = 0; sector < SECTORS; sector += lossy->block)
			wrong += !is_right(lossy, disk, sector);
		KUNIT_EXPECT_EQ_MSG(lossy->td[disk]->test, wrong, 0, "blocks of destination %d: %s",
				    disk - TO, lossy->c->name);
		/* The errors of one are nothing to the other. */
		if (!has_bad(lossy, disk))
			test_disk_expect_exactly(lossy->td[disk], REQ_OP_WRITE, 0, 0, SECTORS);
	}
	for (int i = 0; i < DISKS; i++)
		test_disk_free(lossy->td[i]);
}

static void ignored_errors_of_copies(struct kunit *test)
{
	static const unsigned int reserves[] = { 1, 16, 128 };

	for (int i = 0; i < ARRAY_SIZE(reserves) * ARRAY_SIZE(loss_cases) * 2; i++) {
		const struct loss_case *c = &loss_cases[i / 2 % ARRAY_SIZE(loss_cases)];
		unsigned int pages = reserves[i / 2 / ARRAY_SIZE(loss_cases)];
		struct copy_client *kc = copy_client_create(test, test->param_value, pages);
		struct lossy lossy;

		lossy_init(&lossy, test, c);
		if (i % 2)
			refuse_memory(test);
		lossy_run(&lossy, kc);
		if (i % 2)
			refuse_memory_end(test);
		copy_client_destroy(kc);
		lossy_expect_done(&lossy);
	}
}

/* Where a destination ends, what comes before its end is written. */
static void ignored_errors_beyond_the_end(struct kunit *test)
{
	static const sector_t ends[] = { 0, 1, 8, 1000, 1024, 1025, SECTORS - 1 };
	struct copy_client *kc = copy_client_create(test, test->param_value, 16);

	for (int i = 0; i < ARRAY_SIZE(ends); i++) {
		static const struct loss_case none = { "", { }, { NONE, NONE, NONE } };
		struct service_region from, dests[DESTS];
		struct lossy lossy;

		lossy_init(&lossy, test, &none);
		from = (struct service_region) { lossy.td[FROM]->bdev, 0, SECTORS };
		/* It starts so late that only so much of it is there. */
		dests[0] = (struct service_region) {
			lossy.td[TO]->bdev, SECTORS - ends[i], SECTORS,
		};
		dests[1] = (struct service_region) { lossy.td[TO_OTHER]->bdev, 0, SECTORS };
		KUNIT_EXPECT_EQ(test, 0, copy_start(kc, lossy.call, &from, DESTS, dests,
						    COPY_IGNORE_ERROR));
		test_request_expect_copied(lossy.call->req, false, 1);
		test_expect_same(test, sector_data(lossy.td[TO], SECTORS - ends[i]),
				 lossy.td[FROM]->data, ends[i] << SECTOR_SHIFT, "before the end");
		KUNIT_EXPECT_PTR_EQ(test, NULL,
				    memchr_inv(lossy.td[TO]->data, NOT_WRITTEN,
					       (SECTORS - ends[i]) << SECTOR_SHIFT));
		test_expect_same(test, lossy.td[TO_OTHER]->data, lossy.td[FROM]->data,
				 SECTORS << SECTOR_SHIFT, "other");
		for (int j = 0; j < DISKS; j++)
			test_disk_free(lossy.td[j]);
	}
}

#define DEAD_PARTS 16
#define DEAD_PART_SECTORS 1024
#define DEAD_SECTORS (DEAD_PARTS * DEAD_PART_SECTORS)
/*
 * On a disk that ends bios within their submission one part comes after the other: the
 * first is tried whole, then half of it and so on down to a block, and then each other
 * block. These are 1,024 that are lost: any other part is tried whole, and no more.
 */
#define TRIES (DEAD_PARTS + ilog2(DEAD_PART_SECTORS) + DEAD_PART_SECTORS - 1)

static void expect_given_up(struct kunit *test, int dead)
{
	struct copy_client *kc = copy_client_create(test, test->param_value, 128);
	struct service_region from, dests[DESTS];
	struct test_disk *td[DISKS];
	struct copy_call *call = copy_call_create(test);
	unsigned int tries;

	for (int i = 0; i < DISKS; i++) {
		td[i] = test_disk_create(test, &(struct test_disk_config) {
			.sectors = DEAD_SECTORS,
		});
		test_fill(td[i]->data, DEAD_SECTORS << SECTOR_SHIFT, i);
	}
	test_disk_fail(td[dead], 0, DEAD_SECTORS, true, true, BLK_STS_IOERR);
	from = (struct service_region) { td[FROM]->bdev, 0, DEAD_SECTORS };
	for (int i = 0; i < DESTS; i++)
		dests[i] = (struct service_region) { td[TO + i]->bdev, 0, DEAD_SECTORS };
	KUNIT_EXPECT_EQ(test, 0, copy_start(kc, call, &from, DESTS, dests, COPY_IGNORE_ERROR));
	test_request_expect_copied(call->req, dead == FROM, dead == TO ? BIT(0) : 0);
	tries = td[dead]->nr_log;
	KUNIT_EXPECT_EQ(test, tries, TRIES);
	if (dead == FROM)
		test_expect_zeroes(test, td[TO_OTHER]->data, DEAD_SECTORS << SECTOR_SHIFT, "other");
	else
		test_expect_same(test, td[TO_OTHER]->data, td[FROM]->data,
				 DEAD_SECTORS << SECTOR_SHIFT, "other");
	copy_client_destroy(kc);
	for (int i = 0; i < DISKS; i++)
		test_disk_free(td[i]);
}

/* Each try may take its time to fail: a device that is gone is not tried for ever. */
static void ignored_errors_of_dead_devices(struct kunit *test)
{
	expect_given_up(test, FROM);
	expect_given_up(test, TO);
}

static struct kunit_case ignored_errors_test_cases[] = {
	KUNIT_CASE_PARAM(ignored_errors_of_copies, copy_service_gen_params),
	KUNIT_CASE_PARAM(ignored_errors_beyond_the_end, copy_service_gen_params),
	KUNIT_CASE_PARAM(ignored_errors_of_dead_devices, copy_service_gen_params),
	{}
};

static struct kunit_suite ignored_errors_test_suite = {
	.name = "dm_io_rust_ignored_errors",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = ignored_errors_test_cases,
};

kunit_test_suite(ignored_errors_test_suite);
