// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/bvec.h>

#include "test_memory.h"

static void *bad_address(struct hostile *h)
{
	static void * const addresses[] = {
		NULL, (void *)8, (void *)0x7f0000001000, (void *)(1UL << 63), (void *)ULONG_MAX,
	};

	return addresses[hostile_below(h, ARRAY_SIZE(addresses))];
}

static void offset_beyond(struct hostile *h, struct service_buffer *buf)
{
	buf->offset = PAGE_SIZE << hostile_below(h, 20);
}

static void no_such_address(struct hostile *h, struct service_buffer *buf)
{
	buf->ptr = bad_address(h);
}

static void no_such_type(struct hostile *h, struct service_buffer *buf)
{
	buf->type = TEST_MEMORY_TYPES + hostile_below(h, U32_MAX - TEST_MEMORY_TYPES);
}

/* What is given for the other types is of the linear mapping, or is mapped. */
static void vma_of_other(struct hostile *h, struct service_buffer *buf)
{
	buf->type = DM_IO_VMA;
}

static void kmem_of_vma(struct hostile *h, struct service_buffer *buf)
{
	buf->type = DM_IO_KMEM;
}

static void no_client(struct hostile *h, struct service_buffer *buf)
{
	buf->client = hostile_no_io_client(h);
}

static void no_memory(struct hostile *h, struct service_buffer *buf)
{
	buf->ptr = NULL;
}

static void no_vmalloc(struct hostile *h, struct service_buffer *buf)
{
	buf->ptr = hostile_once_in(h, 2) ? (void *)buf : (void *)hostile_io_create;
}

static void behind_memory(struct hostile *h, struct service_buffer *buf)
{
	buf->ptr = buf->end;
}

static void vector_without_page(struct hostile *h, struct service_buffer *buf)
{
	struct bio_vec *bvec = buf->ptr;

	bvec->bv_page = NULL;
}

static void vector_without_length(struct hostile *h, struct service_buffer *buf)
{
	struct bio_vec *bvec = buf->ptr;

	bvec->bv_len = 0;
}

static void bio_spent(struct hostile *h, struct service_buffer *buf)
{
	bio_advance(buf->ptr, HOSTILE_SECTORS * SECTOR_SIZE);
}

static void bio_without_vectors(struct hostile *h, struct service_buffer *buf)
{
	struct bio *bio = buf->ptr;

	bio->bi_io_vec = NULL;
}

/* By the request API alone a type and a client are given. */
#define TYPED BIT(31)
#define ANY_TYPE (SERVICE_LIST | SERVICE_VM | SERVICE_BIO | SERVICE_KMEM)

static const struct spoiling {
	void (*spoil)(struct hostile *h, struct service_buffer *buf);
	unsigned int memory;
	enum hostile_fault fault;
} spoilings[] = {
	{ no_memory, ANY_TYPE | SERVICE_BVECS },
	{ offset_beyond, SERVICE_LIST, HOSTILE_FAULT },
	{ no_such_type, TYPED | ANY_TYPE, HOSTILE_FAULT },
	{ no_client, TYPED | ANY_TYPE, HOSTILE_FAULT },
	{ vma_of_other, TYPED | SERVICE_LIST | SERVICE_BIO | SERVICE_KMEM },
	{ kmem_of_vma, TYPED | SERVICE_VM },
	{ no_such_address, SERVICE_VM | SERVICE_KMEM },
	{ no_vmalloc, SERVICE_VM },
	{ behind_memory, SERVICE_VM },
	{ vector_without_page, SERVICE_BVECS },
	{ vector_without_length, SERVICE_BVECS },
	{ bio_spent, SERVICE_BIO },
	{ bio_without_vectors, SERVICE_BIO },
};

struct hostile_args hostile_save_args(const struct service_buffer *buf)
{
	const struct bio *bio = buf->ptr;
	const struct bio_vec *bvec = buf->ptr;
	struct hostile_args args = {
		.ptr = buf->ptr,
		.client = buf->client,
		.offset = buf->offset,
		.type = buf->type,
	};

	if (buf->service->memory == SERVICE_BVECS)
		args.bvec = *bvec;
	if (buf->service->memory == SERVICE_BIO) {
		args.iter = bio->bi_iter;
		args.io_vec = bio->bi_io_vec;
	}
	return args;
}

void hostile_restore_args(struct service_buffer *buf, const struct hostile_args *args)
{
	struct bio *bio = args->ptr;
	struct bio_vec *bvec = args->ptr;

	buf->ptr = args->ptr;
	buf->client = args->client;
	buf->offset = args->offset;
	buf->type = args->type;
	if (buf->service->memory == SERVICE_BVECS)
		*bvec = args->bvec;
	if (buf->service->memory == SERVICE_BIO) {
		bio->bi_iter = args->iter;
		bio->bi_io_vec = args->io_vec;
	}
}

enum hostile_fault hostile_spoil(struct hostile *h, struct service_buffer *buf)
{
	const struct spoiling *s = &spoilings[hostile_below(h, ARRAY_SIZE(spoilings))];

	if (!(s->memory & buf->service->memory) || !hostile_once_in(h, 3) ||
	    (s->memory & TYPED && !buf->service->is_request_api))
		return HOSTILE_NO_FAULT;
	s->spoil(h, buf);
	return s->fault ?: HOSTILE_FAULT_OF_DATA;
}
