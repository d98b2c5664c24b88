// SPDX-License-Identifier: GPL-2.0

//! The functions of `<linux/dm-kcopyd.h>`.

use super::{
    args::copy_regions,
    export,
    marked::{
        give_job,
        take_job,
        Marked, //
    },
    rust_dm_io::{
        error_pointer,
        is_error_or_null, //
    },
    services::services,
    to_errno, //
};
use crate::{
    bindings::{
        self,
        dm_io_region,
        dm_kcopyd_client,
        dm_kcopyd_notify_fn,
        dm_kcopyd_throttle, //
    },
    dm::{
        callback::CopyFunction,
        CopyCallback,
        Refusal, //
    },
    kcopyd::{
        throttle::{
            Limit,
            Throttle, //
        },
        Client,
        Flags,
        Job, //
    },
    memory::Pooled,
    statistics::{
        self,
        Counted, //
    }, //
};
use kernel::{
    ffi::{
        c_int,
        c_uint,
        c_ulong,
        c_void, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    }, //
};

const IGNORE_ERROR: c_uint = 1 << bindings::DM_KCOPYD_IGNORE_ERROR;
const WRITE_SEQ: c_uint = 1 << bindings::DM_KCOPYD_WRITE_SEQ;

pub(crate) const NO_CLIENT: Refusal = Refusal::invalid(c"kc is no client");

/// Returns a callback, unless the function is NULL.
///
/// # Safety
///
/// The function may be called with the context once, in process context.
unsafe fn callback(function: dm_kcopyd_notify_fn, context: *mut c_void) -> Option<CopyCallback> {
    // SAFETY: The caller guarantees it.
    function.map(|function| unsafe { CopyCallback::new(CopyFunction::Request(function), context) })
}

/// Creates a client for C.
///
/// # Safety
///
/// Called from an exported function. `throttle` is null, or valid until the client is destroyed.
unsafe fn create(throttle: *mut dm_kcopyd_throttle) -> Result<Arc<Client>> {
    // SAFETY: The caller is an exported function.
    let services = unsafe { services() }.map_err(|refusal| refusal.error)?;
    // SAFETY: The caller guarantees that the throttle is there for as long as it is used. Others may
    // change its numbers, which are read as atomic ones.
    let limit = unsafe { throttle.cast::<Limit>().as_ref() };
    let throttle = limit
        .map(|limit| Throttle::new(limit, &services.accounts))
        .transpose()?;
    // SAFETY: May be called at any time.
    let bytes = unsafe { bindings::dm_io_rust_kcopyd_subjob_size() } as usize;
    let pages = bytes.div_ceil(PAGE_SIZE);
    Client::new(pages, bytes, &services.zeroes, throttle)
}

/// Returns the client behind a pointer from C.
///
/// # Safety
///
/// `client` is NULL, an `ERR_PTR`, or a client that was created, and that the caller still has.
unsafe fn borrow<'a>(client: *mut dm_kcopyd_client) -> Result<ArcBorrow<'a, Client>, Refusal> {
    // SAFETY: The caller guarantees that a client which is not NULL nor an `ERR_PTR` is valid.
    let client = unsafe { Marked::<Arc<Client>>::borrow(client) };
    client.map(Arc::as_arc_borrow).ok_or(NO_CLIENT)
}

/// Waits for the jobs of a client, and frees it, unless that is refused.
///
/// # Safety
///
/// `client` is valid for reading a word, and if it is a client one that the caller gives up.
pub(crate) unsafe fn destroy(call: &CStr, client: *mut c_void) {
    // Whoever drops the last reference destroys the client's work queues: that must be here, and not
    // in work of one of them.
    // SAFETY: The caller gives the client up; when it is drained none of its callbacks has it.
    let freed = unsafe { Marked::<Arc<Client>>::free(client, NO_CLIENT, |client| client.drain()) };
    to_errno(call, freed.map(|()| 0));
}

/// Checks the flags of a job.
fn flags(flags: c_uint) -> Result<Flags, Refusal> {
    if flags & !(IGNORE_ERROR | WRITE_SEQ) != 0 {
        return Err(Refusal::invalid(c"flags: one is unknown"));
    }
    Ok(Flags {
        ignore_errors: flags & IGNORE_ERROR != 0,
        in_order: flags & WRITE_SEQ != 0,
    })
}

/// The regions of a job, and how it is to be done.
struct CopyArgs {
    /// [`None`] for a zeroing.
    from: Option<*const dm_io_region>,
    num_dests: c_uint,
    dests: *mut dm_io_region,
    flags: c_uint,
}

impl CopyArgs {
    /// Checks a job, and starts it.
    ///
    /// # Safety
    ///
    /// The regions are null or valid, and there are as many destinations as is said; a device in
    /// them is open until the job has ended.
    unsafe fn start(
        &self,
        client: ArcBorrow<'_, Client>,
        callback: CopyCallback,
    ) -> Result<(), Refusal> {
        let flags = flags(self.flags)?;
        // SAFETY: The caller guarantees the regions.
        let (from, dests) = unsafe { copy_regions(self.from, self.num_dests, self.dests) }?;
        Client::start(client, from, dests, flags, callback)
    }
}

/// Starts a job, or if it is refused calls back with an error.
///
/// # Safety
///
/// As the header requires of the caller of `dm_kcopyd_copy`.
unsafe fn start(
    call: &CStr,
    client: *mut dm_kcopyd_client,
    args: CopyArgs,
    (function, context): (dm_kcopyd_notify_fn, *mut c_void),
) {
    // SAFETY: The header requires that the function may be called with the context.
    let Some(callback) = (unsafe { callback(function, context) }) else {
        to_errno(call, Err(Refusal::invalid(c"fn is NULL")));
        return;
    };
    // SAFETY: The header requires a client that the caller has, or NULL.
    let client = unsafe { borrow(client) };
    let result = match client {
        // SAFETY: The header requires as many regions as are said, and devices that are open.
        Ok(client) => unsafe { args.start(client, callback) },
        Err(refusal) => Err(refusal),
    };
    if let Err(refusal) = result {
        to_errno(call, Err(refusal));
        refuse(client.ok(), callback);
    }
}

/// Calls back for a job that was refused: in line with the client's other jobs, if there is one.
fn refuse(client: Option<ArcBorrow<'_, Client>>, callback: CopyCallback) {
    match client.and_then(|client| Client::prepare(client, callback).ok()) {
        Some(job) => Client::end(job, 1, usize::MAX),
        None => callback.call(1, usize::MAX),
    }
}

/// Allocates a job that only calls back.
///
/// # Safety
///
/// As the header requires of the caller of `dm_kcopyd_prepare_callback`.
unsafe fn prepare(
    client: *mut dm_kcopyd_client,
    function: dm_kcopyd_notify_fn,
    context: *mut c_void,
) -> Result<Pooled<Job>, Refusal> {
    // SAFETY: The header requires that the function may be called with the context.
    let callback = unsafe { callback(function, context) };
    let callback = callback.ok_or(Refusal::invalid(c"fn is NULL"))?;
    // SAFETY: The header requires a client that the caller has, or NULL.
    let client = unsafe { borrow(client) }?;
    let job = Client::prepare(client, callback)?;
    statistics::count_job(Counted::Callback, 0);
    Ok(job)
}

export! {
    prefix: env!("DM_IO_RUST_PREFIX");

    /// See the header.
    fn dm_kcopyd_client_create(throttle: *mut dm_kcopyd_throttle) -> *mut dm_kcopyd_client {
        // SAFETY: The header requires of the caller what the callee does.
        unsafe { create(throttle) }.and_then(Marked::give).unwrap_or_else(error_pointer)
    }

    /// See the header.
    fn dm_kcopyd_client_destroy(kc: *mut dm_kcopyd_client) {
        if !is_error_or_null(kc) {
            // SAFETY: The header requires of the caller what the callee does.
            unsafe { destroy(c"dm_kcopyd_client_destroy", kc.cast()) };
        }
    }

    /// See the header.
    fn dm_kcopyd_client_flush(kc: *mut dm_kcopyd_client) {
        // SAFETY: The header requires of the caller what the callee does.
        let flushed = unsafe { borrow(kc) }.and_then(Client::flush);
        to_errno(c"dm_kcopyd_client_flush", flushed.map(|()| 0));
    }

    /// See the header.
    fn dm_kcopyd_copy(
        kc: *mut dm_kcopyd_client,
        from: *mut dm_io_region,
        num_dests: c_uint,
        dests: *mut dm_io_region,
        flags: c_uint,
        fn_: dm_kcopyd_notify_fn,
        context: *mut c_void,
    ) {
        let args = CopyArgs { from: Some(from), num_dests, dests, flags };
        // SAFETY: The header requires of the caller what the callee does.
        unsafe { start(c"dm_kcopyd_copy", kc, args, (fn_, context)) }
    }

    /// See the header.
    fn dm_kcopyd_zero(
        kc: *mut dm_kcopyd_client,
        num_dests: c_uint,
        dests: *mut dm_io_region,
        flags: c_uint,
        fn_: dm_kcopyd_notify_fn,
        context: *mut c_void,
    ) {
        let args = CopyArgs { from: None, num_dests, dests, flags };
        // SAFETY: The header requires of the caller what the callee does.
        unsafe { start(c"dm_kcopyd_zero", kc, args, (fn_, context)) }
    }

    /// See the header.
    fn dm_kcopyd_prepare_callback(
        kc: *mut dm_kcopyd_client,
        fn_: dm_kcopyd_notify_fn,
        context: *mut c_void,
    ) -> *mut c_void {
        // SAFETY: The header requires of the caller what the callee does.
        match unsafe { prepare(kc, fn_, context) } {
            Ok(job) => give_job(job),
            Err(refusal) => {
                to_errno(c"dm_kcopyd_prepare_callback", Err(refusal));
                core::ptr::null_mut()
            }
        }
    }

    /// See the header.
    fn dm_kcopyd_do_callback(job: *mut c_void, read_err: c_int, write_err: c_ulong) {
        // SAFETY: The job is one that was prepared, and the caller gives it up.
        match unsafe { take_job(job) } {
            Some(job) => Client::end(job, read_err, write_err),
            None if job.is_null() => {}
            None => {
                to_errno(c"dm_kcopyd_do_callback", Err(Refusal::invalid(c"job is none")));
            }
        }
    }
}
