# SPDX-License-Identifier: GPL-2.0
"""Reports in a kernel log that fail a run, whatever the tests say."""

import re

REPORT = re.compile(
    r"""WARNING: | BUG: | BUG\ \S+\ \( | kernel\ BUG\ at | Oops | Call\ Trace:
    | general\ protection\ fault | Kernel\ panic | KASAN: | UBSAN:
    | INFO:\ (possible|trying|task|lockdep|rcu|suspicious)
    | possible\ (circular|recursive)\ lock | inconsistent\ lock\ state
    | suspicious\ RCU | sleeping\ function\ called | scheduling\ while\ atomic
    | unreferenced\ object | kmemleak:\ [1-9]\d*\ new
    | Kernel\ memory\ leak\ detector\ disabled
    | refcount_t: | (list_add|list_del)\ corruption | rust_kernel:\ panicked
    | turning\ off\ the\ locking\ correctness\ validator | Disabling\ lock\ debugging
    | pagealloc: | Objects\ remaining | soft\ lockup | page\ allocation\ failure
    | Out\ of\ memory""",
    re.VERBOSE,
)

# A report is read with what follows it.
CONTEXT_LINES = 12


def reports(text):
    """The first report of a log with its context, and how many there are."""
    lines = text.splitlines()
    hits = [number for number, line in enumerate(lines) if REPORT.search(line)]
    if not hits:
        return ""
    shown = "\n".join(lines[hits[0] : hits[0] + CONTEXT_LINES])
    return f"{len(hits)} lines of reports in the kernel log, the first of them:\n{shown}"
