// SPDX-License-Identifier: GPL-2.0

//! The updater's side of RCU; the kernel crate has the readers' side.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

/// Waits until all readers that hold a [`kernel::sync::rcu::Guard`] by now have dropped it. May
/// sleep.
pub(crate) fn synchronize() {
    // SAFETY: May be called wherever it may sleep.
    unsafe { crate::bindings::synchronize_rcu() }
}
