// SPDX-License-Identifier: GPL-2.0

//! The functions of `dm_io_rust/kcopyd.h`.

use super::bindings::{
    self,
    io_region,
    kcopyd_client,
    kcopyd_notify_fn, //
};
use crate::{
    abi::{
        args::copy_regions,
        export,
        marked::Marked,
        rust_dm_kcopyd::{
            destroy,
            NO_CLIENT, //
        },
        services::services,
        to_errno, //
    },
    dm::{
        callback::CopyFunction,
        CopyCallback,
        Refusal, //
    },
    kcopyd::{
        Client,
        Flags, //
    }, //
};
use kernel::{
    ffi::{
        c_int,
        c_uint,
        c_void, //
    },
    prelude::*,
    sync::Arc, //
};

/// Creates a client for C.
///
/// # Safety
///
/// Called from an exported function; `result` is null or may be written.
unsafe fn create(num_pages: c_uint, result: *mut *mut kcopyd_client) -> Result<c_int, Refusal> {
    if num_pages == 0 {
        return Err(Refusal::invalid(c"num_pages: 0"));
    }
    // SAFETY: It is null or may be written.
    let result = unsafe { result.as_mut() }.ok_or(Refusal::invalid(c"result is NULL"))?;
    // SAFETY: This is called from an exported function.
    let zeroes = &unsafe { services() }?.zeroes;
    // SAFETY: May be called at any time.
    let sub_job_bytes = unsafe { crate::bindings::dm_io_rust_kcopyd_subjob_size() } as usize;
    let client = Client::new(num_pages as usize, sub_job_bytes, zeroes, None);
    match client.and_then(Marked::give) {
        Ok(client) => {
            *result = client;
            Ok(0)
        }
        Err(error) => Ok(error.to_errno()),
    }
}

/// Checks a copy, and starts it.
///
/// # Safety
///
/// As the header requires of the caller of `kcopyd_copy`.
unsafe fn copy(
    client: *mut kcopyd_client,
    from: *mut io_region,
    (num_dests, dests): (c_uint, *mut io_region),
    flags: c_uint,
    (function, context): (kcopyd_notify_fn, *mut c_void),
) -> Result<c_int, Refusal> {
    // SAFETY: The client is one that was created, and that the caller still has.
    let client = unsafe { Marked::<Arc<Client>>::borrow(client) };
    let client = client.ok_or(NO_CLIENT)?;
    if flags & !(1 << bindings::KCOPYD_IGNORE_ERROR) != 0 {
        return Err(Refusal::invalid(c"flags: one is unknown"));
    }
    let function = function.ok_or(Refusal::invalid(c"fn is NULL"))?;
    // SAFETY: The caller guarantees that the function may be called, and what the others require; the
    // layout of the regions is the same.
    let (callback, (from, dests)) = unsafe {
        (
            CopyCallback::new(CopyFunction::Classic(function), context),
            copy_regions(Some(from.cast()), num_dests, dests.cast())?,
        )
    };
    if from.is_some_and(|from| dests.iter().any(|dest| dest.overlaps(&from))) {
        return Err(Refusal::invalid(c"dests: one overlaps the source"));
    }
    let flags = Flags {
        ignore_errors: flags != 0,
        in_order: false,
    };
    Client::start(client.as_arc_borrow(), from, dests, flags, callback)?;
    Ok(0)
}

export! {
    prefix: "";

    /// See the header.
    fn kcopyd_client_create(num_pages: c_uint, result: *mut *mut kcopyd_client) -> c_int {
        // SAFETY: The header requires of the caller what the callee does.
        to_errno(c"kcopyd_client_create", unsafe { create(num_pages, result) })
    }

    /// See the header.
    fn kcopyd_client_destroy(kc: *mut kcopyd_client) {
        if !kc.is_null() {
            // SAFETY: The header requires of the caller what the callee does.
            unsafe { destroy(c"kcopyd_client_destroy", kc.cast()) };
        }
    }

    /// See the header.
    fn kcopyd_copy(
        kc: *mut kcopyd_client,
        from: *mut io_region,
        num_dests: c_uint,
        dests: *mut io_region,
        flags: c_uint,
        fn_: kcopyd_notify_fn,
        context: *mut c_void,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callee does.
        to_errno(c"kcopyd_copy", unsafe {
            copy(kc, from, (num_dests, dests), flags, (fn_, context))
        })
    }
}
