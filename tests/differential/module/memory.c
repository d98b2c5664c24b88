// SPDX-License-Identifier: GPL-2.0
/* Arenas, and what is in them before a request. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "dice.h"
#include "memory.h"

#define ARENA_ORDER get_order(ARENA_SIZE)
#define PAGES (ARENA_SIZE >> PAGE_SHIFT)

static void *random;
static void *contiguous[SIDES];
static void *mapped[SIDES];
static struct page_list nodes[SIDES][PAGES];

static int make_side(enum side side)
{
	contiguous[side] = (void *)__get_free_pages(GFP_KERNEL, ARENA_ORDER);
	mapped[side] = vmalloc(ARENA_SIZE);
	if (!contiguous[side] || !mapped[side])
		return -ENOMEM;
	for (size_t i = 0; i < PAGES; i++) {
		nodes[side][i].page = vmalloc_to_page(mapped[side] + i * PAGE_SIZE);
		nodes[side][i].next = i + 1 < PAGES ? &nodes[side][i + 1] : NULL;
	}
	return 0;
}

int memory_init(void)
{
	int ret;

	random = vmalloc(ARENA_SIZE);
	if (!random)
		return -ENOMEM;
	dice_seed(0);
	dice_bytes(random, ARENA_SIZE);
	ret = make_side(MAINLINE);
	return ret ? ret : make_side(RUST);
}

void memory_exit(void)
{
	for (int side = 0; side < SIDES; side++) {
		free_pages((unsigned long)contiguous[side], ARENA_ORDER);
		vfree(mapped[side]);
	}
	vfree(random);
}

static void *slice(struct buffer *buffer, enum side side)
{
	bool is_mapped = buffer->type == DM_IO_PAGE_LIST || buffer->type == DM_IO_VMA;

	return (is_mapped ? mapped : contiguous)[side] + buffer->start;
}

void *buffer_data(struct buffer *buffer, enum side side)
{
	return slice(buffer, side) + buffer->at[side];
}

/* Random data, of which each sector of each request is another; or stale memory. */
void buffer_fill(struct buffer *buffer, bool data, u64 stamp)
{
	for (int side = 0; side < SIDES; side++) {
		u8 *bytes = buffer_data(buffer, side);

		memset(slice(buffer, side), BUFFER_STALE, buffer->size);
		if (!data)
			continue;
		memcpy(bytes, random + buffer->start, buffer->bytes);
		for (size_t at = 0; at < buffer->bytes; at += SECTOR_SIZE) {
			u64 mark[2] = { stamp, at };

			memcpy(bytes + at, mark, sizeof(mark));
		}
	}
}

static size_t vector_length(struct buffer *buffer, size_t rest)
{
	size_t least = roundup(buffer->bytes / (MAX_VECTORS / 2), SECTOR_SIZE);

	return min(rest, least + dice_between(1, 24) * SECTOR_SIZE);
}

/* Makes a bio for either side, with vectors of many lengths. */
void buffer_vectors(struct buffer *buffer)
{
	size_t all = buffer->lead + buffer->bytes;
	unsigned int num = 0;

	for (size_t done = 0; done < all; num++) {
		size_t length = vector_length(buffer, all - done);

		for (int side = 0; side < SIDES; side++)
			bvec_set_virt(&buffer->vectors[side][num],
				      buffer_data(buffer, side) - buffer->lead + done, length);
		done += length;
	}
	for (int side = 0; side < SIDES; side++) {
		struct bio *bio = &buffer->bio[side];

		bio_init(bio, NULL, buffer->vectors[side], MAX_VECTORS, REQ_OP_WRITE);
		bio->bi_vcnt = num;
		bio->bi_iter.bi_size = all;
		if (buffer->lead)
			bio_advance(bio, buffer->lead);
		buffer->iter = bio->bi_iter;
	}
}

struct dm_io_memory buffer_memory(struct buffer *buffer, enum side side)
{
	struct dm_io_memory memory = { .type = buffer->type };
	size_t page = (buffer->start + buffer->at[side]) >> PAGE_SHIFT;

	switch (buffer->type) {
	case DM_IO_PAGE_LIST:
		memory.ptr.pl = &nodes[side][page];
		memory.offset = offset_in_page(buffer->at[side]);
		break;
	case DM_IO_BIO:
		memory.ptr.bio = &buffer->bio[side];
		break;
	case DM_IO_VMA:
		memory.ptr.vma = buffer_data(buffer, side);
		break;
	case DM_IO_KMEM:
		memory.ptr.addr = buffer_data(buffer, side);
		break;
	}
	return memory;
}

bool buffer_outside_untouched(struct buffer *buffer, enum side side)
{
	size_t end = buffer->at[side] + buffer->bytes;
	void *bytes = slice(buffer, side);

	return !memchr_inv(bytes, BUFFER_STALE, buffer->at[side]) &&
	       !memchr_inv(bytes + end, BUFFER_STALE, buffer->size - end) &&
	       (buffer->type != DM_IO_BIO ||
		!memcmp(&buffer->bio[side].bi_iter, &buffer->iter, sizeof(buffer->iter)));
}
