/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a probe sends whoever is to be held: as if the instruction at the point
 * had been preceded by a call that changes nothing.
 *
 * The registers are saved as an exception saves them, so that a stack trace
 * shows the point.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

/* From the start of struct pt_regs. */
#define SP_OFFSET (19 * 8)
#define REGS_SIZE (21 * 8)

	.text
SYM_CODE_START(schedule_trampoline)
	UNWIND_HINT_FUNC
	ANNOTATE_NOENDBR
	pushq	$__KERNEL_DS
	pushq	%rsp
	pushfq
	pushq	$__KERNEL_CS
	/* The address of the point, which is what this returns to. */
	pushq	4 * 8(%rsp)
	pushq	$-1
	.irp reg, di, si, dx, cx, ax
	pushq	%r\reg
	.endr
	.irp reg, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	pushq	%\reg
	.endr
	UNWIND_HINT_REGS
	leaq	REGS_SIZE + 8(%rsp), %rax
	movq	%rax, SP_OFFSET(%rsp)
	cld
	movq	%rsp, %rdi
	call	schedule_hold
	.irp reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8
	popq	%\reg
	.endr
	.irp reg, ax, cx, dx, si, di
	popq	%r\reg
	.endr
	leaq	3 * 8(%rsp), %rsp
	popfq
	leaq	2 * 8(%rsp), %rsp
	UNWIND_HINT_FUNC
	RET
SYM_CODE_END(schedule_trampoline)
