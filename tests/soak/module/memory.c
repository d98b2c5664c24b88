// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <linux/dm-io.h>

#include "memory.h"

/* A request begins in the second page at the latest. */
#define PAGES ((MEMORY_SECTORS >> (PAGE_SHIFT - SECTOR_SHIFT)) + 2)
#define BYTES (PAGES * PAGE_SIZE)
#define MARGIN SECTOR_SIZE
#define STALE 0x5a

int memory_create(struct memory *memory)
{
	memory->lump = alloc_pages_exact(BYTES, GFP_KERNEL);
	memory->mapped = vmalloc(BYTES);
	memory->nodes = kvcalloc(PAGES, sizeof(*memory->nodes), GFP_KERNEL);
	if (!memory->lump || !memory->mapped || !memory->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < PAGES; i++) {
		memory->nodes[i].page = vmalloc_to_page(memory->mapped + i * PAGE_SIZE);
		memory->nodes[i].next = i + 1 < PAGES ? &memory->nodes[i + 1] : NULL;
	}
	return 0;
}

void memory_destroy(struct memory *memory)
{
	kvfree(memory->nodes);
	vfree(memory->mapped);
	if (memory->lump)
		free_pages_exact(memory->lump, BYTES);
}

static u8 *area(const struct memory *memory)
{
	bool in_pages = memory->type == MEMORY_PAGE_LIST || memory->type == MEMORY_VMA;

	return in_pages ? memory->mapped : memory->lump;
}

u8 *memory_data(const struct memory *memory)
{
	return area(memory) + memory->start;
}

/* Vectors of many lengths, none of which a block is split by. */
static void make_bio(struct memory *memory, struct rnd_state *random, unsigned int block)
{
	size_t unit = block << SECTOR_SHIFT, done = 0;
	unsigned int num = 0;

	while (done < memory->bytes) {
		size_t blocks = 1 + prandom_u32_state(random) % 8;
		size_t rest = memory->bytes - done;
		size_t length = num + 1 < MEMORY_VECTORS ? min(rest, blocks * unit) : rest;

		bvec_set_virt(&memory->vectors[num++], memory_data(memory) + done, length);
		done += length;
	}
	bio_init(&memory->bio, NULL, memory->vectors, MEMORY_VECTORS, REQ_OP_WRITE);
	memory->bio.bi_vcnt = num;
	memory->bio.bi_iter.bi_size = memory->bytes;
}

void memory_choose(struct memory *memory, struct rnd_state *random, sector_t sectors,
		   unsigned int block, unsigned int alignment)
{
	memory->bytes = sectors << SECTOR_SHIFT;
	memory->start = max(MARGIN, alignment) +
			alignment * (prandom_u32_state(random) % (PAGE_SIZE / alignment));
	if (memory->type == MEMORY_BIO)
		make_bio(memory, random, block);
}

struct page_list *memory_nodes(const struct memory *memory)
{
	return &memory->nodes[memory->start >> PAGE_SHIFT];
}

void memory_make_stale(struct memory *memory)
{
	memset(memory_data(memory) - MARGIN, STALE, memory->bytes + 2 * MARGIN);
}

bool memory_margins_intact(const struct memory *memory)
{
	const u8 *data = memory_data(memory);

	return !memchr_inv(data - MARGIN, STALE, MARGIN) &&
	       !memchr_inv(data + memory->bytes, STALE, MARGIN);
}
