// SPDX-License-Identifier: GPL-2.0
/*
 * Refuses all memory that one module asks for, whichever task it does that in. What others ask
 * for in the same task, as a target in a callback of the module, is given.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "divert.h"
#include "refusals.h"

/* No flag of an allocation: what a mempool hands on to its allocator when the module has asked. */
#define IS_REFUSED BIT(31)

static char *engine;
module_param(engine, charp, 0444);
MODULE_PARM_DESC(engine, "The module");

static bool refuse_memory;
module_param(refuse_memory, bool, 0644);
MODULE_PARM_DESC(refuse_memory, "Whether it is refused memory now");

static atomic_t refusals;
module_param_named(memory_refused, refusals.counter, int, 0444);
MODULE_PARM_DESC(memory_refused, "How often it was");

static atomic_t unrefusable;
module_param_named(memory_unrefusable, unrefusable.counter, int, 0444);
MODULE_PARM_DESC(memory_unrefusable, "How often it asked for memory that must not be refused");

static const struct module *asker;

static bool is_asker(struct pt_regs *regs)
{
	return READ_ONCE(refuse_memory) && within_module_core(caller_of(regs), asker);
}
NOKPROBE_SYMBOL(is_asker);

/* In place of an allocator. */
static void *no_memory(void)
{
	atomic_inc(&refusals);
	return NULL;
}

/* void *__kmalloc_noprof(size_t size, gfp_t flags) */
static int at_kmalloc(struct kprobe *probe, struct pt_regs *regs)
{
	if (!is_asker(regs))
		return 0;
	if (!(regs->si & __GFP_NOFAIL))
		return divert(regs, no_memory);
	atomic_inc(&unrefusable);
	return 0;
}
NOKPROBE_SYMBOL(at_kmalloc);

/* struct page *alloc_pages(gfp_t gfp_mask, unsigned int order), as Rust calls it */
static int at_alloc_pages(struct kprobe *probe, struct pt_regs *regs)
{
	return is_asker(regs) ? divert(regs, no_memory) : 0;
}
NOKPROBE_SYMBOL(at_alloc_pages);

/* void *mempool_alloc_noprof(struct mempool *pool, gfp_t gfp_mask), which has a reserve. */
static int at_mempool(struct kprobe *probe, struct pt_regs *regs)
{
	if (is_asker(regs))
		regs->si |= IS_REFUSED;
	return 0;
}
NOKPROBE_SYMBOL(at_mempool);

/* void *mempool_kmalloc(gfp_t gfp_mask, void *pool_data), which the mempool calls. */
static int at_mempool_kmalloc(struct kprobe *probe, struct pt_regs *regs)
{
	if (!(regs->di & IS_REFUSED))
		return 0;
	regs->di &= ~IS_REFUSED;
	return READ_ONCE(refuse_memory) ? divert(regs, no_memory) : 0;
}
NOKPROBE_SYMBOL(at_mempool_kmalloc);

static struct kprobe *probes[] = {
	/* In front of what marks a request: one that was marked is seen. */
	DIVERSION("mempool_kmalloc", at_mempool_kmalloc),
	DIVERSION("mempool_alloc_noprof", at_mempool),
	DIVERSION("__kmalloc_noprof", at_kmalloc),
	DIVERSION("rust_helper_alloc_pages", at_alloc_pages),
};

/* The function is not exported: a probe finds it. */
static const struct module *find(const char *name)
{
	struct kprobe probe = { .symbol_name = "find_module" };

	if (!name || register_kprobe(&probe))
		return NULL;
	unregister_kprobe(&probe);
	guard(rcu)();
	return ((struct module *(*)(const char *))probe.addr)(name);
}

int refuse_memory_init(void)
{
	asker = find(engine);
	if (!asker)
		return -ENOENT;
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

void refuse_memory_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}
