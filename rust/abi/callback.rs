// SPDX-License-Identifier: GPL-2.0

//! A C function and what to call it with.

use crate::{
    bindings::{
        self,
        mainline, //
    },
    io,
    kcopyd, //
};
use kernel::ffi::{
    c_int,
    c_uint,
    c_ulong,
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
    fn notify(self, failures: io::Failures) {
        // SAFETY: By the type invariant.
        unsafe { (self.function)(failures.all(), self.context) }
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
    fn notify(self, read_error: i32, write_errors: usize) {
        // There are fewer destinations than an unsigned int has bits.
        // SAFETY: By the type invariant.
        unsafe { (self.function)(read_error, write_errors as c_uint, self.context) }
    }
}

/// An `io_notify_fn` of the request API with its context.
///
/// # Invariants
///
/// The function may be called with the context, in any context, once.
#[derive(Clone, Copy)]
pub(crate) struct RequestCallback {
    function: unsafe extern "C" fn(c_ulong, c_ulong, *mut c_void),
    context: *mut c_void,
}

// SAFETY: By the type invariant the function may be called from any thread.
unsafe impl Send for RequestCallback {}
// SAFETY: As for `Send`.
unsafe impl Sync for RequestCallback {}

impl RequestCallback {
    /// Takes a callback from C; [`None`] if there is no function.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariants.
    pub(super) unsafe fn from_raw(
        function: mainline::io_notify_fn,
        context: *mut c_void,
    ) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        function.map(|function| Self { function, context })
    }
}

impl io::Notify for RequestCallback {
    fn notify(self, failures: io::Failures) {
        // SAFETY: By the type invariant.
        unsafe { (self.function)(failures.failed, failures.unsupported, self.context) }
    }
}

/// A `dm_kcopyd_notify_fn` with its context.
///
/// # Invariants
///
/// The function may be called with the context, in any process context, once.
#[derive(Clone, Copy)]
pub(crate) struct JobCallback {
    function: unsafe extern "C" fn(c_int, c_ulong, *mut c_void),
    context: *mut c_void,
}

// SAFETY: By the type invariant the function may be called from any thread.
unsafe impl Send for JobCallback {}
// SAFETY: As for `Send`.
unsafe impl Sync for JobCallback {}

impl JobCallback {
    /// Takes a callback from C; [`None`] if there is no function.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariants.
    pub(super) unsafe fn from_raw(
        function: mainline::dm_kcopyd_notify_fn,
        context: *mut c_void,
    ) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        function.map(|function| Self { function, context })
    }
}

impl kcopyd::Notify for JobCallback {
    fn notify(self, read_error: i32, write_errors: usize) {
        // SAFETY: By the type invariant.
        unsafe { (self.function)(read_error, write_errors, self.context) }
    }
}
