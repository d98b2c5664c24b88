// SPDX-License-Identifier: GPL-2.0

//! What the exported functions work on.

use super::callback::IoCallback;
use crate::io::Io;
use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    }, //
};

/// The services of the loaded module.
///
/// # Invariants
///
/// Null, or those of the [`Services`] that exists.
static IO: Atomic<*const Io<IoCallback>> = Atomic::new(core::ptr::null());

/// The services, which are there for C as long as this exists.
pub(crate) struct Services {
    _io: Pin<KBox<Io<IoCallback>>>,
}

impl Services {
    /// Sets up the services: the module does so once.
    pub(crate) fn new() -> Result<Self> {
        let io = Io::new()?;
        // INVARIANT: The box does not move what it holds, and clears the pointer when it goes.
        IO.store(&raw const *io, Release);
        Ok(Self { _io: io })
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // INVARIANT: The services go.
        IO.store(core::ptr::null(), Release);
    }
}

/// The services of the loaded module, for its callers.
///
/// # Safety
///
/// Called from an exported function: the module, which a caller depends on, is not unloaded
/// meanwhile.
pub(super) unsafe fn io() -> Option<&'static Io<IoCallback>> {
    // SAFETY: By the static's invariant, and by this function's requirement.
    unsafe { IO.load(Acquire).as_ref() }
}
