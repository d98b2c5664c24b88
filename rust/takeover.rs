// SPDX-License-Identifier: GPL-2.0

//! What `dm_io_rust_takeover.ko` alone calls.

use crate::{
    abi::{
        export,
        marked::Marked, //
    },
    bindings::{
        self,
        dm_kcopyd_client, //
    },
    kcopyd::Client, //
};
use kernel::sync::Arc;

export! {
    prefix: "";

    /// See the header.
    fn dm_io_rust_is_calling_back(kc: *mut dm_kcopyd_client) -> bool {
        // SAFETY: The header requires a client that the caller has.
        let client = unsafe { Marked::<Arc<Client>>::borrow(kc) };
        client.is_some_and(|client| client.is_calling_back())
    }
}
