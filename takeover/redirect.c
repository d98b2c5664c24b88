// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's functions, redirected by ftrace as a live patch does it: for each
 * call the decision is the object's that the call is about.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include <dm_io_rust/mainline.h>

#include "../rust/abi/marker.h"
#include "takeover.h"

struct redirect {
	const char *name;
	unsigned long from;
	unsigned long to;
	/* What the first argument has if it is ours; unused where a client is created. */
	const char *marker;
	struct ftrace_ops ops;
};

static __always_inline void go_to(struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	ftrace_regs_set_instruction_pointer(fregs, container_of(ops, struct redirect, ops)->to);
}

/* The first argument is a client or a job. */
static void notrace call_by_object(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const void *object = (const void *)ftrace_regs_get_argument(fregs, 0);

	if (dm_io_rust_is(container_of(ops, struct redirect, ops)->marker, object))
		go_to(ops, fregs);
}

/* The first argument is a request, which names its client. */
static void notrace call_by_request(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct dm_io_request *request = (const void *)ftrace_regs_get_argument(fregs, 0);

	if (request && dm_io_rust_is(&dm_io_rust_marker[DM_IO_RUST_IO_CLIENT], request->client))
		go_to(ops, fregs);
}

/*
 * A client is created. Each of ours has a reference to this module, which is taken
 * before the call goes there: from then on its code stays.
 */
static void notrace call_that_creates(unsigned long ip, unsigned long parent_ip,
				      struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	if (takeover_wants_clients() && try_module_get(THIS_MODULE))
		go_to(ops, fregs);
}

/* PERMANENT: the sysctl kernel.ftrace_enabled must not part a client from its code. */
#define REDIRECT(_from, _to, _handler, _marker) {				\
	.name = __stringify(_from),						\
	.from = (unsigned long)(_from) +					\
		BUILD_BUG_ON_ZERO(!__builtin_types_compatible_p(typeof(_from),	\
								typeof(_to))),	\
	.to = (unsigned long)(_to),						\
	.marker = (_marker),							\
	.ops = {								\
		.func = (_handler),						\
		.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,	\
	},									\
}

#define REDIRECT_OBJECT(_from, _to, _kind)					\
	REDIRECT(_from, _to, call_by_object, &dm_io_rust_marker[_kind])
#define REDIRECT_CREATE(_from, _to) REDIRECT(_from, _to, call_that_creates, NULL)

static struct redirect redirects[] = {
	REDIRECT_CREATE(dm_io_client_create, takeover_io_client_create),
	REDIRECT_OBJECT(dm_io_client_destroy, takeover_io_client_destroy, DM_IO_RUST_IO_CLIENT),
	REDIRECT(dm_io, rust_dm_io, call_by_request, NULL),

	REDIRECT_CREATE(dm_kcopyd_client_create, takeover_copy_client_create),
	REDIRECT_OBJECT(dm_kcopyd_client_destroy, takeover_copy_client_destroy,
			DM_IO_RUST_COPY_CLIENT),
	REDIRECT_OBJECT(dm_kcopyd_client_flush, rust_dm_kcopyd_client_flush,
			DM_IO_RUST_COPY_CLIENT),
	REDIRECT_OBJECT(dm_kcopyd_copy, rust_dm_kcopyd_copy, DM_IO_RUST_COPY_CLIENT),
	REDIRECT_OBJECT(dm_kcopyd_zero, rust_dm_kcopyd_zero, DM_IO_RUST_COPY_CLIENT),
	REDIRECT_OBJECT(dm_kcopyd_prepare_callback, rust_dm_kcopyd_prepare_callback,
			DM_IO_RUST_COPY_CLIENT),
	REDIRECT_OBJECT(dm_kcopyd_do_callback, rust_dm_kcopyd_do_callback, DM_IO_RUST_JOB),
};

static int redirect(struct redirect *redirect)
{
	int ret = ftrace_set_filter_ip(&redirect->ops, redirect->from, 0, 0);

	if (!ret)
		ret = register_ftrace_function(&redirect->ops);
	if (!ret)
		return 0;

	ftrace_free_filter(&redirect->ops);
	if (ret == -EBUSY)
		pr_err("%s is patched by someone else, or the sysctl kernel.ftrace_enabled is 0\n",
		       redirect->name);
	else
		pr_err("%s cannot be redirected: %d\n", redirect->name, ret);
	return ret;
}

static void restore(struct redirect *redirect)
{
	takeover_unregister(&redirect->ops, redirect->name);
}

/* Redirects all of the functions, or none. May sleep. */
int takeover_redirect(void)
{
	int index, ret;

	for (index = 0; index < ARRAY_SIZE(redirects); index++) {
		ret = redirect(&redirects[index]);
		if (ret)
			goto undo;
	}
	return 0;

undo:
	while (index-- > 0)
		restore(&redirects[index]);
	return ret;
}

/* When this returns no call is in a handler. May sleep. */
void takeover_restore(void)
{
	int index;

	for (index = 0; index < ARRAY_SIZE(redirects); index++)
		restore(&redirects[index]);
}
