/* SPDX-License-Identifier: GPL-2.0 */
/* The buffers: one arena of kernel memory and one that is vmalloc'd for each side. */
#ifndef _DIFFERENTIAL_MEMORY_H
#define _DIFFERENTIAL_MEMORY_H

#include <linux/bio.h>

#include "api.h"

#define ARENA_SIZE SZ_4M
#define MAX_VECTORS 64
/* What memory holds that nobody has touched. */
#define BUFFER_STALE 0x5a

/**
 * struct buffer - a request's buffer, with room before and behind it
 * @start: where its slice of the arena starts
 * @size: the length of the slice, whole pages
 * @bytes: the length of the data
 * @at: where in the slice the data starts
 * @type: the form in which it is handed over
 * @lead: how far a bio has advanced to reach the data
 * @bio: the bio of either side, if it is one
 * @iter: what bi_iter was at the start
 * @vectors: the bio's vectors
 */
struct buffer {
	size_t start;
	size_t size;
	size_t bytes;
	size_t at[SIDES];
	enum dm_io_mem_type type;
	size_t lead;
	struct bio bio[SIDES];
	struct bvec_iter iter;
	struct bio_vec vectors[SIDES][MAX_VECTORS];
};

int memory_init(void);
void memory_exit(void);
void *buffer_data(struct buffer *buffer, enum side side);
void buffer_fill(struct buffer *buffer, bool data, u64 stamp);
void buffer_vectors(struct buffer *buffer);
struct dm_io_memory buffer_memory(struct buffer *buffer, enum side side);
bool buffer_outside_untouched(struct buffer *buffer, enum side side);

#endif /* _DIFFERENTIAL_MEMORY_H */
