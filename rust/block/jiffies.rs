// SPDX-License-Identifier: GPL-2.0

//! The kernel's clock of its ticks; the kernel crate has the unit.
//!
//! C header: [`include/linux/jiffies.h`](srctree/include/linux/jiffies.h)

/// The ticks of a second.
pub(crate) const PER_SECOND: u32 = crate::bindings::DM_IO_RUST_HZ;

/// The lower half of the number of ticks since some time before the boot.
pub(crate) fn now() -> u32 {
    // SAFETY: The variable is always there; the reading is racy by the kernel's design.
    unsafe { (&raw const kernel::bindings::jiffies).read_volatile() as u32 }
}
