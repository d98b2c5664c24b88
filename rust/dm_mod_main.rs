// SPDX-License-Identifier: GPL-2.0

//! Device-mapper's dm-io and kcopyd as a part of dm_mod, in place of `dm-io.c` and `dm-kcopyd.c`.
//!
//! From the top, each layer calls only what is below it:
//!
//! - [`abi`]: the functions that C calls, under their own names.
//! - [`io`] and [`kcopyd`]: the decisions, which contain no unsafe code.
//! - [`dm`]: device mapper's types, which both services share.
//! - [`block`] and [`memory`]: safe owners of the kernel's objects, which know nothing of device
//!   mapper.
//! - [`bindings`]: the kernel crate's bindings, and C headers and helpers.
//!
//! [`statistics`] counts I/O and jobs. dm.c has the module's init function, which calls those at
//! the end of this file.

// What only the services of the kernel's documents use, which dm_mod does not have: none of it is
// in the object.
#![allow(dead_code)]

use kernel::{
    ffi::{
        c_int,
        c_void, //
    },
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
    types::ForeignOwnable, //
};

mod abi;
mod bindings;
mod block;
mod dm;
mod io;
mod kcopyd;
mod memory;
mod statistics;

use self::{
    abi::{
        export,
        services::Services, //
    },
    statistics::Statistics, //
};

/// What [`dm_kcopyd_init`] has set up.
///
/// # Invariants
///
/// A `KBox<Services>` as a foreign pointer, from the end of [`dm_kcopyd_init`] until
/// [`dm_kcopyd_exit`].
static SERVICES: Atomic<*mut c_void> = Atomic::new(core::ptr::null_mut());

/// Sets up what the functions of kcopyd need.
fn set_up() -> Result {
    let services = KBox::new(Services::new()?, GFP_KERNEL)?;
    // INVARIANT: dm.c calls `dm_kcopyd_init` once, so that there is none yet.
    SERVICES.store(services.into_foreign(), Release);
    Ok(())
}

mod from_dm {
    //! What dm.c calls when dm_mod is loaded and unloaded, each once and in this order.

    use super::*;

    mod bindings {
        //! The declarations of `dm.h`.

        #![allow(unreachable_pub)]

        use kernel::ffi;

        include!(concat!(
            env!("DM_IO_RUST_OBJ"),
            "/dm_mod/dm_mod.generated.rs"
        ));
    }

    export! {
        prefix: "";

        /// Shows the statistics: all else that dm-io has belongs to its clients.
        fn dm_io_init() -> c_int {
            core::mem::forget(Statistics::show());
            0
        }

        /// Sets up what the functions of kcopyd need.
        fn dm_kcopyd_init() -> c_int {
            set_up().map_or_else(Error::to_errno, |()| 0)
        }

        /// Ends what [`dm_kcopyd_init`] began.
        fn dm_kcopyd_exit() {
            // SAFETY: By the invariant of `SERVICES`: dm.c calls this once, if the other has succeeded.
            drop(unsafe { KBox::<Services>::from_foreign(SERVICES.load(Acquire)) });
        }

        /// Ends what [`dm_io_init`] began.
        fn dm_io_exit() {
            Statistics::hide();
        }
    }
}
