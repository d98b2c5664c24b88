// SPDX-License-Identifier: GPL-2.0
#include "bad_input.h"

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/limits.h>
#include <linux/vmalloc.h>

static void no_regions(struct bad_target *target)
{
	target->num_regions = 0;
}

static void too_many_regions(struct bad_target *target)
{
	target->num_regions = BITS_PER_LONG + 1;
}

static void far_too_many_regions(struct bad_target *target)
{
	target->num_regions = UINT_MAX;
}

static void read_of_two(struct bad_target *target)
{
	target->opf = REQ_OP_READ;
	target->num_regions = 2;
}

static void no_where(struct bad_target *target)
{
	target->no_where = true;
}

static void no_device(struct bad_target *target)
{
	target->where[0].bdev = NULL;
}

static void no_last_device(struct bad_target *target)
{
	target->num_regions = 3;
	target->where[2].bdev = NULL;
}

static void end_overflows(struct bad_target *target)
{
	target->where[0].sector = U64_MAX - BAD_TARGET_SECTORS + 1;
}

static void last_end_overflows(struct bad_target *target)
{
	target->num_regions = 4;
	target->where[3].sector = 8;
	target->where[3].count = U64_MAX;
}

static void discard_end_overflows(struct bad_target *target)
{
	target->opf = REQ_OP_DISCARD;
	target->where[0].sector = U64_MAX;
	target->where[0].count = 2;
}

#define BAD_TARGET(fn) { .name = #fn, .spoil = fn, .ret = -EINVAL }
#define BAD_OPF(what, how) { .name = #what, .opf = how, .ret = -EINVAL }

static const struct bad_target_case target_cases[] = {
	BAD_TARGET(no_regions),
	BAD_TARGET(too_many_regions),
	BAD_TARGET(far_too_many_regions),
	{ .name = "read_of_two", .spoil = read_of_two, .ret = -EIO },
	BAD_TARGET(no_where),
	BAD_TARGET(no_device),
	BAD_TARGET(no_last_device),
	BAD_OPF(op_flush, REQ_OP_FLUSH),
	BAD_OPF(op_secure_erase, REQ_OP_SECURE_ERASE),
	BAD_OPF(op_zone_append, REQ_OP_ZONE_APPEND),
	BAD_OPF(op_zone_reset, REQ_OP_ZONE_RESET),
	BAD_OPF(op_zone_reset_all, REQ_OP_ZONE_RESET_ALL),
	BAD_OPF(op_driver, REQ_OP_DRV_OUT),
	BAD_OPF(op_beyond, (__force blk_opf_t)REQ_OP_MASK),
	BAD_OPF(flag_integrity, REQ_OP_WRITE | REQ_INTEGRITY),
	BAD_OPF(flag_polled, REQ_OP_WRITE | REQ_POLLED),
	BAD_OPF(flag_alloc_cache, REQ_OP_WRITE | REQ_ALLOC_CACHE),
	BAD_OPF(flag_drv, REQ_OP_WRITE | REQ_DRV),
	BAD_OPF(flag_fs_private, REQ_OP_WRITE | REQ_FS_PRIVATE),
	BAD_OPF(flush_of_read, REQ_OP_READ | REQ_PREFLUSH),
	BAD_OPF(fua_of_read, REQ_OP_READ | REQ_FUA),
	BAD_OPF(flush_of_discard, REQ_OP_DISCARD | REQ_PREFLUSH),
	BAD_OPF(fua_of_write_zeroes, REQ_OP_WRITE_ZEROES | REQ_FUA),
	BAD_TARGET(end_overflows),
	BAD_TARGET(last_end_overflows),
	BAD_TARGET(discard_end_overflows),
};

KUNIT_ARRAY_PARAM_DESC(target_case, target_cases, name);

const void *bad_target_gen_params(struct kunit *test, const void *prev, char *name)
{
	return target_case_gen_params(test, prev, name);
}

struct test_disk *bad_target_disk(struct kunit *test)
{
	return test_disk_create(test, &(struct test_disk_config) {
		.sectors = (BITS_PER_LONG + 1) * BAD_TARGET_SECTORS,
		.max_discard_sectors = 64,
		.max_write_zeroes_sectors = 64,
		.write_cache = true,
	});
}

void bad_target_init(struct bad_target *target, struct test_disk *td)
{
	*target = (struct bad_target) { .num_regions = 1, .opf = REQ_OP_WRITE };
	for (int i = 0; i < ARRAY_SIZE(target->where); i++)
		target->where[i] = (struct service_region) {
			td->bdev, i * BAD_TARGET_SECTORS, BAD_TARGET_SECTORS,
		};
}

void bad_target_spoil(struct bad_target *target, const struct bad_target_case *c)
{
	if (c->spoil)
		c->spoil(target);
	else
		target->opf = c->opf;
}

static void no_source(struct bad_copy *copy)
{
	copy->no_from = true;
}

static void no_source_device(struct bad_copy *copy)
{
	copy->from.bdev = NULL;
}

static void null_dests(struct bad_copy *copy)
{
	copy->no_dests = true;
}

static void no_dests(struct bad_copy *copy)
{
	copy->num_dests = 0;
}

static void too_many_dests(struct bad_copy *copy)
{
	copy->num_dests = BAD_COPY_DESTS + 1;
}

static void far_too_many_dests(struct bad_copy *copy)
{
	copy->num_dests = UINT_MAX;
}

static void no_dest_device(struct bad_copy *copy)
{
	copy->dests[7].bdev = NULL;
}

static void flag_0(struct bad_copy *copy)
{
	copy->flags = BIT(0);
}

static void flag_beside_known(struct bad_copy *copy)
{
	/* Both know bit 1. */
	copy->flags = BIT(1) | BIT(3);
}

static void flag_31(struct bad_copy *copy)
{
	copy->flags = BIT(31);
}

static void dest_longer(struct bad_copy *copy)
{
	copy->dests[0].count++;
}

static void dest_shorter(struct bad_copy *copy)
{
	copy->dests[7].count--;
}

static void source_overflows(struct bad_copy *copy)
{
	copy->from.sector = U64_MAX - 7;
}

static void dest_overflows(struct bad_copy *copy)
{
	copy->dests[3].sector = U64_MAX - 7;
}

static void onto_itself(struct bad_copy *copy)
{
	copy->dests[0] = copy->from;
}

static void onto_own_end(struct bad_copy *copy)
{
	copy->dests[7] = copy->from;
	copy->dests[7].sector += copy->from.count - 1;
}

static void onto_own_start(struct bad_copy *copy)
{
	copy->dests[4] = copy->from;
	copy->dests[4].sector -= copy->from.count - 1;
}

#define BAD_COPY(fn, ...) { #fn, fn, ##__VA_ARGS__ }

static const struct bad_copy_case copy_cases[] = {
	BAD_COPY(no_source, true),
	BAD_COPY(no_source_device, true),
	BAD_COPY(null_dests),
	BAD_COPY(no_dests),
	BAD_COPY(too_many_dests),
	BAD_COPY(far_too_many_dests),
	BAD_COPY(no_dest_device),
	BAD_COPY(flag_0),
	BAD_COPY(flag_beside_known),
	BAD_COPY(flag_31),
	BAD_COPY(dest_longer),
	BAD_COPY(dest_shorter),
	BAD_COPY(source_overflows, true),
	BAD_COPY(dest_overflows),
};

KUNIT_ARRAY_PARAM_DESC(copy_case, copy_cases, name);

static const struct bad_copy_case overlap_cases[] = {
	BAD_COPY(onto_itself, true),
	BAD_COPY(onto_own_end, true),
	BAD_COPY(onto_own_start, true),
};

KUNIT_ARRAY_PARAM_DESC(overlap_case, overlap_cases, name);

const void *bad_copy_gen_params(struct kunit *test, const void *prev, char *name)
{
	return copy_case_gen_params(test, prev, name);
}

const void *bad_zeroing_gen_params(struct kunit *test, const void *prev, char *name)
{
	const struct bad_copy_case *c = prev;

	do {
		c = copy_case_gen_params(test, c, name);
	} while (c && c->of_source);
	return c;
}

const void *bad_overlap_gen_params(struct kunit *test, const void *prev, char *name)
{
	return overlap_case_gen_params(test, prev, name);
}

KUNIT_DEFINE_ACTION_WRAPPER(free_dests, vfree, const void *);

void bad_copy_init(struct kunit *test, struct bad_copy *copy, struct test_disk *td)
{
	/* The page behind this one is mapped to nothing. */
	void *page = vmalloc(PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_dests, page));
	*copy = (struct bad_copy) {
		.from = { td->bdev, 40, 32 },
		.num_dests = BAD_COPY_DESTS,
		.dests = page + PAGE_SIZE - BAD_COPY_DESTS * sizeof(*copy->dests),
	};
	for (int i = 0; i < BAD_COPY_DESTS; i++)
		copy->dests[i] = (struct service_region) { td->bdev, 100 + 40 * i, 32 };
}

static const struct bad_device_case device_cases[] = {
	{
		.name = "write_beyond_end",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .sector = 64, .count = 8,
	}, {
		.name = "write_across_end",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .sector = 60, .count = 8,
	}, {
		.name = "write_far_beyond_end",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .sector = U64_MAX - 8, .count = 8,
	}, {
		.name = "discard_beyond_end",
		.config = { .sectors = 64, .max_discard_sectors = 64 },
		.opf = REQ_OP_DISCARD, .sector = 8, .count = 1ULL << 40,
	}, {
		.name = "gone",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE, .count = 8, .remove = true,
	}, {
		.name = "no_discard",
		.config = { .sectors = 64 },
		.opf = REQ_OP_DISCARD, .count = 8, .unsup = true,
	}, {
		.name = "no_write_zeroes",
		.config = { .sectors = 64 },
		.opf = REQ_OP_WRITE_ZEROES, .count = 8, .unsup = true,
	},
};

KUNIT_ARRAY_PARAM_DESC(device_case, device_cases, name);

const void *bad_device_gen_params(struct kunit *test, const void *prev, char *name)
{
	return device_case_gen_params(test, prev, name);
}

static const struct bad_device_case end_cases[] = {
	{ .name = "across_end", .config = { .sectors = 64 }, .sector = 60 },
	{ .name = "beyond_end", .config = { .sectors = 64 }, .sector = 64 },
	{ .name = "gone", .config = { .sectors = 64 }, .remove = true },
};

KUNIT_ARRAY_PARAM_DESC(end_case, end_cases, name);

const void *bad_end_gen_params(struct kunit *test, const void *prev, char *name)
{
	return end_case_gen_params(test, prev, name);
}

struct test_disk *bad_device_create(struct kunit *test, const struct bad_device_case *c)
{
	struct test_disk *td = test_disk_create(test, &c->config);

	if (c->remove)
		test_disk_remove(td);
	return td;
}

/* Of the local APIC, which each machine has, and behind which there is nothing else. */
#define REGISTERS 0xfee00000UL
#define REGISTER_PAGES 4

void __iomem *bad_device_memory;

int bad_device_memory_map(struct kunit_suite *suite)
{
	bad_device_memory = ioremap(REGISTERS, REGISTER_PAGES * PAGE_SIZE);
	return bad_device_memory ? 0 : -ENOMEM;
}

void bad_device_memory_unmap(void)
{
	iounmap(bad_device_memory);
}
