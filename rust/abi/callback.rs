// SPDX-License-Identifier: GPL-2.0

//! A C function and what to call it with.

use crate::{
    bindings,
    io,
    kcopyd, //
};
use kernel::ffi::{
    c_int,
    c_uint,
    c_void, //
};

/// An `io_notify_fn` with its context.
///
/// # Invariants
///
/// The function may be called with the context, in any context, once.
#[derive(Clone, Copy)]
pub(crate) struct IoCallback {
    function: unsafe extern "C" fn(usize, *mut c_void),
    context: *mut c_void,
}

// SAFETY: By the type invariant the function may be called from any thread.
unsafe impl Send for IoCallback {}
// SAFETY: As for `Send`.
unsafe impl Sync for IoCallback {}

impl IoCallback {
    /// Takes a callback from C; [`None`] if there is no function.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariants.
    pub(super) unsafe fn from_raw(
        function: bindings::io_notify_fn,
        context: *mut c_void,
    ) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        function.map(|function| Self { function, context })
    }
}

impl io::Notify for IoCallback {
    fn notify(self, errors: usize) {
        // SAFETY: By the type invariant.
        unsafe { (self.function)(errors, self.context) }
    }
}

/// A `kcopyd_notify_fn` with its context.
///
/// # Invariants
///
/// The function may be called with the context, in any process context, once.
#[derive(Clone, Copy)]
pub(crate) struct CopyCallback {
    function: unsafe extern "C" fn(c_int, c_uint, *mut c_void),
    context: *mut c_void,
}

// SAFETY: By the type invariant the function may be called from any thread.
unsafe impl Send for CopyCallback {}
// SAFETY: As for `Send`.
unsafe impl Sync for CopyCallback {}

impl CopyCallback {
    /// Takes a callback from C; [`None`] if there is no function.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariants.
    pub(super) unsafe fn from_raw(
        function: bindings::kcopyd_notify_fn,
        context: *mut c_void,
    ) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        function.map(|function| Self { function, context })
    }
}

impl kcopyd::Notify for CopyCallback {
    fn notify(self, read_failed: bool, write_errors: usize) {
        // There are fewer destinations than an unsigned int has bits.
        // SAFETY: By the type invariant.
        unsafe { (self.function)(read_failed.into(), write_errors as c_uint, self.context) }
    }
}
