// SPDX-License-Identifier: GPL-2.0
#include "divert.h"

void may_divert(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(may_divert);
