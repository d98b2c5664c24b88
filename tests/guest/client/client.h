/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client of dm_io_rust's services that is driven from user space: see
 * command.c for its commands.
 */
#ifndef _DM_IO_RUST_CLIENT_H
#define _DM_IO_RUST_CLIENT_H

#include <linux/blk_types.h>
#include <linux/types.h>

#include <dm_io_rust/dm_io.h>
#include <dm_io_rust/kcopyd.h>

/**
 * struct buffer - memory for a whole image, in the three forms of a request
 * @size: its size in bytes
 * @data: it as vmalloc'd memory
 * @list: it as a page list, an element for each page
 * @vector: it as an array of bio vectors, an element for each page
 */
struct buffer {
	size_t size;
	void *data;
	struct page_list *list;
	struct bio_vec *vector;
};

int buffer_create(struct buffer *buffer, size_t size);
void buffer_destroy(struct buffer *buffer);

/* The dm-io services; each is named by the form of its buffer. */
enum service {
	SERVICE_LIST,
	SERVICE_BVEC,
	SERVICE_VM,
};

/**
 * struct transfer - an operation between the buffer and one or more regions
 * @service: which service does it
 * @async: do it with the service's asynchronous form
 * @rw: the operation
 * @start: where in the buffer the data starts, in sectors; ends on a page
 * @num_regions: how many regions there are
 * @regions: the regions
 */
struct transfer {
	enum service service;
	bool async;
	blk_opf_t rw;
	sector_t start;
	unsigned int num_regions;
	struct io_region *regions;
};

int transfer_init(void);
void transfer_exit(void);
int transfer_run(struct buffer *buffer, struct transfer *transfer,
		 unsigned long *error);

int copy_init(void);
void copy_exit(void);
int copy_run(struct io_region *from, unsigned int num_dests,
	     struct io_region *dests, unsigned int flags, int *read_err,
	     unsigned int *write_err);

#endif /* _DM_IO_RUST_CLIENT_H */
