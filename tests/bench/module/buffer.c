// SPDX-License-Identifier: GPL-2.0
/* The memory of the last load, kept for the next that wants the same. */
#include <linux/bio.h>
#include <linux/bvec.h>
#include <linux/dm-io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "bench.h"

static struct buffer last;

static size_t num_pages(const struct buffer *buffer)
{
	return DIV_ROUND_UP(buffer->size, PAGE_SIZE);
}

static void free_list(struct page_list *list, size_t pages)
{
	for (size_t i = 0; list && i < pages; i++)
		if (list[i].page)
			__free_page(list[i].page);
	kvfree(list);
}

/* One page of each pair, so that no two are adjacent. */
static struct page *lone_page(void)
{
	struct page *pair = alloc_pages(GFP_KERNEL, 1);

	if (pair) {
		split_page(pair, 1);
		__free_page(pair + 1);
	}
	return pair;
}

static struct page_list *lone_pages(size_t pages)
{
	struct page_list *list = kvzalloc_objs(*list, pages);

	for (size_t i = 0; list && i < pages; i++) {
		list[i].page = lone_page();
		list[i].next = i + 1 < pages ? &list[i + 1] : NULL;
		if (!list[i].page) {
			free_list(list, pages);
			return NULL;
		}
	}
	return list;
}

static bool buffer_alloc(struct buffer *buffer)
{
	switch (buffer->memory) {
	case MEMORY_KMEM:
		buffer->data = kzalloc(buffer->size, GFP_KERNEL);
		return buffer->data;
	case MEMORY_VMALLOC:
		buffer->data = vzalloc(buffer->size);
		return buffer->data;
	case MEMORY_LIST:
	case MEMORY_BVEC:
		buffer->list = lone_pages(num_pages(buffer));
		return buffer->list;
	}
	return false;
}

static struct page *page_of(const struct buffer *buffer, size_t i)
{
	if (buffer->memory == MEMORY_VMALLOC)
		return vmalloc_to_page(buffer->data + i * PAGE_SIZE);
	return buffer->list[i].page;
}

static bool buffer_describe(struct buffer *buffer)
{
	bool single = buffer->memory == MEMORY_KMEM;

	buffer->num_vectors = single ? 1 : num_pages(buffer);
	buffer->vectors = kvmalloc_objs(*buffer->vectors, buffer->num_vectors);
	if (!buffer->vectors)
		return false;
	if (single) {
		bvec_set_virt(buffer->vectors, buffer->data, buffer->size);
		return true;
	}
	for (size_t i = 0; i < buffer->num_vectors; i++)
		bvec_set_page(&buffer->vectors[i], page_of(buffer, i),
			      min(buffer->size - i * PAGE_SIZE, PAGE_SIZE), 0);
	return true;
}

static unsigned int vectors_size(const struct bio_vec *vectors, unsigned int count)
{
	unsigned int size = 0;

	while (count--)
		size += vectors[count].bv_len;
	return size;
}

static bool buffer_divide(struct buffer *buffer)
{
	unsigned int left = buffer->num_vectors;
	sector_t sector = 0;

	buffer->num_pieces = DIV_ROUND_UP(left, BIO_MAX_VECS);
	buffer->pieces = kvmalloc_objs(*buffer->pieces, buffer->num_pieces);
	if (!buffer->pieces)
		return false;
	for (unsigned int i = 0; i < buffer->num_pieces; i++) {
		struct piece *piece = &buffer->pieces[i];

		piece->vectors = buffer->vectors + i * BIO_MAX_VECS;
		piece->num_vectors = min(left, BIO_MAX_VECS);
		piece->size = vectors_size(piece->vectors, piece->num_vectors);
		piece->sector = sector;
		left -= piece->num_vectors;
		sector += piece->size >> SECTOR_SHIFT;
	}
	return true;
}

void buffer_forget(void)
{
	kvfree(last.pieces);
	kvfree(last.vectors);
	free_list(last.list, num_pages(&last));
	kvfree(last.data);
	last = (struct buffer) {};
}

struct buffer *buffer_get(enum memory memory, size_t size)
{
	if (last.pieces && last.memory == memory && last.size == size)
		return &last;
	buffer_forget();
	last.memory = memory;
	last.size = size;
	if (buffer_alloc(&last) && buffer_describe(&last) && buffer_divide(&last))
		return &last;
	buffer_forget();
	return NULL;
}
