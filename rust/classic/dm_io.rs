// SPDX-License-Identifier: GPL-2.0

//! The functions of `dm_io_rust/dm_io.h`.

use super::{
    bindings::{
        self,
        io_notify_fn,
        io_region,
        page_list, //
    },
    io, //
};
use crate::{
    abi::{
        args::RegionArgs,
        export,
        to_errno, //
    },
    dm::{
        callback::IoFunction,
        Failures,
        IoCallback,
        PageList,
        Refusal, //
    },
    io::{
        Buffer,
        Incomplete, //
    },
    memory::{
        BvecArray,
        VmallocBuffer, //
    }, //
};
use kernel::{
    bindings::bio_vec,
    ffi::{
        c_int,
        c_uint,
        c_ulong,
        c_void, //
    },
    prelude::*, //
};

/// The completion mode: [`None`] is synchronous.
type Mode = Result<Option<IoCallback>, Refusal>;

const SYNC: Mode = Ok(None);

/// Returns the completion mode of an asynchronous call.
///
/// # Safety
///
/// The function may be called with the context once, in any context.
unsafe fn asynchronous(function: io_notify_fn, context: *mut c_void) -> Mode {
    let function = function.ok_or(Refusal::invalid(c"fn is NULL"))?;
    // SAFETY: The caller guarantees that it may be called.
    Ok(Some(unsafe {
        IoCallback::new(IoFunction::Classic(function), context)
    }))
}

/// Returns what a synchronous call returns.
///
/// # Safety
///
/// `error_bits` is null or may be written.
unsafe fn return_bits(failures: Failures, error_bits: *mut c_ulong) -> c_int {
    // SAFETY: It is null or may be written.
    if let Some(error_bits) = unsafe { error_bits.as_mut() } {
        *error_bits = failures.all();
    }
    if failures.all() == 0 {
        0
    } else {
        EIO.to_errno()
    }
}

/// # Safety
///
/// As [`RegionArgs::new`] and [`PageList::from_raw`]; called from an exported function.
unsafe fn with_page_list(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    (list, offset): (*mut page_list, c_uint),
    mode: Mode,
) -> Result<Failures, Refusal> {
    // SAFETY: The caller guarantees what `RegionArgs` requires; the layout is the same.
    let args = unsafe { RegionArgs::new(count, where_.cast(), rw as u32) }?;
    let callback = mode?;
    let bytes = args.buffer_bytes();
    // SAFETY: The caller guarantees what `PageList` requires; the layout is the same.
    let list = unsafe { PageList::from_raw(list.cast(), offset, bytes) }?;
    let buffer = if bytes > 0 {
        Buffer::PageList(list)
    } else {
        Buffer::None
    };
    // SAFETY: This is called from an exported function.
    let io = unsafe { io() }?;
    io.run(&args.with_buffer(buffer, 0), callback)
        .map_err(|Incomplete| PageList::TOO_SHORT)
}

/// # Safety
///
/// As [`RegionArgs::new`] and [`BvecArray::from_raw`]; called from an exported function.
unsafe fn with_bvecs(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    bvec: *mut bio_vec,
    mode: Mode,
) -> Result<Failures, Refusal> {
    const INCOMPLETE: Refusal = Refusal::invalid(c"bvec: an element has no page or no length");
    // SAFETY: The caller guarantees what `RegionArgs` requires; the layout is the same.
    let args = unsafe { RegionArgs::new(count, where_.cast(), rw as u32) }?;
    let callback = mode?;
    let buffer = match args.buffer_bytes() {
        0 => Buffer::None,
        // SAFETY: The caller guarantees what `BvecArray` requires.
        bytes => unsafe { BvecArray::from_raw(bvec, bytes) }
            .map(Buffer::Vectors)
            .ok_or(Refusal::invalid(c"bvec is NULL"))?,
    };
    // SAFETY: This is called from an exported function.
    let io = unsafe { io() }?;
    io.run(&args.with_buffer(buffer, 0), callback)
        .map_err(|Incomplete| INCOMPLETE)
}

/// # Safety
///
/// As [`RegionArgs::new`] and [`VmallocBuffer::from_raw`]; called from an exported function.
unsafe fn with_vm(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    data: *mut c_void,
    mode: Mode,
) -> Result<Failures, Refusal> {
    const INCOMPLETE: Refusal = Refusal::invalid(c"data: not memory, or its area ends too early");
    // SAFETY: The caller guarantees what `RegionArgs` requires; the layout is the same.
    let args = unsafe { RegionArgs::new(count, where_.cast(), rw as u32) }?;
    let callback = mode?;
    let buffer = match args.buffer_bytes() {
        0 => Buffer::None,
        // SAFETY: The caller guarantees what `VmallocBuffer` requires.
        bytes => unsafe { VmallocBuffer::from_raw(data, bytes) }
            .map(Buffer::Vmalloc)
            .ok_or(Refusal::invalid(
                c"data: not the address of vmalloc'd memory",
            ))?,
    };
    // SAFETY: This is called from an exported function.
    let io = unsafe { io() }?;
    io.run(&args.with_buffer(buffer, 0), callback)
        .map_err(|Incomplete| INCOMPLETE)
}

export! {
    prefix: "";

    /// See the header.
    fn dm_io_get(num_pages: c_uint) -> c_int {
        // SAFETY: This is an exported function.
        match unsafe { io() } {
            Ok(io) => match io.get(num_pages as usize) {
                Ok(()) => 0,
                Err(error) => error.to_errno(),
            },
            Err(refusal) => to_errno(c"dm_io_get", Err(refusal)),
        }
    }

    /// See the header.
    fn dm_io_put(num_pages: c_uint) {
        // SAFETY: This is an exported function.
        if unsafe { io() }.is_ok_and(|io| !io.put(num_pages as usize)) {
            // SAFETY: May be called in any context.
            unsafe { bindings::dm_io_rust_warn_excess_put() };
        }
    }

    /// See the header.
    fn dm_io_sync(
        num_regions: c_uint,
        where_: *mut io_region,
        rw: c_int,
        pl: *mut page_list,
        offset: c_uint,
        error_bits: *mut c_ulong,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callees do.
        to_errno(c"dm_io_sync", unsafe {
            with_page_list((num_regions, where_, rw), (pl, offset), SYNC)
                .map(|failures| return_bits(failures, error_bits))
        })
    }

    /// See the header.
    fn dm_io_async(
        num_regions: c_uint,
        where_: *mut io_region,
        rw: c_int,
        pl: *mut page_list,
        offset: c_uint,
        fn_: io_notify_fn,
        context: *mut c_void,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callees do.
        to_errno(c"dm_io_async", unsafe {
            with_page_list((num_regions, where_, rw), (pl, offset), asynchronous(fn_, context)).map(|_| 0)
        })
    }

    /// See the header.
    fn dm_io_sync_bvec(
        num_regions: c_uint,
        where_: *mut io_region,
        rw: c_int,
        bvec: *mut bio_vec,
        error_bits: *mut c_ulong,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callees do.
        to_errno(c"dm_io_sync_bvec", unsafe {
            with_bvecs((num_regions, where_, rw), bvec, SYNC)
                .map(|failures| return_bits(failures, error_bits))
        })
    }

    /// See the header.
    fn dm_io_async_bvec(
        num_regions: c_uint,
        where_: *mut io_region,
        rw: c_int,
        bvec: *mut bio_vec,
        fn_: io_notify_fn,
        context: *mut c_void,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callees do.
        to_errno(c"dm_io_async_bvec", unsafe {
            with_bvecs((num_regions, where_, rw), bvec, asynchronous(fn_, context)).map(|_| 0)
        })
    }

    /// See the header.
    fn dm_io_sync_vm(
        num_regions: c_uint,
        where_: *mut io_region,
        rw: c_int,
        data: *mut c_void,
        error_bits: *mut c_ulong,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callees do.
        to_errno(c"dm_io_sync_vm", unsafe {
            with_vm((num_regions, where_, rw), data, SYNC)
                .map(|failures| return_bits(failures, error_bits))
        })
    }

    /// See the header.
    fn dm_io_async_vm(
        num_regions: c_uint,
        where_: *mut io_region,
        rw: c_int,
        data: *mut c_void,
        fn_: io_notify_fn,
        context: *mut c_void,
    ) -> c_int {
        // SAFETY: The header requires of the caller what the callees do.
        to_errno(c"dm_io_async_vm", unsafe {
            with_vm((num_regions, where_, rw), data, asynchronous(fn_, context)).map(|_| 0)
        })
    }
}
