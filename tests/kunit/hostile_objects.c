// SPDX-License-Identifier: GPL-2.0
#include "hostile.h"

#include <kunit/test.h>
#include <linux/err.h>

/* The least that a client of kcopyd.h sets aside, whatever it is asked for. */
#define CLIENT_PAGES 16

static struct service_buffer *create_buffer(struct hostile *h, const struct service_call *how)
{
	return service_buffer_create(h->test, how->service, how->offset,
				     HOSTILE_SECTORS * SECTOR_SIZE);
}

void hostile_renew_buffer(struct hostile *h, unsigned int which)
{
	service_buffer_free(h->bufs[which]);
	h->bufs[which] = create_buffer(h, h->how[which]);
}

void hostile_renew_copy_client(struct hostile *h, unsigned int which, unsigned int pages)
{
	const struct copy_service *service = h->kcs[which]->service;

	copy_client_destroy(h->kcs[which]);
	h->kcs[which] = copy_client_create(h->test, service, pages);
	h->is_odd[which] = pages != CLIENT_PAGES;
}

static void create_buffers(struct hostile *h)
{
	const struct service_call *how = NULL;

	while ((how = service_call_next(how))) {
		KUNIT_ASSERT_LT(h->test, h->nr_bufs, HOSTILE_BUFFERS);
		h->how[h->nr_bufs] = how;
		h->bufs[h->nr_bufs++] = create_buffer(h, how);
	}
}

static void create_copy_clients(struct hostile *h)
{
	const struct copy_service *service = NULL;
	char name[KUNIT_PARAM_DESC_SIZE];

	while ((service = copy_service_gen_params(h->test, service, name)))
		for (int i = 0; i < HOSTILE_COPY_CLIENTS; i++)
			h->kcs[h->nr_kcs++] = copy_client_create(h->test, service, CLIENT_PAGES);
}

void hostile_objects_create(struct hostile *h)
{
	create_buffers(h);
	create_copy_clients(h);
	for (int i = 0; i < ARRAY_SIZE(h->nobody); i++)
		h->nobody[i] = i;
}

void hostile_settle(struct hostile *h)
{
	for (unsigned int i = 0; i < h->nr_kcs; i++)
		if (h->is_odd[i])
			hostile_renew_copy_client(h, i, CLIENT_PAGES);
#ifndef CONFIG_DM_IO_IN_RUST
	hostile_put_all(h);
#endif
}

void *hostile_io_client(struct hostile *h)
{
	struct service_buffer *buf;

	do {
		buf = h->bufs[hostile_below(h, h->nr_bufs)];
	} while (!buf->service->is_request_api);
	return buf->client;
}

static void *any_of(struct hostile *h, void *other)
{
	switch (hostile_below(h, 4)) {
	case 0:
		return NULL;
	case 1:
		return ERR_PTR(-(long)hostile_below(h, MAX_ERRNO) - 1);
	case 2:
		return h->nobody;
	default:
		return other;
	}
}

void *hostile_no_io_client(struct hostile *h)
{
	return any_of(h, h->kcs[hostile_below(h, h->nr_kcs)]->client);
}

void *hostile_no_copy_client(struct hostile *h)
{
	return any_of(h, hostile_io_client(h));
}
