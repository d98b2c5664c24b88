// SPDX-License-Identifier: GPL-2.0

//! The edge to C: raw arguments in, checked types out.
//!
//! Every exported function is here, and nothing else is `extern "C"` to the outside. Each turns its
//! arguments into one call of [`crate::io`] or [`crate::kcopyd`], and a refusal into an error number
//! and a line in the log.

mod callback;
mod dm_io;
mod kcopyd;
mod page_list;
mod regions;
mod rust_dm_io;
mod rust_dm_kcopyd;
mod services;
mod target;

pub(crate) use self::services::Services;

use crate::{
    bindings,
    io::Refusal, //
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
            /// The caller sees to what the header asks for.
            #[no_mangle]
            unsafe extern "C" fn $name($($argument: $type),*) $(-> $return)? $body
        )*
    };
}
use export;

/// What an exported function returns; a refusal is logged, with the function's name.
fn answer(call: &CStr, result: Result<c_int, Refusal>) -> c_int {
    result.unwrap_or_else(|refusal| {
        // SAFETY: Both are strings.
        unsafe {
            bindings::dm_io_rust_log_refusal(call.as_char_ptr(), refusal.argument.as_char_ptr())
        };
        refusal.error.to_errno()
    })
}
