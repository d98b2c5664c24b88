// SPDX-License-Identifier: GPL-2.0

//! Which mutant is selected, and which places were reached.

extern "C" {
    /// The parameter.
    static dm_io_rust_mutant: u32;
    /// A byte for each mutant, of which this is the first.
    static mut dm_io_rust_reached: u8;
}

/// Returns whether a mutant is the selected one, and records that its place was reached.
#[inline(always)]
pub(crate) fn is(number: usize) -> bool {
    // SAFETY: No number is larger than the parameter's largest. Whoever writes the byte at the same
    // time writes the same.
    unsafe { (&raw mut dm_io_rust_reached).add(number).write_volatile(1) };
    // SAFETY: It does not change after boot.
    unsafe { dm_io_rust_mutant as usize == number }
}
