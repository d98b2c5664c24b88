/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Measures ways to do the same I/O: see command.c for what it can be told. Each
 * way is a file of its own, as the headers of the two APIs exclude each other.
 */
#ifndef _DM_IO_RUST_BENCH_H
#define _DM_IO_RUST_BENCH_H

#include <linux/atomic.h>
#include <linux/blk_types.h>
#include <linux/completion.h>
#include <linux/types.h>

/* A copy's source and its most destinations. */
#define MAX_DISKS 9
#define MAX_CLIENTS 64

struct page_list;

enum memory {
	MEMORY_KMEM,
	MEMORY_LIST,
	MEMORY_VMALLOC,
	MEMORY_BVEC,
};

/**
 * struct buffer - memory to write from and read into
 * @memory: what kind of memory it is
 * @size: its size in bytes
 * @data: where it is mapped, for kmem and vmalloc
 * @list: its pages as a list, for lists and vectors, no two of them adjacent
 * @vectors: it as bio vectors: a single one for kmem, else one for each page
 * @num_vectors: how many vectors there are
 */
struct buffer {
	enum memory memory;
	size_t size;
	void *data;
	struct page_list *list;
	struct bio_vec *vectors;
	unsigned int num_vectors;
};

struct buffer *buffer_get(enum memory memory, size_t size);
void buffer_forget(void);

/**
 * struct load - I/O to be measured
 * @service: how it is to be done
 * @copies: it is a copy, whose source is the first disk
 * @op: the operation, unless it is a copy
 * @buffer: the memory, unless it is a copy
 * @num_regions: how many regions, on a disk each, or destinations
 * @count: how long each of them is
 * @jobs: how many copies a client has in flight
 * @num_clients: how many clients do the same in parallel
 * @clients: the clients
 * @files: the opened disks
 * @disks: the disks
 */
struct load {
	const struct service *service;
	bool copies;
	blk_opf_t op;
	struct buffer *buffer;
	unsigned int num_regions;
	sector_t count;
	unsigned int jobs;
	unsigned int num_clients;
	void *clients[MAX_CLIENTS];
	struct file *files[MAX_DISKS];
	struct block_device *disks[MAX_DISKS];
};

/**
 * struct service - a way to do I/O
 * @name: how a command names it
 * @io_create: make a client, or return an ERR_PTR
 * @io_destroy: free it
 * @io: do a load's I/O a number of times, one after the other
 * @copy_create: like @io_create, of copies; NULL if there are none
 * @copy_destroy: free it
 * @copy: do a load's copies a number of times, @jobs of them in parallel
 */
struct service {
	const char *name;
	void *(*io_create)(void);
	void (*io_destroy)(void *client);
	int (*io)(void *client, const struct load *load, unsigned int times);
	void *(*copy_create)(void);
	void (*copy_destroy)(void *client);
	int (*copy)(void *client, const struct load *load, unsigned int times);
};

extern const struct service floor_service;
extern const struct service mainline_service;
extern const struct service request_service;
extern const struct service classic_service;

/* Copies that are waited for together. */
struct batch {
	atomic_t left;
	atomic_t error;
	struct completion done;
};

static inline void batch_start(struct batch *batch, unsigned int jobs)
{
	atomic_set(&batch->left, jobs);
	atomic_set(&batch->error, 0);
	init_completion(&batch->done);
}

static inline void batch_end_one(struct batch *batch, bool failed)
{
	if (failed)
		atomic_set(&batch->error, -EIO);
	if (atomic_dec_and_test(&batch->left))
		complete(&batch->done);
}

static inline int batch_wait(struct batch *batch)
{
	wait_for_completion(&batch->done);
	return atomic_read(&batch->error);
}

int load_clients(struct load *load);
void load_forget_clients(struct load *load);
int load_run(struct load *load, unsigned int times);
int load_init(void);
void load_exit(void);

int measure_time(struct load *load, char *result, size_t size);
int measure_idle(struct load *load, char *result, size_t size);
int measure_busy(struct load *load, char *result, size_t size);

#endif /* _DM_IO_RUST_BENCH_H */
