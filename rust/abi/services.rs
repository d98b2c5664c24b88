// SPDX-License-Identifier: GPL-2.0

//! What the exported functions work on.

use crate::{
    bindings,
    block::ZeroVectors,
    dm::Refusal,
    io::CallbackWorks,
    kcopyd::throttle::Accounts, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc, //
    }, //
};

/// What the exported functions work on.
#[pin_data]
pub(crate) struct Shared {
    pub(crate) callback_works: Arc<CallbackWorks>,
    pub(crate) zeroes: Arc<ZeroVectors>,
    #[pin]
    pub(crate) accounts: Accounts,
}

/// The services of the loaded module.
///
/// # Invariants
///
/// Null, or that of the [`Services`] that exists.
static SHARED: Atomic<*const Shared> = Atomic::new(core::ptr::null());

/// The services, which are there for C as long as this exists.
pub(crate) struct Services {
    shared: Pin<KBox<Shared>>,
}

impl Services {
    /// Sets up the services: the module does so once.
    pub(crate) fn new() -> Result<Self> {
        let (callback_works, zeroes) = (CallbackWorks::new()?, ZeroVectors::new()?);
        let shared = KBox::pin_init(
            pin_init!(Shared { callback_works, zeroes, accounts <- new_mutex!(None) }),
            GFP_KERNEL,
        )?;
        // INVARIANT: The box does not move what it holds, and clears the pointer when it goes.
        SHARED.store(&raw const *shared, Release);
        Ok(Self { shared })
    }

    /// Returns what calls back where the stack is short.
    pub(crate) fn callback_works(&self) -> &Arc<CallbackWorks> {
        &self.shared.callback_works
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.shared.callback_works.drain();
        // INVARIANT: The services go.
        SHARED.store(core::ptr::null(), Release);
    }
}

/// Returns the number of I/Os that new clients of dm-io have memory for at any time.
pub(crate) fn reserved_ios() -> usize {
    // SAFETY: May be called at any time.
    unsafe { bindings::dm_io_rust_reserved_bio_based_ios() as usize }
}

/// Returns the services of the loaded module.
///
/// # Safety
///
/// Called from an exported function: the module, which a caller depends on, is not unloaded
/// meanwhile, nor before the clients that it has made are destroyed.
pub(crate) unsafe fn services() -> Result<&'static Shared, Refusal> {
    // SAFETY: Null, or that of services which stay until the module is unloaded.
    unsafe { SHARED.load(Acquire).as_ref() }.ok_or(Refusal::failed(c"the module is not set up"))
}
