/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of the kernel's functions that another function answers.
 */
#ifndef _DM_IO_RUST_REFUSALS_DIVERT_H
#define _DM_IO_RUST_REFUSALS_DIVERT_H

#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>

/* A probe of a function, calls of which @_handler may divert. */
#define DIVERSION(_name, _handler)			\
	(&(struct kprobe) {				\
		.symbol_name = _name,			\
		.pre_handler = _handler,		\
		.post_handler = may_divert,		\
	})

/* Only a probe that has such a handler may change where the function goes on. */
void may_divert(struct kprobe *probe, struct pt_regs *regs, unsigned long flags);

/* Where the function returns to. */
static __always_inline unsigned long caller_of(struct pt_regs *regs)
{
	return READ_ONCE_NOCHECK(*(unsigned long *)kernel_stack_pointer(regs));
}

/* Has @function called instead, with the same arguments. To be returned by a handler. */
static __always_inline int divert(struct pt_regs *regs, const void *function)
{
	instruction_pointer_set(regs, (unsigned long)function);
	return 1;
}

#endif /* _DM_IO_RUST_REFUSALS_DIVERT_H */
