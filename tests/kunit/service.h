/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services of both APIs behind one face, for cases that hold for each of
 * them: their headers define the same names and cannot meet in one file.
 */
#ifndef _DM_IO_RUST_SERVICE_H
#define _DM_IO_RUST_SERVICE_H

#include <linux/blk_types.h>
#include <linux/types.h>

#include "test_data.h"

struct kunit;
struct page_list;
struct test_request;

/* In memory the struct io_region of one API, and the struct dm_io_region of the other. */
struct service_region {
	struct block_device *bdev;
	sector_t sector;
	sector_t count;
};

struct service_buffer;

/**
 * struct io_service - the I/O of one API, with one kind of memory
 * @name: for the name of a case
 * @is_request_api: it is rust_dm_io(), which tells what is unsupported apart
 * @kind: which memory, as the API's own helper knows it
 * @create: makes the memory, and the client if there is one; all go with the test
 * @fill: bytes of a seed, and margins around them
 * @expect_intact: expects the margins as they were filled
 * @vectors: how many vectors a bio over so many bytes has
 * @io: calls the service, to wait if there is no request; tells what failed in
 *	the buffer's @error and @unsup if it waited
 */
struct io_service {
	const char *name;
	bool is_request_api;
	unsigned int kind;
	void (*create)(struct service_buffer *buf, unsigned int offset);
	void (*fill)(struct service_buffer *buf, u32 seed);
	void (*expect_intact)(struct service_buffer *buf);
	int (*io)(struct service_buffer *buf, unsigned int num_regions,
		  const struct service_region *where, blk_opf_t opf,
		  struct test_request *req);
};

/* Those of dm_io.h, and those of mainline.h. */
extern const struct io_service dm_io_page_list, dm_io_bvecs, dm_io_ragged, dm_io_vmalloc;
extern const struct io_service mainline_page_list, mainline_bio, mainline_vma, mainline_kmem;

/**
 * struct service_buffer - memory for a service
 * @test: the case
 * @service: whose it is
 * @data: its bytes in a row
 * @bytes: how many
 * @memory: as the API's own helper knows it
 * @pl: if set, the page list that is given, and not that of the memory
 * @client: of the request API
 * @req: of an asynchronous call
 * @error: the regions that failed; in dm_io.h's services the unsupported ones, too
 * @unsup: the regions that are unsupported
 */
struct service_buffer {
	struct kunit *test;
	const struct io_service *service;
	u8 *data;
	size_t bytes;
	void *memory;
	struct page_list *pl;
	void *client;
	struct test_request *req;
	unsigned long error;
	unsigned long unsup;
};

/* A service, and whether its caller waits. */
struct service_call {
	const struct io_service *service;
	bool async;
};

/* For a case with each service, asynchronous or not: a service_call is the parameter. */
const void *service_gen_params(struct kunit *test, const void *prev, char *name);

/* The same, but each API once, with asynchronous vmalloc'd memory. */
const void *service_api_gen_params(struct kunit *test, const void *prev, char *name);

/* Memory for a service, gone when the test ends, after the I/O that was started with it. */
struct service_buffer *service_buffer_create(struct kunit *test, const struct io_service *service,
					     unsigned int offset, size_t bytes);

void service_fill(struct service_buffer *buf, u32 seed);
void service_expect_intact(struct service_buffer *buf);

/* Starts an I/O that is told to the buffer's request. */
int service_start(struct service_buffer *buf, unsigned int num_regions,
		  const struct service_region *where, blk_opf_t opf);

/* Does an I/O as @c says and waits for it: what failed is in @error and @unsup then. */
int service_io(struct service_buffer *buf, const struct service_call *c, unsigned int num_regions,
	       const struct service_region *where, blk_opf_t opf);

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
 * @create: makes a client with about so many pages set aside
 * @destroy: destroys it
 * @copy: starts a copy, which calls @call back
 */
struct copy_service {
	const char *name;
	bool is_request_api;
	void *(*create)(unsigned int pages);
	void (*destroy)(void *client);
	int (*copy)(void *client, const struct service_region *from, unsigned int num_dests,
		    const struct service_region *dests, unsigned int flags,
		    struct copy_call *call);
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
