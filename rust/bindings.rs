// SPDX-License-Identifier: GPL-2.0

//! The kernel crate's bindings, and what bindgen adds to them: the kernel's inline functions and
//! constants that the kernel crate lacks, under their own names, from this project's C helpers; and
//! the request API, from the kernel's headers.

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
    "/bindings/helpers.generated.rs"
));

pub(crate) use self::request::*;

mod request {
    //! The request API.

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
        "/bindings/request.generated.rs"
    ));
}
