/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Refuses every ordinary allocation of a test and of what works for it.
 */
#ifndef _DM_IO_RUST_REFUSE_MEMORY_H
#define _DM_IO_RUST_REFUSE_MEMORY_H

struct kunit;

/*
 * From now on neither slab nor page allocator has memory for the current task,
 * nor for any worker. It ends with the test at the latest.
 */
void refuse_memory(struct kunit *test);

/* The same, but for workers. */
void refuse_memory_only_here(struct kunit *test);

/* The same, for what would not be reclaimed: whoever may wait has memory. */
void refuse_memory_at_hand_only_here(struct kunit *test);

/*
 * From now on memory is in pieces: the page allocator has nothing longer than a
 * run of 1 << @order pages, again for the current task and any worker.
 */
void refuse_runs(struct kunit *test, unsigned int order);

/* The same, and after so many pages, one at a time, it has no more. */
void refuse_all_but_pages(struct kunit *test, unsigned int pages);

/* Extends it to another task, from there: to 31 of them. */
void refuse_memory_here_too(void);

/* Ends it, and returns how often an allocator refused memory. */
unsigned int refuse_memory_end(struct kunit *test);

/*
 * Ends it where memory was to come from what is set aside: expects that this was asked for so
 * often, and nothing at all that cannot be refused.
 */
void refuse_memory_end_expecting(struct kunit *test, unsigned int asks);

/* How often a mempool was asked for what it has set aside, from the beginning to the end. */
unsigned int refuse_memory_asks_of_reserve(void);

/*
 * How often memory was asked for, in the same time, that cannot be refused: with __GFP_NOFAIL, or
 * by one who may wait, and has memory, without __GFP_NORETRY.
 */
unsigned int refuse_memory_unrefusable(void);

/* How often a run of pages was refused for which others would have been woken or waited for. */
unsigned int refuse_memory_reclaiming(void);

#endif /* _DM_IO_RUST_REFUSE_MEMORY_H */
