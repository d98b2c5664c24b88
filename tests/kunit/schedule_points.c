// SPDX-License-Identifier: GPL-2.0
#include "schedule_points.h"

#include <linux/err.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <asm/insn.h>
#include <asm/sections.h>

#include "schedule_hold.h"

#define MAX_FUNCTIONS 8192
#define MAX_POINTS 8192
/* The function of the test disk that is a point. */
#define DRIVER "test_disk_lingers"

static struct schedule_point *points;
static unsigned int nr_points, nr_refused;

struct functions {
	unsigned long *address;
	unsigned int nr;
};

/* The exports, the C helpers, and what the tests add: the disk and a function of their own. */
static const char * const prefixes[] = {
	"dm_io_rust_", "rust_dm_", "dm_io_get", "dm_io_put", "dm_io_sync", "dm_io_async",
	"kcopyd_client_create", "kcopyd_client_destroy", "kcopyd_copy",
	DRIVER, "schedule_self_test_target",
};

static bool is_of_module(const char *name)
{
	/* The padding in front of a function is none. */
	if (str_has_prefix(name, "__pfx_"))
		return false;
	/* Mangled names hold those of their crate and modules. */
	if (strstr(name, "dm_io_rust_main"))
		return !strstr(name, "5tests") && !strstr(name, "kunit");
	for (int i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_has_prefix(name, prefixes[i]))
			return true;
	return false;
}

static int add_function(void *data, const char *name, unsigned long address)
{
	struct functions *functions = data;

	if (!is_kernel_text(address) || !is_of_module(name))
		return 0;
	if (functions->nr == MAX_FUNCTIONS)
		return -E2BIG;
	functions->address[functions->nr++] = address;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return cmp_int(*(const unsigned long *)a, *(const unsigned long *)b);
}

/* One function may have several names. */
static void sort_functions(struct functions *functions)
{
	unsigned int nr = 0;

	sort(functions->address, functions->nr, sizeof(*functions->address), compare, NULL);
	for (unsigned int i = 0; i < functions->nr; i++)
		if (!nr || functions->address[i] != functions->address[nr - 1])
			functions->address[nr++] = functions->address[i];
	functions->nr = nr;
}

/* A checker's report or a panic: the call does not return where it matters. */
static bool is_report(const struct insn *insn, unsigned long address)
{
	unsigned long target = address + insn->length + insn->immediate.value;
	char name[KSYM_NAME_LEN];

	if (lookup_symbol_name(target, name))
		return false;
	return strstr(name, "panick") || str_has_prefix(name, "__asan_") ||
	       str_has_prefix(name, "__ubsan_");
}

static bool is_call(const struct insn *insn, unsigned long address)
{
	switch (insn->opcode.bytes[0]) {
	case 0xe8:
		return !is_report(insn, address);
	case 0xff:
		return X86_MODRM_REG(insn->modrm.value) == 2;
	default:
		return false;
	}
}

static int add_point(unsigned long address)
{
	if (nr_points == MAX_POINTS)
		return -E2BIG;
	points[nr_points++].probe.addr = (kprobe_opcode_t *)address;
	return 0;
}

static int add_points_of(unsigned long start)
{
	unsigned long size, offset, at;
	int ret = add_point(start);
	struct insn insn;

	if (!kallsyms_lookup_size_offset(start, &size, &offset))
		return ret;
	for (at = start; at < start + size && !ret; at += insn.length) {
		if (insn_decode_kernel(&insn, (void *)at) < 0)
			break;
		if (is_call(&insn, at) && at + insn.length < start + size)
			ret = add_point(at + insn.length);
	}
	return ret;
}

static int add_points(const struct functions *functions)
{
	int ret = 0;

	for (unsigned int i = 0; i < functions->nr && !ret; i++)
		ret = add_points_of(functions->address[i]);
	return ret;
}

/* The probe sees the registers as they are at the point, and may change where it goes on. */
static int hit(struct kprobe *probe, struct pt_regs *regs)
{
	struct schedule_point *point = container_of(probe, struct schedule_point, probe);

	atomic_inc(&point->hits);
	return schedule_hold_hit(point, regs);
}
NOKPROBE_SYMBOL(hit);

/* A probe that has one is not optimised into a jump, which could not be redirected. */
static void not_optimised(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(not_optimised);

static bool is_driver(unsigned long address)
{
	char name[KSYM_NAME_LEN];

	return !lookup_symbol_name(address, name) && str_has_prefix(name, DRIVER);
}

static void register_points(void)
{
	nr_refused = 0;
	for (unsigned int i = 0; i < nr_points; i++) {
		struct kprobe *probe = &points[i].probe;

		points[i].is_driver = is_driver((unsigned long)probe->addr);
		probe->pre_handler = hit;
		probe->post_handler = not_optimised;
		probe->flags = KPROBE_FLAG_DISABLED;
		points[i].refused = register_kprobe(probe) != 0;
		nr_refused += points[i].refused;
	}
}

int schedule_points_create(void)
{
	struct functions functions = {
		.address = kvcalloc(MAX_FUNCTIONS, sizeof(*functions.address), GFP_KERNEL),
	};
	int ret = -ENOMEM;

	nr_points = 0;
	points = kvcalloc(MAX_POINTS, sizeof(*points), GFP_KERNEL);
	if (functions.address && points)
		ret = kallsyms_on_each_symbol(add_function, &functions);
	if (!ret) {
		sort_functions(&functions);
		ret = add_points(&functions);
	}
	if (!ret)
		register_points();
	kvfree(functions.address);
	return ret;
}

void schedule_points_destroy(void)
{
	struct kprobe **probes = kvcalloc(nr_points, sizeof(*probes), GFP_KERNEL);
	unsigned int nr = 0;

	if (!probes)
		return;
	for (unsigned int i = 0; i < nr_points; i++)
		if (!points[i].refused)
			probes[nr++] = &points[i].probe;
	unregister_kprobes(probes, nr);
	kvfree(probes);
	kvfree(points);
	points = NULL;
	nr_points = 0;
}

unsigned int schedule_points_nr(void)
{
	return nr_points;
}

unsigned int schedule_points_refused(void)
{
	return nr_refused;
}

struct schedule_point *schedule_point_get(unsigned int nr)
{
	return &points[nr];
}

struct schedule_point *schedule_point_of(const void *function)
{
	for (unsigned int i = 0; i < nr_points; i++) {
		unsigned long at = (unsigned long)points[i].probe.addr, size, offset;

		/* The entry may begin with an instruction that the probe leaves alone. */
		if (!points[i].refused && at >= (unsigned long)function &&
		    kallsyms_lookup_size_offset(at, &size, &offset) &&
		    at - offset == (unsigned long)function)
			return &points[i];
	}
	return NULL;
}

void schedule_point_arm(struct schedule_point *point)
{
	if (!point->refused)
		enable_kprobe(&point->probe);
}

void schedule_point_disarm(struct schedule_point *point)
{
	if (!point->refused)
		disable_kprobe(&point->probe);
}
