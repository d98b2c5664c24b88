// SPDX-License-Identifier: GPL-2.0
/*
 * While this module is active, what asks the kernel for a dm-io or kcopyd client
 * gets one of dm_io_rust; clients that were there before stay what they are. Each
 * call goes where its client belongs, so that both can be in use side by side: see
 * Documentation/takeover.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "takeover.h"

static bool active = true;
module_param(active, bool, 0644);
MODULE_PARM_DESC(active, "Whether new clients are those of dm_io_rust; on by default");

/* Set once every function is redirected: a client needs all of them. */
static bool ready;

/* Called from ftrace. */
bool notrace takeover_wants_clients(void)
{
	return READ_ONCE(ready) && READ_ONCE(active);
}

static int __init takeover_init(void)
{
	int ret;

	ret = takeover_watch_devices();
	if (ret)
		return ret;
	ret = takeover_show_clients();
	if (ret)
		goto unwatch;
	ret = takeover_redirect();
	if (ret)
		goto hide;
	WRITE_ONCE(ready, true);
	return 0;

hide:
	takeover_hide_clients();
unwatch:
	takeover_unwatch_devices();
	return ret;
}
module_init(takeover_init);

/*
 * Ends the calls for a function; when this returns none of them is in progress. May
 * sleep.
 */
void takeover_unregister(struct ftrace_ops *ops, const char *name)
{
	int ret = unregister_ftrace_function(ops);

	if (ret) {
		/*
		 * ftrace has given up on itself, and goes on calling: the module must
		 * not go, and cannot say so any more.
		 */
		pr_err("%s cannot be restored: %d; the module stays\n", name, ret);
		for (;;)
			schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
	}
	ftrace_free_filter(ops);
}

static void __exit takeover_exit(void)
{
	takeover_restore();
	takeover_hide_clients();
	takeover_unwatch_devices();
	/*
	 * There are no clients, for each has a reference to the module. But the task
	 * that destroyed the last one may not have returned from here yet.
	 */
	synchronize_rcu_tasks();
}
module_exit(takeover_exit);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("Gives the users of dm-io and kcopyd the engine of dm_io_rust");
MODULE_LICENSE("GPL");
