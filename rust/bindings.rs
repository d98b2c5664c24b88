// SPDX-License-Identifier: GPL-2.0

//! The kernel crate's bindings, and what bindgen adds to them from this project's C headers: the
//! kernel's inline functions and constants that the kernel crate lacks, under their own names, and
//! the public headers' declarations.
//!
//! A name that both APIs have is here that of the services, and in [`mainline`] that of the request
//! API.

#![allow(
    clippy::all,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]

use kernel::ffi;

pub(crate) use kernel::bindings::*;

include!(concat!(
    env!("DM_IO_RUST_OBJ"),
    "/rust/bindings/services.generated.rs"
));

pub(crate) use self::mainline::*;

pub(crate) mod mainline {
    //! Today's request API.

    use kernel::{
        bindings::{
            bio,
            blk_opf_t,
            block_device,
            page,
            sector_t, //
        },
        ffi, //
    };

    include!(concat!(
        env!("DM_IO_RUST_OBJ"),
        "/rust/bindings/mainline.generated.rs"
    ));
}
