// SPDX-License-Identifier: GPL-2.0

//! Lines in the kernel log, all of them rate limited.

use super::Refusal;
use crate::bindings;
use kernel::{
    prelude::*,
    str::CStr, //
};

/// Logs that `call` was refused, and why.
pub(crate) fn refused(call: &CStr, refusal: Refusal) {
    // SAFETY: Both are strings.
    unsafe { bindings::dm_io_rust_log_refusal(call.as_char_ptr(), refusal.argument.as_char_ptr()) }
}

/// Logs that an I/O failed for want of stack.
pub(crate) fn stack_is_short() {
    // SAFETY: May be called in any context.
    unsafe { bindings::dm_io_rust_log_stack_is_short() }
}
