// SPDX-License-Identifier: GPL-2.0

//! What `dm_io_rust_takeover.ko` alone calls.

use crate::{
    abi::{
        export,
        rust_dm_kcopyd, //
    },
    bindings::{
        self,
        dm_kcopyd_client, //
    }, //
};

export! {
    prefix: "";

    /// See the header.
    fn dm_io_rust_free_copy_client(kc: *mut dm_kcopyd_client) -> bool {
        // SAFETY: The header requires of the caller what the callee does.
        unsafe { rust_dm_kcopyd::destroy(c"dm_kcopyd_client_destroy", kc.cast()) }
    }
}
