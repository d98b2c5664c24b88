// SPDX-License-Identifier: GPL-2.0

//! What the exported functions work on.

use super::callback::IoCallback;
use crate::{
    bindings,
    block::Resources,
    io::{
        Io,
        Refusal, //
    },
    statistics::Statistics, //
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
        Arc,
        Mutex, //
    }, //
};

/// What the exported functions work on.
pub(super) struct Shared {
    /// For callers who have no client.
    pub(super) io: Pin<KBox<Io<IoCallback>>>,
    pub(super) resources: Arc<Resources>,
    /// The lock of all throttles' accounts.
    pub(super) throttles: Arc<Mutex<()>>,
}

/// That of the loaded module.
///
/// # Invariants
///
/// Null, or that of the [`Services`] that exists.
static SHARED: Atomic<*const Shared> = Atomic::new(core::ptr::null());

/// The services, which are there for C as long as this exists.
pub(crate) struct Services {
    _shared: KBox<Shared>,
    _statistics: Statistics,
}

impl Services {
    /// Sets up the services: the module does so once.
    pub(crate) fn new() -> Result<Self> {
        let resources = Resources::new()?;
        let shared = Shared {
            io: Io::new(&resources, reserved_ios())?,
            resources,
            throttles: Arc::pin_init(new_mutex!(()), GFP_KERNEL)?,
        };
        let shared = KBox::new(shared, GFP_KERNEL)?;
        // INVARIANT: The box does not move what it holds, and clears the pointer when it goes.
        SHARED.store(&raw const *shared, Release);
        Ok(Self {
            _shared: shared,
            _statistics: Statistics::show(),
        })
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // INVARIANT: The services go.
        SHARED.store(core::ptr::null(), Release);
    }
}

/// The I/Os that new clients of dm-io have memory for at any time.
pub(super) fn reserved_ios() -> usize {
    // SAFETY: May be called at any time.
    unsafe { bindings::dm_io_rust_reserved_bio_based_ios() as usize }
}

/// The services of the loaded module, for its callers.
///
/// # Safety
///
/// Called from an exported function: the module, which a caller depends on, is not unloaded
/// meanwhile.
pub(super) unsafe fn services() -> Result<&'static Shared, Refusal> {
    // SAFETY: By the static's invariant, and by this function's requirement.
    unsafe { SHARED.load(Acquire).as_ref() }.ok_or(Refusal::failed(c"the module is not set up"))
}
