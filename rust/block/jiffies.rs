// SPDX-License-Identifier: GPL-2.0

//! The clock; the kernel crate has the unit.
//!
//! C header: [`include/linux/jiffies.h`](srctree/include/linux/jiffies.h)

/// The jiffies of a second.
pub(crate) const PER_SECOND: u32 = crate::bindings::HZ;

/// Returns the lower half of the number of jiffies since some time before the boot.
pub(crate) fn now() -> u32 {
    // SAFETY: The variable is always there; the reading is racy by the kernel's design.
    unsafe { (&raw const crate::bindings::jiffies).read_volatile() as u32 }
}
