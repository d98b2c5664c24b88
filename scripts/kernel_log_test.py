#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Reports of every checker are noticed in a log; lint runs this."""

import sys
import unittest

sys.dont_write_bytecode = True

import kernel_log  # noqa: E402

# The first lines of reports, as the kernel prints them.
REPORTS = """
WARNING: CPU: 0 PID: 1 at drivers/md/dm-io.c:518 dm_io+0x1/0x2
BUG: KASAN: slab-use-after-free in f+0x1/0x2
BUG: sleeping function called from invalid context at f.c:1
BUG: unable to handle page fault for address: ffffc90000000000
BUG: scheduling while atomic: sh/1/0x00000002
BUG kmalloc-64 (Tainted: G    B   O       ): Poison overwritten
BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!
kernel BUG at f.c:1!
Oops: general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP
UBSAN: array-index-out-of-bounds in f.c:1:2
WARNING: possible circular locking dependency detected
WARNING: inconsistent lock state
turning off the locking correctness validator.
pagealloc: memory corruption
INFO: task kworker/0:1:12 blocked for more than 120 seconds.
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:1]
kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
kmemleak: Kernel memory leak detector disabled
unreferenced object 0xffff888001234567 (size 32):
refcount_t: underflow; use-after-free.
list_add corruption. next->prev should be prev (ffff), but was 0000.
rust_kernel: panicked at f.rs:1:2:
sh: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)
Out of memory: Killed process 1 (sh)
ODEBUG: free active (active state 0) object: ffff888001234567 object type: work_struct hint: f
ODEBUG: Out of memory. ODEBUG disabled
BUG kmalloc-64 (Not tainted): Objects remaining on __kmem_cache_shutdown()
Objects remaining in dm_io_rust on __kmem_cache_shutdown()
WARNING: possible recursive locking detected
INFO: trying to register non-static key.
Disabling lock debugging due to kernel taint
""".strip().splitlines()

HARMLESS = """
dm_io_rust: loading out-of-tree module taints kernel.
kmemleak: 0 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
Warning: unable to open an initial console.
device-mapper: raid1: Mirror read failed.
""".strip().splitlines()


class Reports(unittest.TestCase):
    def test_each_is_noticed(self):
        for line in REPORTS:
            self.assertTrue(kernel_log.reports(f"[    1.000000] {line}\n"), line)

    def test_nothing_else_is(self):
        self.assertEqual(kernel_log.reports("\n".join(HARMLESS)), "")


if __name__ == "__main__":
    unittest.main()
