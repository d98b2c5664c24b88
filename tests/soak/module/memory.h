/* SPDX-License-Identifier: GPL-2.0 */
/* The memory of a request, in each of the four kinds that dm-io takes. */
#ifndef _SOAK_MEMORY_H
#define _SOAK_MEMORY_H

#include <linux/bio.h>

#include <linux/dm-io.h>

#define MEMORY_SECTORS 1024
#define MEMORY_VECTORS 64

struct rnd_state;

/**
 * struct memory - a request's memory, with room before and behind it
 * @lump: memory in one piece, for a bio and for kernel memory
 * @mapped: memory in pages, for vmalloc'd memory and page lists
 * @nodes: the page list of @mapped
 * @vectors: what the bio has
 * @bio: a bio
 * @type: which kind is used
 * @start: where in @lump or @mapped the request begins, in bytes
 * @bytes: how long it is
 */
struct memory {
	u8 *lump;
	u8 *mapped;
	struct page_list *nodes;
	struct bio_vec vectors[MEMORY_VECTORS];
	struct bio bio;
	enum dm_io_mem_type type;
	size_t start;
	size_t bytes;
};

int memory_create(struct memory *memory);
void memory_destroy(struct memory *memory);

/* Chooses a kind, and a place with that alignment, for blocks of a length in sectors. */
void memory_choose(struct memory *memory, struct rnd_state *random, sector_t sectors,
		   unsigned int block, unsigned int alignment);
u8 *memory_data(const struct memory *memory);
struct dm_io_memory memory_argument(struct memory *memory);
/* Fills the memory, and as much around it as is looked at, with what no sector holds. */
void memory_make_stale(struct memory *memory);
bool memory_margins_intact(const struct memory *memory);

#endif /* _SOAK_MEMORY_H */
