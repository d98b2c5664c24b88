# SPDX-License-Identifier: GPL-2.0
"""The kernel that a test's command line asks for: Debian's own unless it names another."""

from build_modules import build
from debug_kernel import debug_kernel
from guest import stock_kernel
from kernels import RT
from steps import exclusive


def rt_kernel():
    """Debian's own with PREEMPT_RT, as kernels.py made it."""
    kernel = stock_kernel(RT)
    kernel.slower = 2
    return kernel


OPTIONS = {"--debug": debug_kernel, "--rt": rt_kernel}


def kernel_of(words, results):
    """The kernel; unless it is the usual one, the project's modules are built for it."""
    asked = [make for option, make in OPTIONS.items() if option in words]
    if not asked:
        return stock_kernel()
    kernel = asked[0]()
    with exclusive("modules"):
        build(results, "modules", kernel.series)
    return kernel
