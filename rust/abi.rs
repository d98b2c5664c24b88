// SPDX-License-Identifier: GPL-2.0

//! The edge to C: raw arguments in, checked types out.
//!
//! The exported functions of the request API are here. Nothing is `extern "C"` to the outside but
//! these, and those of the crate's root or of what else only that root has. Each turns its arguments
//! into one call of [`crate::io`] or [`crate::kcopyd`], and a refusal into an error number and a line
//! in the log.

pub(crate) mod args;
pub(crate) mod marked;
mod module_reference;
mod rust_dm_io;
pub(crate) mod rust_dm_kcopyd;
pub(crate) mod services;

use crate::dm::{
    log,
    Refusal, //
};
use kernel::{
    ffi::c_int,
    prelude::*, //
};

/// Defines exported functions, whose names in C begin with the prefix. One whose signature is not that
/// of its header, in the caller's `bindings`, does not compile: the two are made the branches of one
/// expression.
macro_rules! export {
    (prefix: $prefix:expr; $(
        $(#[$attribute:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $return:ty)? $body:block
    )*) => {
        $(
            const _: () = {
                if true {
                    bindings::$name
                } else {
                    $name
                };
            };

            $(#[$attribute])*
            ///
            /// # Safety
            ///
            /// The caller guarantees what the header requires.
            #[export_name = concat!($prefix, stringify!($name))]
            unsafe extern "C" fn $name($($argument: $type),*) $(-> $return)? $body
        )*
    };
}
pub(crate) use export;

/// Returns what an exported function returns; logs a refusal, with the function's name.
pub(crate) fn to_errno(call: &CStr, result: Result<c_int, Refusal>) -> c_int {
    result.unwrap_or_else(|refusal| {
        log::refused(call, refusal);
        refusal.error.to_errno()
    })
}
