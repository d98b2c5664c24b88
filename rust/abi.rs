// SPDX-License-Identifier: GPL-2.0

//! The edge to C: raw arguments in, checked types out.
//!
//! Every exported function is here, and nothing else is `extern "C"` to the outside. Each turns its
//! arguments into one call of [`crate::io`] or [`crate::kcopyd`], and a refusal into an error number
//! and a line in the log.

mod args;
mod dm_io;
mod kcopyd;
mod marked;
mod rust_dm_io;
mod rust_dm_kcopyd;
mod services;

pub(crate) use self::services::Services;

use crate::dm::{
    log,
    Refusal, //
};
use kernel::{
    ffi::c_int,
    prelude::*, //
};

/// Defines exported functions. One whose signature is not that of its header does not compile: the
/// two are made the branches of one expression.
macro_rules! export {
    ($(
        $(#[$attribute:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $return:ty)? $body:block
    )*) => {
        $(
            const _: () = {
                if true {
                    $crate::bindings::$name
                } else {
                    $name
                };
            };

            $(#[$attribute])*
            ///
            /// # Safety
            ///
            /// The caller guarantees what the header requires.
            #[no_mangle]
            unsafe extern "C" fn $name($($argument: $type),*) $(-> $return)? $body
        )*
    };
}
use export;

/// Returns what an exported function returns; logs a refusal, with the function's name.
fn to_errno(call: &CStr, result: Result<c_int, Refusal>) -> c_int {
    result.unwrap_or_else(|refusal| {
        log::refused(call, refusal);
        refusal.error.to_errno()
    })
}
