// SPDX-License-Identifier: GPL-2.0
/* A load's clients, at work alone or in parallel. */
#include <linux/err.h>
#include <linux/workqueue.h>

#include "bench.h"

/* What one of many clients does. */
struct share {
	struct work_struct work;
	struct load *load;
	void *client;
	unsigned int times;
	int ret;
};

static struct workqueue_struct *workers;
static struct share shares[MAX_CLIENTS];

void load_forget_clients(struct load *load)
{
	while (load->num_clients--)
		load->way->destroy(load->clients[load->num_clients]);
	load->num_clients = 0;
}

int load_clients(struct load *load)
{
	unsigned int wanted = load->num_clients;

	for (load->num_clients = 0; load->num_clients < wanted;) {
		void *client = load->way->create();

		if (IS_ERR(client)) {
			load_forget_clients(load);
			return PTR_ERR(client);
		}
		load->clients[load->num_clients++] = client;
	}
	return 0;
}

static void share_work(struct work_struct *work)
{
	struct share *share = container_of(work, struct share, work);

	share->ret = share->load->way->run(share->client, share->load, share->times);
}

int load_run(struct load *load, unsigned int times)
{
	int ret = 0;

	if (load->num_clients == 1)
		return load->way->run(load->clients[0], load, times);
	for (unsigned int i = 0; i < load->num_clients; i++) {
		struct share *share = &shares[i];

		share->load = load;
		share->client = load->clients[i];
		share->times = times;
		queue_work(workers, &share->work);
	}
	for (unsigned int i = 0; i < load->num_clients; i++) {
		flush_work(&shares[i].work);
		ret = ret ?: shares[i].ret;
	}
	return ret;
}

int load_init(void)
{
	for (unsigned int i = 0; i < MAX_CLIENTS; i++)
		INIT_WORK(&shares[i].work, share_work);
	workers = alloc_workqueue("dm_io_rust_bench", WQ_UNBOUND, MAX_CLIENTS);
	return workers ? 0 : -ENOMEM;
}

void load_exit(void)
{
	destroy_workqueue(workers);
}
