// SPDX-License-Identifier: GPL-2.0

//! The functions of `dm_io_rust/mainline.h` that do I/O.

use super::{
    answer,
    callback::RequestCallback,
    export,
    page_list::PageList,
    services::{
        reserved_ios,
        services, //
    },
    target::Target, //
};
use crate::{
    bindings::mainline::{
        dm_io_client,
        dm_io_memory,
        dm_io_region,
        dm_io_request, //
        DM_IO_BIO,
        DM_IO_KMEM,
        DM_IO_PAGE_LIST,
        DM_IO_VMA,
    },
    block::{
        BioData,
        LinearRange,
        VmallocRange, //
    },
    io::{
        source::{
            LinearBuffer,
            VmallocBuffer, //
        },
        Failures,
        Io,
        Refusal, //
    }, //
};
use kernel::{
    error::Error,
    ffi::{
        c_int,
        c_uint,
        c_ulong,
        c_ushort, //
    },
    prelude::*,
    types::ForeignOwnable, //
};

/// What C knows as a `struct dm_io_client`.
type Client = Pin<KBox<Io<RequestCallback>>>;

/// An `ERR_PTR`.
pub(super) fn error_pointer<T>(error: Error) -> *mut T {
    core::ptr::without_provenance_mut(error.to_errno() as usize)
}

/// Whether a pointer is NULL or an `ERR_PTR`.
pub(super) fn is_no_pointer<T>(pointer: *mut T) -> bool {
    let errors = (-(kernel::bindings::MAX_ERRNO as isize)) as usize;
    pointer.is_null() || pointer.addr() >= errors
}

/// Makes a client for C.
///
/// # Safety
///
/// Called from an exported function.
unsafe fn create() -> Result<Client> {
    // SAFETY: By this function's requirement.
    let services = unsafe { services() }.map_err(|refusal| refusal.error)?;
    Io::new(&services.resources, reserved_ios())
}

/// Checks a request, and runs it.
///
/// # Safety
///
/// As the header asks of the caller of `rust_dm_io`.
unsafe fn run(
    request: *const dm_io_request,
    (count, regions): (c_uint, *const dm_io_region),
    ioprio: c_ushort,
) -> Result<(Failures, bool), Refusal> {
    // SAFETY: By this function's requirement.
    let request = unsafe { request.as_ref() }.ok_or(Refusal::invalid(c"io_req is NULL"))?;
    if is_no_pointer(request.client) {
        return Err(Refusal::invalid(c"io_req->client is none"));
    }
    // SAFETY: The client is one that `create` gave out, and that the caller still has.
    let client = unsafe { Client::borrow(request.client.cast()) };
    // SAFETY: By this function's requirement; the region is laid out as that of the services.
    let target = unsafe { Target::new(client.get_ref(), count, regions.cast(), request.bi_opf) }?;
    // SAFETY: By this function's requirement.
    let notify = unsafe { RequestCallback::from_raw(request.notify.fn_, request.notify.context) };
    // SAFETY: By this function's requirement.
    let failures = unsafe { with_memory(target.with_priority(ioprio), &request.mem, notify) }?;
    Ok((failures, notify.is_none()))
}

/// Runs a request with the memory that it names.
///
/// # Safety
///
/// The memory is of the type that is said, stays as it is during the call, and is valid until all
/// I/O with it has ended.
unsafe fn with_memory(
    target: Target<'_, RequestCallback>,
    memory: &dm_io_memory,
    notify: Option<RequestCallback>,
) -> Result<Failures, Refusal> {
    // SAFETY, for all that is read of the union and all that is made of it: by this function's
    // requirement.
    match memory.type_ {
        DM_IO_PAGE_LIST => {
            // SAFETY: As above.
            let list = unsafe { PageList::from_raw(memory.ptr.pl.cast(), memory.offset) }?;
            target.run(|_| list.needed(), PageList::TOO_SHORT, notify)
        }
        DM_IO_BIO => target.run(
            // SAFETY: As above.
            |_| unsafe { BioData::from_raw(memory.ptr.bio) }.ok_or(NO_DATA),
            Refusal::invalid(c"mem.ptr.bio: it carries less than the largest region"),
            notify,
        ),
        DM_IO_VMA => target.run(
            // SAFETY: As above.
            |bytes| match unsafe { VmallocRange::from_raw(memory.ptr.vma) } {
                Some(range) => Ok(VmallocBuffer::new(range, bytes)),
                None => Err(NOT_VMALLOC),
            },
            Refusal::invalid(c"mem.ptr.vma: not memory, or its area ends too early"),
            notify,
        ),
        DM_IO_KMEM => target.run(
            // SAFETY: As above.
            |_| match unsafe { LinearRange::from_raw(memory.ptr.addr) } {
                Some(range) => Ok(LinearBuffer::new(range)),
                None => Err(NOT_LINEAR),
            },
            Refusal::invalid(c"mem.ptr.addr: the memory ends before the largest region does"),
            notify,
        ),
        _ => Err(Refusal::invalid(c"mem.type: unknown")),
    }
}

const NO_DATA: Refusal = Refusal::invalid(c"mem.ptr.bio: NULL, or it carries no data");
const NOT_VMALLOC: Refusal = Refusal::invalid(c"mem.ptr.vma: not the address of vmalloc'd memory");
const NOT_LINEAR: Refusal = Refusal::invalid(c"mem.ptr.addr: not the address of kernel memory");

/// What a call returns that was not refused.
fn outcome(failures: Failures) -> c_int {
    match (failures.failed, failures.unsupported) {
        (0, 0) => 0,
        (0, _) => -(kernel::bindings::EOPNOTSUPP as c_int),
        _ => EIO.to_errno(),
    }
}

export! {
    /// See the header.
    fn rust_dm_io_client_create() -> *mut dm_io_client {
        // SAFETY: This is an exported function.
        match unsafe { create() } {
            Ok(client) => client.into_foreign().cast(),
            Err(error) => error_pointer(error),
        }
    }

    /// See the header.
    fn rust_dm_io_client_destroy(client: *mut dm_io_client) {
        if !is_no_pointer(client) {
            // SAFETY: The client is one that `create` gave out, and the caller gives it back.
            drop(unsafe { Client::from_foreign(client.cast()) });
        }
    }

    /// See the header.
    fn rust_dm_io(
        io_req: *mut dm_io_request,
        num_regions: c_uint,
        region: *mut dm_io_region,
        sync_error_bits: *mut c_ulong,
        sync_unsup_bits: *mut c_ulong,
        ioprio: c_ushort,
    ) -> c_int {
        // SAFETY: The header asks the caller for what the callee requires.
        let result = unsafe { run(io_req, (num_regions, region), ioprio) };
        answer(c"rust_dm_io", result.map(|(failures, waited)| {
            if waited {
                // SAFETY: Null or valid, as the header asks of the caller.
                unsafe {
                    if let Some(bits) = sync_error_bits.as_mut() {
                        *bits = failures.failed;
                    }
                    if let Some(bits) = sync_unsup_bits.as_mut() {
                        *bits = failures.unsupported;
                    }
                }
            }
            outcome(failures)
        }))
    }
}
