// SPDX-License-Identifier: GPL-2.0
/*
 * Another user of IPMODIFY on a function, as a live patch of it is: one that changes
 * nothing.
 */
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/string.h>

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "The function that is patched");

static void notrace go_on(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			  struct ftrace_regs *fregs)
{
}

static struct ftrace_ops ops = {
	.func = go_on,
	.flags = FTRACE_OPS_FL_IPMODIFY,
};

static int __init patch_init(void)
{
	int ret;

	if (!function)
		return -EINVAL;
	ret = ftrace_set_filter(&ops, function, strlen(function), 0);
	if (!ret)
		ret = register_ftrace_function(&ops);
	if (ret)
		ftrace_free_filter(&ops);
	return ret;
}
module_init(patch_init);

static void __exit patch_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
}
module_exit(patch_exit);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("Patches a function, and changes nothing");
MODULE_LICENSE("GPL");
