// SPDX-License-Identifier: GPL-2.0

//! What bindgen made of this project's C headers. The kernel's own types are the kernel crate's,
//! so that there is one `bio`, not two.
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

use kernel::{
    bindings::{
        bio,
        bio_vec,
        blk_status_t,
        block_device,
        bool_,
        bvec_iter,
        gfp_t,
        kmem_cache,
        page,
        sector_t,
        u64_,
        workqueue_struct, //
    },
    ffi, //
};

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
