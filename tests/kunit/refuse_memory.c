// SPDX-License-Identifier: GPL-2.0
#include "refuse_memory.h"

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/error-injection.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

#define NO_PAGES (-1)

static struct task_struct *victims[4];
static bool workers_too;
/* The order of the longest run of pages that is not refused. */
static int longest;
static atomic_t asked;

/* Not current_work(): that takes the context of a probe for an interrupt. */
static bool is_victim(void)
{
	for (int i = 0; i < ARRAY_SIZE(victims); i++)
		if (current == READ_ONCE(victims[i]))
			return true;
	return READ_ONCE(workers_too) && (current->flags & PF_WQ_WORKER);
}
NOKPROBE_SYMBOL(is_victim);

static int refuse(struct pt_regs *regs, gfp_t gfp, long answer)
{
	if ((gfp & __GFP_NOFAIL) || !is_victim())
		return 0;
	atomic_inc(&asked);
	regs_set_return_value(regs, answer);
	override_function_with_return(regs);
	return 1;
}
NOKPROBE_SYMBOL(refuse);

/* int should_failslab(struct kmem_cache *s, gfp_t gfpflags) */
static int refuse_slab(struct kprobe *probe, struct pt_regs *regs)
{
	return refuse(regs, regs_get_kernel_argument(regs, 1), -ENOMEM);
}
NOKPROBE_SYMBOL(refuse_slab);

/* bool should_fail_alloc_page(gfp_t gfp_mask, unsigned int order) */
static int refuse_pages(struct kprobe *probe, struct pt_regs *regs)
{
	if ((int)regs_get_kernel_argument(regs, 1) <= READ_ONCE(longest))
		return 0;
	return refuse(regs, regs_get_kernel_argument(regs, 0), true);
}
NOKPROBE_SYMBOL(refuse_pages);

/* void *mempool_alloc_preallocated(struct mempool *pool), which may have some. */
static int count_reserved(struct kprobe *probe, struct pt_regs *regs)
{
	if (is_victim())
		atomic_inc(&asked);
	return 0;
}
NOKPROBE_SYMBOL(count_reserved);

/* A probe that has one is not optimised into a jump, which could not return. */
static void not_optimised(struct kprobe *probe, struct pt_regs *regs,
			  unsigned long flags)
{
}
NOKPROBE_SYMBOL(not_optimised);

static struct kprobe slab_probe, pages_probe, reserve_probe;

static void end(void *unused)
{
	unregister_kprobe(&slab_probe);
	unregister_kprobe(&pages_probe);
	unregister_kprobe(&reserve_probe);
	for (int i = 0; i < ARRAY_SIZE(victims); i++)
		WRITE_ONCE(victims[i], NULL);
}

/* A probe keeps state of its last registration: each starts from nothing. */
static void arm(struct kunit *test)
{
	slab_probe = (struct kprobe) {
		.symbol_name = "should_failslab",
		.pre_handler = refuse_slab,
		.post_handler = not_optimised,
		.flags = KPROBE_FLAG_DISABLED,
	};
	pages_probe = (struct kprobe) {
		.symbol_name = "should_fail_alloc_page",
		.pre_handler = refuse_pages,
		.post_handler = not_optimised,
		.flags = KPROBE_FLAG_DISABLED,
	};
	reserve_probe = (struct kprobe) {
		.symbol_name = "mempool_alloc_preallocated",
		.pre_handler = count_reserved,
		.post_handler = not_optimised,
		.flags = KPROBE_FLAG_DISABLED,
	};
	KUNIT_ASSERT_EQ(test, register_kprobe(&slab_probe), 0);
	KUNIT_ASSERT_EQ(test, register_kprobe(&pages_probe), 0);
	KUNIT_ASSERT_EQ(test, register_kprobe(&reserve_probe), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, end, NULL), 0);
}

static void start(struct kunit *test, int order, bool of_workers)
{
	arm(test);
	atomic_set(&asked, 0);
	WRITE_ONCE(longest, order);
	WRITE_ONCE(workers_too, of_workers);
	WRITE_ONCE(victims[0], current);
	enable_kprobe(&pages_probe);
}

void refuse_memory(struct kunit *test)
{
	start(test, NO_PAGES, true);
	enable_kprobe(&slab_probe);
	enable_kprobe(&reserve_probe);
}

void refuse_memory_only_here(struct kunit *test)
{
	start(test, NO_PAGES, false);
	enable_kprobe(&slab_probe);
	enable_kprobe(&reserve_probe);
}

void refuse_runs(struct kunit *test, unsigned int order)
{
	start(test, order, true);
}

void refuse_memory_here_too(void)
{
	for (int i = 0; i < ARRAY_SIZE(victims); i++)
		if (!cmpxchg(&victims[i], NULL, current))
			return;
}

unsigned int refuse_memory_end(struct kunit *test)
{
	kunit_release_action(test, end, NULL);
	return atomic_read(&asked);
}
