// SPDX-License-Identifier: GPL-2.0
/* One piece of memory in the three forms that the dm-io services take. */
#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "client.h"

static void describe_page(struct buffer *buffer, size_t i)
{
	struct page *page = vmalloc_to_page(buffer->data + i * PAGE_SIZE);
	size_t pages = buffer->size / PAGE_SIZE;

	buffer->list[i].page = page;
	buffer->list[i].next = i + 1 < pages ? &buffer->list[i + 1] : NULL;
	bvec_set_page(&buffer->vector[i], page, PAGE_SIZE, 0);
}

int buffer_create(struct buffer *buffer, size_t size)
{
	size_t pages = size / PAGE_SIZE;

	buffer->size = size;
	buffer->data = vzalloc(size);
	buffer->list = kvmalloc_objs(*buffer->list, pages);
	buffer->vector = kvmalloc_objs(*buffer->vector, pages);
	if (!buffer->data || !buffer->list || !buffer->vector) {
		buffer_destroy(buffer);
		return -ENOMEM;
	}
	for (size_t i = 0; i < pages; i++)
		describe_page(buffer, i);
	return 0;
}

void buffer_destroy(struct buffer *buffer)
{
	kvfree(buffer->vector);
	kvfree(buffer->list);
	vfree(buffer->data);
}
