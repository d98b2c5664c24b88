// SPDX-License-Identifier: GPL-2.0

//! The functions of `<linux/dm-io.h>`.

use super::{
    args::RegionArgs,
    export,
    marked::Marked,
    services::{
        reserved_ios,
        services, //
    },
    to_errno, //
};
use crate::{
    bindings::{
        self,
        dm_io_client,
        dm_io_memory,
        dm_io_region,
        dm_io_request, //
        DM_IO_BIO,
        DM_IO_KMEM,
        DM_IO_PAGE_LIST,
        DM_IO_VMA,
    },
    block::BioData,
    dm::{
        callback::IoFunction,
        Failures,
        IoCallback,
        PageList,
        Refusal, //
    },
    io::{
        Buffer,
        Incomplete,
        Io, //
    },
    memory::{
        LinearBuffer,
        VmallocBuffer, //
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
    prelude::*, //
};

/// What C knows as a `struct dm_io_client`.
type Client = Pin<KBox<Io>>;

/// Returns an `ERR_PTR`.
pub(super) fn error_pointer<T>(error: Error) -> *mut T {
    core::ptr::without_provenance_mut(error.to_errno() as usize)
}

/// Returns whether a pointer is NULL or an `ERR_PTR`.
pub(super) fn is_error_or_null<T>(pointer: *mut T) -> bool {
    let errors = (-(kernel::bindings::MAX_ERRNO as isize)) as usize;
    pointer.is_null() || pointer.addr() >= errors
}

/// Checks a request, and runs it. Returns also whether the caller waited.
///
/// # Safety
///
/// As the header requires of the caller of `dm_io`.
unsafe fn run(
    request: *const dm_io_request,
    (count, regions): (c_uint, *const dm_io_region),
    ioprio: c_ushort,
) -> Result<(Failures, bool), Refusal> {
    // SAFETY: The request is null or valid.
    let request = unsafe { request.as_ref() }.ok_or(Refusal::invalid(c"io_req is NULL"))?;
    // SAFETY: The client is one that was created, and that the caller still has.
    let client = unsafe { Marked::<Client>::borrow(request.client) };
    let client = client.ok_or(Refusal::invalid(c"io_req->client is none"))?;
    // SAFETY: The caller guarantees what `RegionArgs` requires.
    let args = unsafe { RegionArgs::new(count, regions, request.bi_opf) }?;
    let callback = request.notify.fn_.map(|function| {
        // SAFETY: The function may be called with the context once, in any context.
        unsafe { IoCallback::new(IoFunction::Request(function), request.notify.context) }
    });
    // SAFETY: The caller guarantees what `buffer` requires.
    let buffer = unsafe { buffer(&request.mem, args.buffer_bytes()) }?;
    let failures = client
        .run(&args.with_buffer(buffer, ioprio), callback)
        .map_err(|Incomplete| match request.mem.type_ {
            DM_IO_PAGE_LIST => PageList::TOO_SHORT,
            _ => VMALLOC_TOO_SHORT,
        })?;
    Ok((failures, callback.is_none()))
}

/// Returns `bytes` bytes of a request's memory.
///
/// # Safety
///
/// The memory is of the type that is named, does not change during `'a`, and is valid until all
/// I/O with it has completed.
#[inline]
unsafe fn buffer<'a>(memory: &'a dm_io_memory, bytes: u64) -> Result<Buffer<'a>, Refusal> {
    let pointer = &memory.ptr;
    match memory.type_ {
        DM_IO_PAGE_LIST => {
            // SAFETY: The union holds a list, and the caller guarantees what `PageList` requires.
            let list = unsafe { PageList::from_raw(pointer.pl, memory.offset, bytes) }?;
            if bytes == 0 {
                return Ok(Buffer::None);
            }
            Ok(Buffer::PageList(list))
        }
        DM_IO_BIO if bytes > 0 => {
            // SAFETY: The union holds a bio, and the caller guarantees what `BioData` requires.
            let data = unsafe { BioData::from_raw(pointer.bio) }.ok_or(NO_DATA)?;
            if data.len() < bytes {
                return Err(BIO_TOO_SHORT);
            }
            Ok(Buffer::Bio(data))
        }
        DM_IO_VMA if bytes > 0 => {
            // SAFETY: The union holds an address, and the caller guarantees what `VmallocBuffer`
            // requires.
            let vmalloc = unsafe { VmallocBuffer::from_raw(pointer.vma, bytes) };
            vmalloc.map(Buffer::Vmalloc).ok_or(NOT_VMALLOC)
        }
        DM_IO_KMEM if bytes > 0 => {
            // SAFETY: The union holds an address, and the caller guarantees what `LinearBuffer`
            // requires.
            let linear = unsafe { LinearBuffer::from_raw(pointer.addr, bytes) };
            linear.map(Buffer::Linear).ok_or(NOT_LINEAR)
        }
        DM_IO_BIO | DM_IO_VMA | DM_IO_KMEM => Ok(Buffer::None),
        _ => Err(Refusal::invalid(c"mem.type: unknown")),
    }
}

const NO_DATA: Refusal = Refusal::invalid(c"mem.ptr.bio: NULL, or it carries no data");
const BIO_TOO_SHORT: Refusal =
    Refusal::invalid(c"mem.ptr.bio: it carries less than the largest region");
const NOT_VMALLOC: Refusal = Refusal::invalid(c"mem.ptr.vma: not the address of vmalloc'd memory");
const VMALLOC_TOO_SHORT: Refusal =
    Refusal::invalid(c"mem.ptr.vma: not memory, or its area ends too early");
const NOT_LINEAR: Refusal =
    Refusal::invalid(c"mem.ptr.addr: not kernel memory, or it ends before the largest region does");

/// Returns what a call that was not refused returns.
fn outcome(failures: Failures) -> c_int {
    match (failures.failed, failures.unsupported) {
        (0, 0) => 0,
        (0, _) => -(kernel::bindings::EOPNOTSUPP as c_int),
        _ => EIO.to_errno(),
    }
}

/// Creates a client for C.
///
/// # Safety
///
/// Called from an exported function.
unsafe fn create() -> Result<Client> {
    // SAFETY: The caller is an exported function.
    let services = unsafe { services() }.map_err(|refusal| refusal.error)?;
    Io::new(reserved_ios(), &services.callback_works)
}

export! {
    prefix: env!("DM_IO_RUST_PREFIX");

    /// See the header.
    fn dm_io_client_create() -> *mut dm_io_client {
        // SAFETY: This is an exported function.
        unsafe { create() }.and_then(Marked::give).unwrap_or_else(error_pointer)
    }

    /// See the header.
    fn dm_io_client_destroy(client: *mut dm_io_client) {
        if is_error_or_null(client) {
            return;
        }
        let none = Refusal::invalid(c"client is none");
        // SAFETY: The client is one that was created, and the caller gives it up.
        let freed = unsafe { Marked::<Client>::free(client, none, |_| Ok(())) };
        to_errno(c"dm_io_client_destroy", freed.map(|()| 0));
    }

    /// See the header.
    fn dm_io(
        io_req: *mut dm_io_request,
        num_regions: c_uint,
        region: *mut dm_io_region,
        sync_error_bits: *mut c_ulong,
        sync_unsup_bits: *mut c_ulong,
        ioprio: c_ushort,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callee does.
        let result = unsafe { run(io_req, (num_regions, region), ioprio) };
        to_errno(c"dm_io", result.map(|(failures, waited)| {
            if waited {
                // SAFETY: The header requires them to be null or valid.
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
