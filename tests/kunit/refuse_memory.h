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

/* Extends it to another task, from there. */
void refuse_memory_here_too(void);

/* Ends it, and returns how many allocations were refused. */
unsigned int refuse_memory_end(struct kunit *test);

#endif /* _DM_IO_RUST_REFUSE_MEMORY_H */
