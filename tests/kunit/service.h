/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services of both APIs behind one face, for cases that hold for each of
 * them: their headers define the same names and cannot meet in one file.
 */
#ifndef _DM_IO_RUST_SERVICE_H
#define _DM_IO_RUST_SERVICE_H

#include <linux/bits.h>
#include <linux/blk_types.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "test_data.h"
#include "test_disk.h"

struct kunit;
struct test_request;

/* In memory the struct io_region of one API, and the struct dm_io_region of the other. */
struct service_region {
	struct block_device *bdev;
	sector_t sector;
	sector_t count;
};

static inline struct service_region region(struct test_disk *td, sector_t sector, sector_t count)
{
	return (struct service_region) { td->bdev, sector, count };
}

struct service_buffer;

/* The kinds of memory that a service takes, as bits. */
#define SERVICE_LIST BIT(0)
#define SERVICE_BVECS BIT(1)
#define SERVICE_VM BIT(2)
#define SERVICE_BIO BIT(3)
#define SERVICE_KMEM BIT(4)

/* What the number of vectors is where it depends on the pages that there were. */
#define SERVICE_ANY_VECTORS UINT_MAX

/* For so many a client sets memory aside, which is one of 16 I/Os unless a parameter says so. */
#define SERVICE_RESERVED_REQUESTS 32
#define SERVICE_RESERVED_CHILDREN 16

/* What an error set is before a call; no call sets all of these bits and no other. */
#define SERVICE_UNTOUCHED 0x5a5a5a5a5a5a5a5aUL

/**
 * struct io_service - the I/O of one API, with one kind of memory
 * @name: the name in that of a case
 * @is_request_api: it is rust_dm_io(), which reports unsupported regions separately
 * @has_short_vectors: its vectors are not as long as a page
 * @memory: the kind of memory, a SERVICE_ bit
 * @kind: the same, as the API's own helper knows it
 * @ioprio: the I/O priority of its bios
 * @create: allocates the memory, and the client if there is one; all go with the test
 * @free: frees them before the test ends
 * @forget: frees all that a service may not use once its call has returned
 * @fill: fills the memory with bytes of a seed, and the margins around it
 * @expect_intact: expects the margins as they were filled
 * @vectors: returns how many vectors a bio over the first bytes has, or
 *	%SERVICE_ANY_VECTORS
 * @io: calls the service, synchronously if there is no request; reports what
 *	failed in the buffer's @error and @unsup if it is synchronous
 */
struct io_service {
	const char *name;
	bool is_request_api;
	bool has_short_vectors;
	unsigned int memory;
	unsigned int kind;
	unsigned short ioprio;
	void (*create)(struct service_buffer *buf, unsigned int offset);
	void (*free)(struct service_buffer *buf);
	void (*forget)(struct service_buffer *buf);
	void (*fill)(struct service_buffer *buf, u32 seed);
	void (*expect_intact)(struct service_buffer *buf);
	unsigned int (*vectors)(struct service_buffer *buf, size_t bytes);
	int (*io)(struct service_buffer *buf, unsigned int num_regions,
		  const struct service_region *where, blk_opf_t opf,
		  struct test_request *req);
};

/* Those of dm_io.h, which a dm_mod with this engine does not have, and those of mainline.h. */
extern const struct io_service dm_io_page_list, dm_io_bvecs, dm_io_multi, dm_io_ragged;
extern const struct io_service dm_io_vmalloc, dm_io_vmap;
extern const struct io_service mainline_page_list, mainline_bio, mainline_vma, mainline_kmem;

/**
 * struct service_buffer - memory for a service
 * @test: the case
 * @service: the service
 * @data: its bytes in a row
 * @bytes: how many
 * @end: the end of the margin behind them, where they are mapped
 * @memory: the memory, as the API's own helper knows it
 * @ptr: the argument that is given for the memory: a page list, vectors, a bio
 *	or an address
 * @offset: the page list's offset that is given
 * @type: the type of memory that the request API is told it is
 * @client: the request API's client
 * @args: the request API's request
 * @req: the request of an asynchronous call
 * @no_fn: an asynchronous call gives no callback
 * @no_error: a synchronous call gives NULL for the error set
 * @no_unsup: a synchronous call gives NULL for the set of unsupported regions
 * @error: the regions that failed; in dm_io.h's services the unsupported ones, too
 * @unsup: the regions that are unsupported
 */
struct service_buffer {
	struct kunit *test;
	const struct io_service *service;
	u8 *data;
	size_t bytes;
	u8 *end;
	void *memory;
	void *ptr;
	unsigned int offset;
	unsigned int type;
	void *client;
	void *args;
	struct test_request *req;
	bool no_fn;
	bool no_error;
	bool no_unsup;
	unsigned long error;
	unsigned long unsup;
};

/**
 * struct service_call - how a case calls a service
 * @service: the service
 * @async: the call has a callback
 * @offset: where in the first page, bio or area the data begins
 */
struct service_call {
	const struct io_service *service;
	bool async;
	unsigned int offset;
};

/* Returns the call that follows @prev in the table of all calls; NULL is before and behind them. */
const struct service_call *service_call_next(const struct service_call *prev);

/*
 * The parameter of a case is a struct service_call:
 *
 * - service_gen_params: each service, synchronous and asynchronous, at offset 0
 * - service_offset_gen_params: the same, and at other offsets
 * - service_sync_gen_params: of all these the synchronous ones
 * - service_async_gen_params: of all these the asynchronous ones
 * - service_api_gen_params: asynchronous with vmalloc'd memory, once for each API
 */
const void *service_gen_params(struct kunit *test, const void *prev, char *name);
const void *service_offset_gen_params(struct kunit *test, const void *prev, char *name);
const void *service_sync_gen_params(struct kunit *test, const void *prev, char *name);
const void *service_async_gen_params(struct kunit *test, const void *prev, char *name);
const void *service_api_gen_params(struct kunit *test, const void *prev, char *name);

/* The flag that a call adds. */
static inline blk_opf_t service_flags(const struct service_call *c)
{
	return c->async ? 0 : REQ_SYNC;
}

/* Memory for a service, gone when the test ends, after the I/O that was started with it. */
struct service_buffer *service_buffer_create(struct kunit *test, const struct io_service *service,
					     unsigned int offset, size_t bytes);

/* Frees the memory before the test ends, and all that came with it. */
void service_buffer_free(struct service_buffer *buf);

/* Frees all that a service may not use once its call has returned. */
void service_forget(struct service_buffer *buf);

void service_fill(struct service_buffer *buf, u32 seed);
void service_expect_intact(struct service_buffer *buf);
unsigned int service_vectors(struct service_buffer *buf, size_t bytes);

/* Starts an I/O whose callback completes the buffer's request. */
int service_start(struct service_buffer *buf, unsigned int num_regions,
		  const struct service_region *where, blk_opf_t opf);

/* Does an I/O as @c says and waits for it: what failed is in @error and @unsup then. */
int service_io(struct service_buffer *buf, const struct service_call *c, unsigned int num_regions,
	       const struct service_region *where, blk_opf_t opf);

/*
 * Does an I/O, and expects these regions to fail and these to be unsupported,
 * and what the call returns then. In dm_io.h's services both are errors.
 */
void service_expect_failed(struct service_buffer *buf, const struct service_call *c,
			   unsigned int num_regions, const struct service_region *where,
			   blk_opf_t opf, unsigned long error, unsigned long unsup);

/* Does an I/O, and expects it to succeed. */
void service_expect_done(struct service_buffer *buf, const struct service_call *c,
			 unsigned int num_regions, const struct service_region *where,
			 blk_opf_t opf);

/* Expects of a started I/O, at its end, the same as service_expect_failed() does. */
void service_expect_ended(struct service_buffer *buf, unsigned long error, unsigned long unsup);

/* Copying, as the two APIs have it. */
struct copy_call;
typedef void (*copy_call_fn)(struct copy_call *call, int read_err, unsigned long write_err);

/**
 * struct copy_call - a copy whose callback does more than to tell a request
 * @fn: called back
 * @req: for @fn to tell
 */
struct copy_call {
	copy_call_fn fn;
	struct test_request *req;
};

/* Tells the call's request. */
void copy_call_done(struct copy_call *call, int read_err, unsigned long write_err);

#define COPY_IGNORE_ERROR BIT(1)

/**
 * struct copy_service - the copies of one API
 * @name: for the name of a case
 * @is_request_api: it is rust_dm_kcopyd_copy()
 * @create: creates a client with about so many pages set aside, or returns an ERR_PTR()
 * @destroy: destroys it
 * @flush: flushes it; NULL if the API cannot
 * @copy: starts a copy, which calls @call back; NULL is no callback
 * @zero: starts a zeroing in the same way; NULL if the API has none
 * @call_back: prepares a callback and has it called with these errors, and says
 *	whether it was prepared; NULL if the API has none
 */
struct copy_service {
	const char *name;
	bool is_request_api;
	void *(*create)(unsigned int pages);
	void (*destroy)(void *client);
	void (*flush)(void *client);
	int (*copy)(void *client, const struct service_region *from, unsigned int num_dests,
		    const struct service_region *dests, unsigned int flags,
		    struct copy_call *call);
	int (*zero)(void *client, unsigned int num_dests, const struct service_region *dests,
		    unsigned int flags, struct copy_call *call);
	bool (*call_back)(void *client, struct copy_call *call, int read_err,
			  unsigned long write_err);
};

extern const struct copy_service kcopyd_copies, mainline_copies;

/* For a case with both: a copy_service is the parameter. */
const void *copy_service_gen_params(struct kunit *test, const void *prev, char *name);

/**
 * struct copy_client - a client that goes with the test
 * @test: the case
 * @service: whose it is
 * @client: as the API knows it
 *
 * Where it is never done with its jobs that fails the test, and none of those
 * that follow.
 */
struct copy_client {
	struct kunit *test;
	const struct copy_service *service;
	void *client;
};

struct copy_client *copy_client_create(struct kunit *test, const struct copy_service *service,
				       unsigned int pages);

/* Destroys the client before the test ends. */
void copy_client_destroy(struct copy_client *kc);

/* A call that tells a request of its own, both gone with the test. */
struct copy_call *copy_call_create(struct kunit *test);

/* Starts a copy, and says what the call returned. */
int copy_start(struct copy_client *kc, struct copy_call *call,
	       const struct service_region *from, unsigned int num_dests,
	       const struct service_region *dests, unsigned int flags);

#endif /* _DM_IO_RUST_SERVICE_H */
