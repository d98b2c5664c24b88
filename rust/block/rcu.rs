// SPDX-License-Identifier: GPL-2.0

//! Waiting for those who read under RCU; the kernel crate has the readers' side.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

/// Waits until all who hold a [`kernel::sync::rcu::Guard`] have given it up. May sleep.
pub(crate) fn synchronize() {
    // SAFETY: May be called wherever it may sleep.
    unsafe { kernel::bindings::synchronize_rcu() }
}
