// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "refusals.h"

static int __init refusals_init(void)
{
	int ret = refuse_memory_init();

	if (ret)
		return ret;
	ret = refuse_workers_init();
	if (ret)
		refuse_memory_exit();
	return ret;
}
module_init(refusals_init);

static void __exit refusals_exit(void)
{
	refuse_workers_exit();
	refuse_memory_exit();
}
module_exit(refusals_exit);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("Refuses memory to a module, and workers to all work queues");
MODULE_LICENSE("GPL");
