/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The buffers of the dm-io services in all their forms, and the services
 * called by form.
 */
#ifndef _DM_IO_RUST_TEST_BUFFER_H
#define _DM_IO_RUST_TEST_BUFFER_H

#include <dm_io_rust/dm_io.h>
#include <linux/types.h>

#include "test_data.h"

struct kunit;

/**
 * enum test_buffer_form - how a buffer is made and handed over
 * @TEST_BUFFER_PAGES: a page list
 * @TEST_BUFFER_BVECS: bio vectors of a page each
 * @TEST_BUFFER_MULTI: bio vectors of four contiguous pages each
 * @TEST_BUFFER_RAGGED: bio vectors of odd lengths within their pages
 * @TEST_BUFFER_VMALLOC: vmalloc'd memory
 * @TEST_BUFFER_VMAP: pages that vmap() mapped
 */
enum test_buffer_form {
	TEST_BUFFER_PAGES,
	TEST_BUFFER_BVECS,
	TEST_BUFFER_MULTI,
	TEST_BUFFER_RAGGED,
	TEST_BUFFER_VMALLOC,
	TEST_BUFFER_VMAP,
	TEST_BUFFER_FORMS,
};

/**
 * struct test_buffer - memory to transfer, with a margin before and behind
 * @form: its form
 * @data: its bytes in a row
 * @bytes: how many
 * @offset: where in the first page they start
 * @pl: the page list of this form
 * @bvec: the vectors of these forms
 *
 * No page is the neighbour in memory of another, but of vmalloc'd memory and of
 * vectors of several pages some may be.
 */
struct test_buffer {
	enum test_buffer_form form;
	u8 *data;
	size_t bytes;
	unsigned int offset;
	struct page_list *pl;
	struct bio_vec *bvec;
	/* private: */
	struct kunit *test;
	unsigned int nr_pages;
	/* Of the run of memory that each page is the first of. */
	unsigned int order;
	struct page **pages;
	u8 *map;
};

extern const char * const test_buffer_form_names[];

struct test_buffer *test_buffer_create(struct kunit *test,
				       enum test_buffer_form form,
				       unsigned int offset, size_t bytes);

/* Gives the memory back before the test ends. */
void test_buffer_free(struct test_buffer *buf);

/* Frees the page list or the vectors; the pages stay. */
void test_buffer_forget_lists(struct test_buffer *buf);

/* Bytes of @seed in the buffer, and one value in its margins. */
void test_buffer_fill(struct test_buffer *buf, u32 seed);

void test_buffer_expect_margins_intact(struct test_buffer *buf);

/* The end of the margin behind the bytes. */
u8 *test_buffer_end(struct test_buffer *buf);

/*
 * How many vectors a bio over the first @bytes has. Of vmalloc'd memory that
 * depends on which of its pages are neighbours.
 */
unsigned int test_buffer_vectors(struct test_buffer *buf, size_t bytes);

/* The service for the buffer's form. */
int test_buffer_io_sync(struct test_buffer *buf, unsigned int num_regions,
			struct io_region *where, int rw,
			unsigned long *error_bits);
int test_buffer_io_async(struct test_buffer *buf, unsigned int num_regions,
			 struct io_region *where, int rw, io_notify_fn fn,
			 void *context);

#endif /* _DM_IO_RUST_TEST_BUFFER_H */
