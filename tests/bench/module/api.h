/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The service of one API, whose own part is in the file that includes this:
 * struct call, the clients, and how one I/O or copy is started.
 */

static void call_init(struct call *call, void *client, const struct load *load)
{
	call->client = client;
	call->load = load;
	for (unsigned int i = 0; i < load->num_disks; i++) {
		call->regions[i].bdev = load->disks[i];
		call->regions[i].sector = 0;
		call->regions[i].count = load->count;
	}
}

static int run_sync(void *client, const struct load *load, unsigned int times)
{
	struct call call;
	int ret = 0;

	call_init(&call, client, load);
	call_prepare(&call);
	while (times-- && !ret)
		ret = call_sync(&call);
	return ret;
}

static int run_async(void *client, const struct load *load, unsigned int times)
{
	struct call call;

	call_init(&call, client, load);
	call_prepare(&call);
	return batches_run(&call, load, times, call_async);
}

static int run_copy(void *client, const struct load *load, unsigned int times)
{
	struct call call;

	call_init(&call, client, load);
	return batches_run(&call, load, times, call_copy);
}

const struct service SERVICE = {
	.name = SERVICE_NAME,
	.ways = {
		[SYNC] = { io_create, io_destroy, run_sync },
		[ASYNC] = { io_create, io_destroy, run_async },
		[COPY] = { copy_create, copy_destroy, run_copy },
	},
};
