/* SPDX-License-Identifier: GPL-2.0 */
/* The memory of a request, in each of the kinds that dm-io takes. */
#ifndef _SOAK_MEMORY_H
#define _SOAK_MEMORY_H

#include <linux/bio.h>

#define MEMORY_SECTORS 1024
#define MEMORY_VECTORS 64

struct page_list;
struct rnd_state;

/* Those of mainline's dm_io(); all but the last are those of dm_io_rust/dm_io.h. */
enum memory_kind {
	MEMORY_PAGE_LIST,
	MEMORY_BIO,
	MEMORY_VMA,
	MEMORY_KMEM,
	MEMORY_TYPES,
};

/**
 * struct memory - a request's memory, with room before and behind it
 * @lump: memory in one piece, for a bio and for kernel memory
 * @mapped: memory in pages, for vmalloc'd memory and page lists
 * @nodes: the page list of @mapped
 * @vectors: what the bio has, and what is called a bvec
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
	enum memory_kind type;
	size_t start;
	size_t bytes;
};

int memory_create(struct memory *memory);
void memory_destroy(struct memory *memory);

/* Chooses a place with that alignment, for blocks of a length in sectors. */
void memory_choose(struct memory *memory, struct rnd_state *random, sector_t sectors,
		   unsigned int block, unsigned int alignment);
u8 *memory_data(const struct memory *memory);
/* The node that the data begins in. */
struct page_list *memory_nodes(const struct memory *memory);
/* Fills the memory, and as much around it as is looked at, with what no sector holds. */
void memory_make_stale(struct memory *memory);
bool memory_margins_intact(const struct memory *memory);

#endif /* _SOAK_MEMORY_H */
