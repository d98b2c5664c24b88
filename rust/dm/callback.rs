// SPDX-License-Identifier: GPL-2.0

//! The completion callbacks of both APIs.

use super::Failures;
use kernel::ffi::{
    c_int,
    c_uint,
    c_ulong,
    c_void, //
};

/// The completion callback of an I/O: a function of `dm_io.h` or of `mainline.h`, and its context.
///
/// # Invariants
///
/// The function may be called with the context once, in any context.
#[derive(Clone, Copy)]
pub(crate) struct IoCallback {
    function: IoFunction,
    context: *mut c_void,
}

/// The function of an [`IoCallback`], by what it takes.
#[derive(Clone, Copy)]
pub(crate) enum IoFunction {
    /// All error bits in one.
    Classic(unsafe extern "C" fn(c_ulong, *mut c_void)),
    /// Those of unsupported operations apart.
    Request(unsafe extern "C" fn(c_ulong, c_ulong, *mut c_void)),
}

// SAFETY: The function may be called by any thread, by the type invariant.
unsafe impl Send for IoCallback {}
// SAFETY: As for `Send`.
unsafe impl Sync for IoCallback {}

impl IoCallback {
    /// Takes a callback from C.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariant.
    pub(crate) unsafe fn new(function: IoFunction, context: *mut c_void) -> Self {
        // INVARIANT: The caller guarantees it.
        Self { function, context }
    }

    /// Calls the function. Any context, once.
    pub(crate) fn call(self, failures: Failures) {
        // SAFETY: The function may be called by the type invariant.
        unsafe {
            match self.function {
                IoFunction::Classic(function) => function(failures.all(), self.context),
                IoFunction::Request(function) => {
                    function(failures.failed, failures.unsupported, self.context)
                }
            }
        }
    }
}

/// The completion callback of a copy: a function of `kcopyd.h` or of `mainline.h`, and its context.
///
/// # Invariants
///
/// The function may be called with the context once, in process context.
#[derive(Clone, Copy)]
pub(crate) struct CopyCallback {
    function: CopyFunction,
    context: *mut c_void,
}

/// The function of a [`CopyCallback`], by the type of its error bits.
#[derive(Clone, Copy)]
pub(crate) enum CopyFunction {
    Classic(unsafe extern "C" fn(c_int, c_uint, *mut c_void)),
    Request(unsafe extern "C" fn(c_int, c_ulong, *mut c_void)),
}

// SAFETY: The function may be called by any thread, by the type invariant.
unsafe impl Send for CopyCallback {}
// SAFETY: As for `Send`.
unsafe impl Sync for CopyCallback {}

impl CopyCallback {
    /// Takes a callback from C.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariant.
    pub(crate) unsafe fn new(function: CopyFunction, context: *mut c_void) -> Self {
        // INVARIANT: The caller guarantees it.
        Self { function, context }
    }

    /// Calls the function. Process context, once, and not while another callback of the same client
    /// runs. `read_error` is not 0 if any part of the source could not be read; bit i of
    /// `write_errors` is set if any part of destination i could not be written.
    pub(crate) fn call(self, read_error: c_int, write_errors: c_ulong) {
        // SAFETY: The function may be called by the type invariant.
        unsafe {
            match self.function {
                // There are fewer destinations than an unsigned int has bits.
                CopyFunction::Classic(function) => {
                    function(read_error, write_errors as c_uint, self.context)
                }
                CopyFunction::Request(function) => function(read_error, write_errors, self.context),
            }
        }
    }
}
