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
#define MAX_CLIENTS 256

struct page_list;

enum memory {
	MEMORY_KMEM,
	MEMORY_LIST,
	MEMORY_VMALLOC,
	MEMORY_BVEC,
};

/**
 * struct piece - as much of a buffer as a bio has
 * @vectors: its vectors, which are those of the buffer
 * @num_vectors: how many vectors there are, at most BIO_MAX_VECS
 * @size: its size in bytes
 * @sector: where it begins in the buffer
 */
struct piece {
	const struct bio_vec *vectors;
	unsigned int num_vectors;
	unsigned int size;
	sector_t sector;
};

/**
 * struct buffer - memory to write from and read into
 * @memory: what kind of memory it is
 * @size: its size in bytes
 * @data: where it is mapped, for kmem and vmalloc
 * @list: its pages as a list, for lists and vectors, no two of them adjacent
 * @vectors: it as bio vectors: a single one for kmem, else one for each page
 * @num_vectors: how many vectors there are
 * @pieces: the vectors, as those of bios
 * @num_pieces: how many pieces there are
 */
struct buffer {
	enum memory memory;
	size_t size;
	void *data;
	struct page_list *list;
	struct bio_vec *vectors;
	unsigned int num_vectors;
	struct piece *pieces;
	unsigned int num_pieces;
};

struct buffer *buffer_get(enum memory memory, size_t size);
void buffer_forget(void);

enum kind {
	SYNC,
	ASYNC,
	COPY,
	QUEUE_WORK,
	WAKE_UP,
	NUM_KINDS,
};

/**
 * struct load - what is to be measured
 * @way: how it is done
 * @op: the operation, of an I/O
 * @buffer: the memory, of an I/O
 * @num_regions: how many regions, on a disk each, or destinations
 * @count: how long each of them is
 * @jobs: how many copies or asynchronous I/Os a client has in flight
 * @num_clients: how many clients do the same in parallel
 * @clients: the clients
 * @num_disks: how many disks there are, of which a copy's source is the first
 * @files: the opened disks
 * @disks: the disks
 */
struct load {
	const struct way *way;
	enum req_op op;
	struct buffer *buffer;
	unsigned int num_regions;
	sector_t count;
	unsigned int jobs;
	unsigned int num_clients;
	void *clients[MAX_CLIENTS];
	unsigned int num_disks;
	struct file *files[MAX_DISKS];
	struct block_device *disks[MAX_DISKS];
};

/**
 * struct way - how one kind of load is done
 * @create: make a client, or return an ERR_PTR
 * @destroy: free it
 * @run: do the load a number of times, one after the other
 */
struct way {
	void *(*create)(void);
	void (*destroy)(void *client);
	int (*run)(void *client, const struct load *load, unsigned int times);
};

/**
 * struct service - who does loads
 * @name: how a command names it
 * @ways: how it does each kind, with nothing for those that it does not
 */
struct service {
	const char *name;
	struct way ways[NUM_KINDS];
};

extern const struct service floor_service;
extern const struct service wake_service;
extern const struct service mainline_service;
extern const struct service request_service;
extern const struct service classic_service;

/* What is in flight together and waited for together. */
struct batch {
	atomic_t left;
	atomic_t error;
	struct completion done;
};

static inline void batch_end_one(struct batch *batch, bool failed)
{
	if (failed)
		atomic_set(&batch->error, -EIO);
	if (atomic_dec_and_test(&batch->left))
		complete(&batch->done);
}

/* Does a load's jobs together, again and again: @start is what starts one. */
static __always_inline int batches_run(void *context, const struct load *load, unsigned int times,
				       int (*start)(void *context, struct batch *batch))
{
	struct batch batch = {};

	while (times-- && !atomic_read(&batch.error)) {
		atomic_set(&batch.left, load->jobs);
		init_completion(&batch.done);
		for (unsigned int i = 0; i < load->jobs; i++)
			if (start(context, &batch))
				batch_end_one(&batch, true);
		wait_for_completion(&batch.done);
	}
	return atomic_read(&batch.error);
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
