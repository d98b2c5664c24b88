// SPDX-License-Identifier: GPL-2.0
/* A copy through the kcopyd service, waited for. */
#include <linux/completion.h>

#include "client.h"

/* The client may copy any length; this is what it can count on. */
#define RESERVED_PAGES 64

static struct kcopyd_client *kcopyd;

struct copy {
	struct completion done;
	int read_err;
	unsigned int write_err;
};

int copy_init(void)
{
	return kcopyd_client_create(RESERVED_PAGES, &kcopyd);
}

void copy_exit(void)
{
	kcopyd_client_destroy(kcopyd);
}

static void copy_done(int read_err, unsigned int write_err, void *context)
{
	struct copy *copy = context;

	copy->read_err = read_err;
	copy->write_err = write_err;
	complete(&copy->done);
}

int copy_run(struct io_region *from, unsigned int num_dests,
	     struct io_region *dests, unsigned int flags, int *read_err,
	     unsigned int *write_err)
{
	struct copy copy = {};
	int ret;

	init_completion(&copy.done);
	ret = kcopyd_copy(kcopyd, from, num_dests, dests, flags,
			  copy_done, &copy);
	if (ret)
		return ret;
	wait_for_completion(&copy.done);

	*read_err = copy.read_err;
	*write_err = copy.write_err;
	return 0;
}
