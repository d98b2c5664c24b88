// SPDX-License-Identifier: GPL-2.0

//! The services of `dm_io_rust/dm_io.h` and `dm_io_rust/kcopyd.h`, which only the module of its own
//! has: raw arguments in, checked types out, as in [`crate::abi`].

mod dm_io;
mod kcopyd;

mod bindings {
    //! The declarations of the headers. The request API has some of the names for other things.

    #![allow(
        clippy::all,
        dead_code,
        improper_ctypes,
        missing_docs,
        non_camel_case_types,
        unreachable_pub
    )]

    use kernel::{
        bindings::{
            bio_vec,
            block_device,
            page,
            sector_t, //
        },
        ffi, //
    };

    include!(concat!(
        env!("DM_IO_RUST_OBJ"),
        "/classic/classic.generated.rs"
    ));
}

use crate::{
    abi::services::{
        self,
        reserved_ios, //
    },
    bindings::dm_io_region,
    dm::{
        page_list,
        Refusal, //
    },
    io::Io,
    kcopyd::MAX_DESTS, //
};
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    }, //
};

// Regions, page lists and numbers of destinations are those of the request API.
const _: () = {
    use bindings::io_region;
    assert!(size_of::<io_region>() == size_of::<dm_io_region>());
    assert!(align_of::<io_region>() == align_of::<dm_io_region>());
    assert!(offset_of!(io_region, bdev) == offset_of!(dm_io_region, bdev));
    assert!(offset_of!(io_region, sector) == offset_of!(dm_io_region, sector));
    assert!(offset_of!(io_region, count) == offset_of!(dm_io_region, count));
    assert!(size_of::<bindings::page_list>() == size_of::<page_list::Raw>());
    assert!(offset_of!(bindings::page_list, next) == offset_of!(page_list::Raw, next));
    assert!(offset_of!(bindings::page_list, page) == offset_of!(page_list::Raw, page));
    assert!(bindings::KCOPYD_MAX_REGIONS as usize == MAX_DESTS);
};

/// The memory of `dm_io.h`, which has no clients.
///
/// # Invariants
///
/// Null, or that of the [`Services`] that exists.
static IO: Atomic<*const Io> = Atomic::new(core::ptr::null());

/// The services, which are there for C as long as this exists.
pub(crate) struct Services {
    _io: Pin<KBox<Io>>,
}

impl Services {
    /// Sets up the services: the module does so once.
    pub(crate) fn new(services: &services::Services) -> Result<Self> {
        let io = Io::new(reserved_ios(), services.callback_works())?;
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

/// Returns the services of the loaded module.
///
/// # Safety
///
/// Called from an exported function: the module, which a caller depends on, is not unloaded
/// meanwhile.
unsafe fn io() -> Result<&'static Io, Refusal> {
    // SAFETY: Null, or that of services which stay while an exported function runs.
    unsafe { IO.load(Acquire).as_ref() }.ok_or(Refusal::failed(c"the module is not set up"))
}
