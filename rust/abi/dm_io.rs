// SPDX-License-Identifier: GPL-2.0

//! The functions of `dm_io_rust/dm_io.h`.

use super::{
    answer,
    callback::IoCallback,
    export,
    page_list::PageList,
    services::services,
    target::Target, //
};
use crate::{
    bindings::{
        self,
        io_notify_fn,
        io_region,
        page_list, //
    },
    block::{
        BvecArray,
        VmallocRange, //
    },
    io::{
        source::VmallocBuffer,
        Failures,
        Io,
        Refusal, //
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

/// Who learns how a request ended: nobody but the caller, who waits, if there is no callback.
type Mode = Result<Option<IoCallback>, Refusal>;

/// A caller who waits.
const WAITS: Mode = Ok(None);

/// A caller who is told.
///
/// # Safety
///
/// The function may be called with the context once, in any context.
unsafe fn told(function: io_notify_fn, context: *mut c_void) -> Mode {
    // SAFETY: By this function's requirement.
    match unsafe { IoCallback::from_raw(function, context) } {
        None => Err(Refusal::invalid(c"fn is NULL")),
        callback => Ok(callback),
    }
}

/// What a call that waited returns.
///
/// # Safety
///
/// `error_bits` is null or may be written.
unsafe fn waited(failures: Failures, error_bits: *mut c_ulong) -> c_int {
    // SAFETY: By this function's requirement.
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
/// Called from an exported function.
unsafe fn io() -> Result<&'static Io<IoCallback>, Refusal> {
    // SAFETY: By this function's requirement.
    let services = unsafe { services() }?;
    Ok(&services.io)
}

/// # Safety
///
/// As [`Target::new`] and [`PageList::from_raw`]; called from an exported function.
unsafe fn with_page_list(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    (list, offset): (*mut page_list, c_uint),
    mode: Mode,
) -> Result<Failures, Refusal> {
    // SAFETY: By this function's requirement.
    let target = unsafe { Target::new(io()?, count, where_, rw as u32) }?;
    let callback = mode?;
    // SAFETY: By this function's requirement.
    let list = unsafe { PageList::from_raw(list, offset) }?;
    target.run(|_| list.needed(), PageList::TOO_SHORT, callback)
}

/// # Safety
///
/// As [`Target::new`] and [`BvecArray::from_raw`]; called from an exported function.
unsafe fn with_bvecs(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    bvec: *mut bio_vec,
    mode: Mode,
) -> Result<Failures, Refusal> {
    // SAFETY: By this function's requirement.
    let target = unsafe { Target::new(io()?, count, where_, rw as u32) }?;
    target.run(
        // SAFETY: By this function's requirement.
        |_| unsafe { BvecArray::from_raw(bvec) }.ok_or(Refusal::invalid(c"bvec is NULL")),
        Refusal::invalid(c"bvec: an element has no page or no length"),
        mode?,
    )
}

/// # Safety
///
/// As [`Target::new`] and [`VmallocRange::from_raw`]; called from an exported function.
unsafe fn with_vm(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    data: *mut c_void,
    mode: Mode,
) -> Result<Failures, Refusal> {
    // SAFETY: By this function's requirement.
    let target = unsafe { Target::new(io()?, count, where_, rw as u32) }?;
    target.run(
        |bytes| {
            // SAFETY: By this function's requirement.
            unsafe { VmallocRange::from_raw(data) }
                .map(|range| VmallocBuffer::new(range, bytes))
                .ok_or(Refusal::invalid(
                    c"data: not the address of vmalloc'd memory",
                ))
        },
        Refusal::invalid(c"data: not memory, or its area ends too early"),
        mode?,
    )
}

export! {
    /// See the header.
    fn dm_io_get(num_pages: c_uint) -> c_int {
        // SAFETY: This is an exported function.
        match unsafe { io() } {
            Ok(io) => match io.get(num_pages as usize) {
                Ok(()) => 0,
                Err(error) => error.to_errno(),
            },
            Err(refusal) => answer(c"dm_io_get", Err(refusal)),
        }
    }

    /// See the header.
    fn dm_io_put(num_pages: c_uint) {
        // SAFETY: This is an exported function.
        if unsafe { io() }.is_ok_and(|io| !io.put(num_pages as usize)) {
            // SAFETY: May be called at any time.
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
        // SAFETY: The header asks the caller for what the callees require.
        answer(c"dm_io_sync", unsafe {
            with_page_list((num_regions, where_, rw), (pl, offset), WAITS)
                .map(|failures| waited(failures, error_bits))
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
        // SAFETY: The header asks the caller for what the callees require.
        answer(c"dm_io_async", unsafe {
            with_page_list((num_regions, where_, rw), (pl, offset), told(fn_, context)).map(|_| 0)
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
        // SAFETY: The header asks the caller for what the callees require.
        answer(c"dm_io_sync_bvec", unsafe {
            with_bvecs((num_regions, where_, rw), bvec, WAITS)
                .map(|failures| waited(failures, error_bits))
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
        // SAFETY: The header asks the caller for what the callees require.
        answer(c"dm_io_async_bvec", unsafe {
            with_bvecs((num_regions, where_, rw), bvec, told(fn_, context)).map(|_| 0)
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
        // SAFETY: The header asks the caller for what the callees require.
        answer(c"dm_io_sync_vm", unsafe {
            with_vm((num_regions, where_, rw), data, WAITS)
                .map(|failures| waited(failures, error_bits))
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
        // SAFETY: The header asks the caller for what the callees require.
        answer(c"dm_io_async_vm", unsafe {
            with_vm((num_regions, where_, rw), data, told(fn_, context)).map(|_| 0)
        })
    }
}
