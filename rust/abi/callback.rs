// SPDX-License-Identifier: GPL-2.0

//! A C function and what to call it with.

use crate::{
    io,
    kcopyd, //
};
use kernel::ffi::{
    c_int,
    c_uint,
    c_ulong,
    c_void, //
};

/// A function of the type `F` with its context.
///
/// # Invariants
///
/// The function may be called with the context once, from any thread, and where its API calls it:
/// that of an I/O in any context, that of a job in process context.
#[derive(Clone, Copy)]
pub(crate) struct Callback<F> {
    function: F,
    context: *mut c_void,
}

// SAFETY: By the type invariant the function may be called from any thread.
unsafe impl<F> Send for Callback<F> {}
// SAFETY: As for `Send`.
unsafe impl<F> Sync for Callback<F> {}

impl<F> Callback<F> {
    /// Takes a callback from C; [`None`] if there is no function.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariants.
    pub(super) unsafe fn from_raw(function: Option<F>, context: *mut c_void) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        function.map(|function| Self { function, context })
    }
}

/// An `io_notify_fn` with its context.
pub(crate) type IoCallback = Callback<unsafe extern "C" fn(c_ulong, *mut c_void)>;

impl io::Notify for IoCallback {
    fn notify(self, failures: io::Failures) {
        // SAFETY: By the type invariant.
        unsafe { (self.function)(failures.all(), self.context) }
    }
}

/// A `kcopyd_notify_fn` with its context.
pub(crate) type CopyCallback = Callback<unsafe extern "C" fn(c_int, c_uint, *mut c_void)>;

impl kcopyd::Notify for CopyCallback {
    fn notify(self, read_error: i32, write_errors: usize) {
        // There are fewer destinations than an unsigned int has bits.
        // SAFETY: By the type invariant.
        unsafe { (self.function)(read_error, write_errors as c_uint, self.context) }
    }
}

/// An `io_notify_fn` of the request API with its context.
pub(crate) type RequestCallback = Callback<unsafe extern "C" fn(c_ulong, c_ulong, *mut c_void)>;

impl io::Notify for RequestCallback {
    fn notify(self, failures: io::Failures) {
        // SAFETY: By the type invariant.
        unsafe { (self.function)(failures.failed, failures.unsupported, self.context) }
    }
}

/// A `dm_kcopyd_notify_fn` with its context.
pub(crate) type JobCallback = Callback<unsafe extern "C" fn(c_int, c_ulong, *mut c_void)>;

impl kcopyd::Notify for JobCallback {
    fn notify(self, read_error: i32, write_errors: usize) {
        // SAFETY: By the type invariant.
        unsafe { (self.function)(read_error, write_errors, self.context) }
    }
}
