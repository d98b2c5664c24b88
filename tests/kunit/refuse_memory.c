// SPDX-License-Identifier: GPL-2.0
#include "refuse_memory.h"

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/error-injection.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>

#define NO_PAGES (-1)

/*
 * Whether memory is refused now. What else is here is only of interest if it is.
 *
 * The probes stay for good, and look at this. To register and remove them in each case is to
 * change code that other CPUs run, thousands of times in a boot. Now and then one of QEMU's went
 * on with a breakpoint that it had translated before, and that was there no more: an oops.
 */
static bool refusing;

/* As many as there are, then NULL. */
static struct task_struct *victims[32];
static bool workers_too;
static bool slabs_too;
/* Whether memory is not refused to those who would have some reclaimed, and wait for that. */
static bool spares_waiters;
/* The order of the longest run of pages that is not refused. */
static int longest;
/* How many single pages are not refused. */
static atomic_t single_pages;
/* How often that was done, and how often a reserve was asked for what it has. */
static atomic_t refusals;
static atomic_t asks_of_reserve;
/* How often memory was asked for that must not be refused: what waits for it may wait for ever. */
static atomic_t unrefusable;
/* How often a run of pages was refused for which memory would have been reclaimed or compacted. */
static atomic_t reclaiming;

/* Not current_work(): that takes the context of a probe for an interrupt. */
static bool is_victim(void)
{
	/* Pairs with start(). */
	if (!smp_load_acquire(&refusing))
		return false;
	for (int i = 0; i < ARRAY_SIZE(victims); i++) {
		struct task_struct *victim = READ_ONCE(victims[i]);

		if (victim == current)
			return true;
		if (!victim)
			break;
	}
	return workers_too && (current->flags & PF_WQ_WORKER);
}
NOKPROBE_SYMBOL(is_victim);

/*
 * Whether it is the victim's own doing, and not that of an interrupt that came meanwhile. The
 * breakpoint of the probe itself counts as an NMI, which is a hard interrupt as well.
 */
static bool is_own_doing(void)
{
	return hardirq_count() == HARDIRQ_OFFSET && !in_serving_softirq();
}
NOKPROBE_SYMBOL(is_own_doing);

/* A slab's pages are compound: they are not counted beside the object that they are for. */
static bool may_refuse(gfp_t gfp)
{
	bool is_patient = spares_waiters && (gfp & __GFP_DIRECT_RECLAIM);

	if (!is_victim())
		return false;
	if (((gfp & __GFP_NOFAIL) || (is_patient && !(gfp & __GFP_NORETRY))) &&
	    !(gfp & __GFP_COMP) && is_own_doing())
		atomic_inc(&unrefusable);
	return !(gfp & __GFP_NOFAIL) && !is_patient;
}
NOKPROBE_SYMBOL(may_refuse);

/*
 * Answers in place of the function, which itself refuses nothing. To step through it is as
 * expensive again as to come here, and all the kernel's allocations do.
 */
static int answer(struct pt_regs *regs, bool refused, long refusal)
{
	if (refused && is_own_doing())
		atomic_inc(&refusals);
	regs_set_return_value(regs, refused ? refusal : 0);
	override_function_with_return(regs);
	return 1;
}
NOKPROBE_SYMBOL(answer);

/* int should_failslab(struct kmem_cache *s, gfp_t gfpflags) */
static int refuse_slab(struct kprobe *probe, struct pt_regs *regs)
{
	gfp_t gfp = regs_get_kernel_argument(regs, 1);

	return answer(regs, may_refuse(gfp) && slabs_too, -ENOMEM);
}
NOKPROBE_SYMBOL(refuse_slab);

/* Pages for slabs are not counted: who asks for them may wait, or tries larger ones first. */
static bool is_one_too_many(gfp_t gfp)
{
	return !(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NORETRY)) && is_own_doing() &&
	       atomic_dec_if_positive(&single_pages) < 0;
}
NOKPROBE_SYMBOL(is_one_too_many);

/*
 * bool should_fail_alloc_page(gfp_t gfp_mask, unsigned int order)
 *
 * Pages with __GFP_NOMEMALLOC are those that KASAN keeps the stacks of other allocations in, now
 * and then: see gfp_nested_mask().
 */
static int refuse_pages(struct kprobe *probe, struct pt_regs *regs)
{
	gfp_t gfp = regs_get_kernel_argument(regs, 0);
	int order = regs_get_kernel_argument(regs, 1);
	bool refused = may_refuse(gfp) && !(gfp & __GFP_NOMEMALLOC) &&
		       (order > longest || is_one_too_many(gfp));

	if (refused && order > 0 && (gfp & __GFP_RECLAIM) && is_own_doing())
		atomic_inc(&reclaiming);
	return answer(regs, refused, true);
}
NOKPROBE_SYMBOL(refuse_pages);

/* void *mempool_alloc_preallocated(struct mempool *pool), which may have some. */
static int count_reserved(struct kprobe *probe, struct pt_regs *regs)
{
	if (is_victim() && is_own_doing())
		atomic_inc(&asks_of_reserve);
	return 0;
}
NOKPROBE_SYMBOL(count_reserved);

/* A probe that has one is not optimised into a jump, which could not return. */
static void not_optimised(struct kprobe *probe, struct pt_regs *regs,
			  unsigned long flags)
{
}
NOKPROBE_SYMBOL(not_optimised);

static struct kprobe slab_probe = {
	.symbol_name = "should_failslab",
	.pre_handler = refuse_slab,
	.post_handler = not_optimised,
};

static struct kprobe pages_probe = {
	.symbol_name = "should_fail_alloc_page",
	.pre_handler = refuse_pages,
	.post_handler = not_optimised,
};

static struct kprobe reserve_probe = {
	.symbol_name = "mempool_alloc_preallocated",
	.pre_handler = count_reserved,
	.post_handler = not_optimised,
};

static void register_probes(struct kunit *test)
{
	static struct kprobe *probes[] = { &slab_probe, &pages_probe, &reserve_probe };
	static bool registered;

	if (!registered)
		KUNIT_ASSERT_EQ(test, register_kprobes(probes, ARRAY_SIZE(probes)), 0);
	registered = true;
}

static void end(void *unused)
{
	WRITE_ONCE(refusing, false);
	/* Waits for handlers that have seen it set: they are not preempted. */
	synchronize_rcu_expedited();
}

static void start(struct kunit *test, int order, bool slabs, bool of_workers)
{
	register_probes(test);
	KUNIT_ASSERT_FALSE(test, refusing);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, end, NULL), 0);
	atomic_set(&refusals, 0);
	atomic_set(&asks_of_reserve, 0);
	atomic_set(&unrefusable, 0);
	atomic_set(&reclaiming, 0);
	longest = order;
	atomic_set(&single_pages, INT_MAX);
	slabs_too = slabs;
	workers_too = of_workers;
	spares_waiters = false;
	memset(victims, 0, sizeof(victims));
	victims[0] = current;
	/* Pairs with is_victim(). */
	smp_store_release(&refusing, true);
}

void refuse_memory(struct kunit *test)
{
	start(test, NO_PAGES, true, true);
}

void refuse_memory_only_here(struct kunit *test)
{
	start(test, NO_PAGES, true, false);
}

void refuse_memory_at_hand_only_here(struct kunit *test)
{
	refuse_memory_only_here(test);
	WRITE_ONCE(spares_waiters, true);
}

void refuse_runs(struct kunit *test, unsigned int order)
{
	start(test, order, false, true);
}

void refuse_all_but_pages(struct kunit *test, unsigned int pages)
{
	refuse_runs(test, 0);
	atomic_set(&single_pages, pages);
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
	return atomic_read(&refusals);
}

void refuse_memory_end_expecting(struct kunit *test, unsigned int asks)
{
	refuse_memory_end(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&asks_of_reserve), asks);
	KUNIT_EXPECT_EQ(test, atomic_read(&unrefusable), 0);
}

unsigned int refuse_memory_asks_of_reserve(void)
{
	return atomic_read(&asks_of_reserve);
}

unsigned int refuse_memory_unrefusable(void)
{
	return atomic_read(&unrefusable);
}

unsigned int refuse_memory_reclaiming(void)
{
	return atomic_read(&reclaiming);
}
