// SPDX-License-Identifier: GPL-2.0
/*
 * Has ftrace give up on itself, as it does when it finds that something is wrong.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static int __init kill_init(void)
{
	/* The function is not exported: a probe finds it. */
	struct kprobe probe = { .symbol_name = "ftrace_kill" };
	int ret = register_kprobe(&probe);

	if (ret)
		return ret;
	unregister_kprobe(&probe);
	((void (*)(void))probe.addr)();
	return 0;
}
module_init(kill_init);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("Has ftrace give up on itself");
MODULE_LICENSE("GPL");
