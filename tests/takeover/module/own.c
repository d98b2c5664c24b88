// SPDX-License-Identifier: GPL-2.0
/*
 * A client that its own callback tries to destroy, which is refused. It is there for as
 * long as the module is.
 */
#include <linux/completion.h>
#include <linux/dm-kcopyd.h>
#include <linux/err.h>
#include <linux/module.h>

static struct dm_kcopyd_client *client;
static DECLARE_COMPLETION(called);

static void destroy_own(int read_err, unsigned long write_err, void *context)
{
	dm_kcopyd_client_destroy(client);
	complete(&called);
}

static int __init own_init(void)
{
	void *job;

	client = dm_kcopyd_client_create(NULL);
	if (IS_ERR(client))
		return PTR_ERR(client);
	job = dm_kcopyd_prepare_callback(client, destroy_own, NULL);
	dm_kcopyd_do_callback(job, 0, 0);
	wait_for_completion(&called);
	return 0;
}
module_init(own_init);

static void __exit own_exit(void)
{
	dm_kcopyd_client_destroy(client);
}
module_exit(own_exit);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("Destroys a client in its own callback");
MODULE_LICENSE("GPL");
