// SPDX-License-Identifier: GPL-2.0
#include "refusal_log.h"

#include <kunit/test.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

/* The log itself gets ten lines of refusals in five seconds, and a case has a hundred in one. */
static struct task_struct *caller;
static unsigned int lines;
/* One of them did not say what was refused, or why. */
static bool nameless;

/* void dm_io_rust_log_refusal(const char *call, const char *argument) */
static int count_line(struct kprobe *probe, struct pt_regs *regs)
{
	const char *call = (const char *)regs_get_kernel_argument(regs, 0);
	const char *argument = (const char *)regs_get_kernel_argument(regs, 1);

	if (current != caller)
		return 0;
	lines++;
	nameless |= !*call || !*argument;
	return 0;
}
NOKPROBE_SYMBOL(count_line);

/* It stays for good, as those that refuse memory do. */
static struct kprobe line_probe = {
	.symbol_name = "dm_io_rust_log_refusal",
	.pre_handler = count_line,
};

void refusal_log_watch(struct kunit *test)
{
	static bool registered;

	if (!registered)
		KUNIT_ASSERT_EQ(test, register_kprobe(&line_probe), 0);
	registered = true;
	caller = current;
	lines = 0;
	nameless = false;
}

void refusal_log_expect(struct kunit *test, unsigned int expected, unsigned int call)
{
	KUNIT_EXPECT_EQ_MSG(test, lines, expected, "call %u", call);
	KUNIT_EXPECT_FALSE_MSG(test, nameless, "call %u", call);
	lines = 0;
	nameless = false;
}
