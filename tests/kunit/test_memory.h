/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a request in all the types that the request API takes.
 */
#ifndef _DM_IO_RUST_TEST_MEMORY_H
#define _DM_IO_RUST_TEST_MEMORY_H

#include <dm_io_rust/mainline.h>
#include <linux/bio.h>
#include <linux/types.h>

#include "test_data.h"

struct kunit;

#define TEST_MEMORY_TYPES (DM_IO_KMEM + 1)

/**
 * struct test_memory - memory to transfer, with a margin before and behind
 * @mem: what a request is given
 * @data: the bytes in a row
 * @bytes: how many
 * @offset: how far behind @map they start; a bio is advanced to there
 * @map: the margin before them
 * @end: of the margin behind them
 *
 * No page is the neighbour in memory of another, but of DM_IO_KMEM all are.
 */
struct test_memory {
	struct dm_io_memory mem;
	u8 *data;
	size_t bytes;
	size_t offset;
	u8 *map;
	u8 *end;
	/* private: */
	struct kunit *test;
	unsigned int nr_pages;
	struct page **pages;
	struct page_list *pl;
	struct bio_vec *bvecs;
	struct bio *bio;
	struct bvec_iter start;
};

struct test_memory *test_memory_create(struct kunit *test,
				       enum dm_io_mem_type type, size_t offset,
				       size_t bytes);

/* Frees the memory before the test ends. */
void test_memory_free(struct test_memory *memory);

/* Frees all that a request may not use once its call has returned. */
void test_memory_forget_arguments(struct test_memory *memory);

/* Bytes of @seed in the memory, and one value in its margins. */
void test_memory_fill(struct test_memory *memory, u32 seed);

/* Expects the margins as they were filled, and a bio as it was made. */
void test_memory_expect_intact(struct test_memory *memory);

/* How many vectors a bio over the first @bytes has. */
unsigned int test_memory_vectors(const struct test_memory *memory,
				 size_t bytes);

#endif /* _DM_IO_RUST_TEST_MEMORY_H */
