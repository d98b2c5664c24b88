// SPDX-License-Identifier: GPL-2.0

//! The functions of `dm_io_rust/dm_io.h`.

use super::{
    answer,
    callback::IoCallback,
    export,
    page_list::PageList,
    regions::regions,
    services::io, //
};
use crate::{
    bindings::{
        self,
        io_notify_fn,
        io_region,
        page_list, //
    },
    block::{
        block_device::SECTOR_SHIFT,
        BvecArray,
        VmallocRange, //
    },
    io::{
        source::{
            NoData,
            VmallocBuffer, //
        },
        Io,
        Op,
        Refusal,
        Region,
        Source, //
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
    page::PAGE_SIZE,
    prelude::*, //
};

/// How much of a buffer is looked through at least: 1 GiB.
const MOST_SECTORS_CHECKED: u64 = 1 << 21;

/// The regions that a call names, and what to do with them.
struct Target<'a> {
    io: &'static Io<IoCallback>,
    op: Op,
    regions: &'a [Region],
}

impl<'a> Target<'a> {
    /// Checks what all services have in common.
    ///
    /// # Safety
    ///
    /// Called from an exported function. `regions` is null or has `count` elements, which do not
    /// change during `'a`; a device in them is open until all I/O with its region has ended.
    unsafe fn new(count: c_uint, where_: *const io_region, rw: c_int) -> Result<Self, Refusal> {
        // SAFETY: By this function's requirement.
        let io = unsafe { io() }.ok_or(Refusal::failed(c"the module is not set up"))?;
        if count == 0 || count > c_ulong::BITS {
            return Err(Refusal::invalid(c"num_regions: not 1 to BITS_PER_LONG"));
        }
        let op = Op::from_raw(rw as u32)?;
        if count > 1 && !op.is_write() {
            return Err(Refusal::failed(c"num_regions: a read takes one region"));
        }
        let null = Refusal::invalid(c"where is NULL");
        // SAFETY: By this function's requirement.
        let regions = unsafe { regions(where_, count as usize, null) }?;
        Ok(Self { io, op, regions })
    }

    /// Whether there must be a buffer.
    fn needs_buffer(&self) -> bool {
        self.op.carries_data() && self.regions.iter().any(|region| region.count() > 0)
    }

    /// How long the buffer must be, in bytes. For a region that is longer than its device, and than
    /// any buffer, that is not all of it: to look for the end of a list might never end.
    fn buffer_bytes(&self) -> u64 {
        let checked = |region: &Region| {
            let most = region.device().sectors().max(MOST_SECTORS_CHECKED);
            region.count().min(most) << SECTOR_SHIFT
        };
        self.regions.iter().map(checked).max().unwrap_or(0)
    }

    /// Runs the request with the buffer that `source` makes, or with none if it carries no data.
    fn run<S: Source>(
        &self,
        source: impl FnOnce() -> Result<S, Refusal>,
        too_short: Refusal,
        mode: Mode<'_>,
    ) -> Result<c_int, Refusal> {
        if !self.needs_buffer() {
            return Ok(self.run_with(&NoData, mode));
        }
        let source = source()?;
        if !source.covers(self.buffer_bytes()) {
            return Err(too_short);
        }
        Ok(self.run_with(&source, mode))
    }

    fn run_with(&self, source: &impl Source, mode: Mode<'_>) -> c_int {
        let Mode::Sync(error_bits) = mode else {
            if let Mode::Async(callback) = mode {
                self.io.start(self.op, self.regions, source, callback);
            }
            return 0;
        };
        let errors = self.io.sync(self.op, self.regions, source);
        if let Some(error_bits) = error_bits {
            *error_bits = errors;
        }
        if errors == 0 {
            0
        } else {
            EIO.to_errno()
        }
    }
}

/// Who learns how a request ended.
enum Mode<'a> {
    Sync(Option<&'a mut c_ulong>),
    Async(IoCallback),
}

impl Mode<'_> {
    /// # Safety
    ///
    /// `error_bits` is null or valid for as long as the result is used.
    unsafe fn sync(error_bits: *mut c_ulong) -> Result<Self, Refusal> {
        // SAFETY: By this function's requirement.
        Ok(Self::Sync(unsafe { error_bits.as_mut() }))
    }

    /// # Safety
    ///
    /// The function may be called with the context once, in any context.
    unsafe fn asynchronous(function: io_notify_fn, context: *mut c_void) -> Result<Self, Refusal> {
        // SAFETY: By this function's requirement.
        unsafe { IoCallback::from_raw(function, context) }
            .map(Self::Async)
            .ok_or(Refusal::invalid(c"fn is NULL"))
    }
}

/// # Safety
///
/// As [`Target::new`] and [`PageList::from_raw`].
unsafe fn with_page_list(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    (list, offset): (*mut page_list, c_uint),
    mode: Result<Mode<'_>, Refusal>,
) -> Result<c_int, Refusal> {
    // SAFETY: By this function's requirement.
    let target = unsafe { Target::new(count, where_, rw) }?;
    let mode = mode?;
    if offset as usize >= PAGE_SIZE {
        return Err(Refusal::invalid(c"offset: a page or more"));
    }
    target.run(
        || {
            // SAFETY: By this function's requirement.
            unsafe { PageList::from_raw(list, offset as usize) }
                .ok_or(Refusal::invalid(c"pl is NULL"))
        },
        Refusal::invalid(c"pl: it ends before the largest region does"),
        mode,
    )
}

/// # Safety
///
/// As [`Target::new`] and [`BvecArray::from_raw`].
unsafe fn with_bvecs(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    bvec: *mut bio_vec,
    mode: Result<Mode<'_>, Refusal>,
) -> Result<c_int, Refusal> {
    // SAFETY: By this function's requirement.
    let target = unsafe { Target::new(count, where_, rw) }?;
    target.run(
        // SAFETY: By this function's requirement.
        || unsafe { BvecArray::from_raw(bvec) }.ok_or(Refusal::invalid(c"bvec is NULL")),
        Refusal::invalid(c"bvec: an element has no page or no length"),
        mode?,
    )
}

/// # Safety
///
/// As [`Target::new`] and [`VmallocRange::from_raw`].
unsafe fn with_vm(
    (count, where_, rw): (c_uint, *mut io_region, c_int),
    data: *mut c_void,
    mode: Result<Mode<'_>, Refusal>,
) -> Result<c_int, Refusal> {
    // SAFETY: By this function's requirement.
    let target = unsafe { Target::new(count, where_, rw) }?;
    target.run(
        || {
            // SAFETY: By this function's requirement.
            unsafe { VmallocRange::from_raw(data) }
                .map(VmallocBuffer::new)
                .ok_or(Refusal::invalid(
                    c"data: not the address of vmalloc'd memory",
                ))
        },
        Refusal::invalid(c"data: its area ends before the largest region does"),
        mode?,
    )
}

export! {
    /// See the header.
    fn dm_io_get(num_pages: c_uint) -> c_int {
        // SAFETY: This is an exported function.
        match unsafe { io() }.ok_or(ENODEV).and_then(|io| io.get(num_pages as usize)) {
            Ok(()) => 0,
            Err(error) => error.to_errno(),
        }
    }

    /// See the header.
    fn dm_io_put(num_pages: c_uint) {
        // SAFETY: This is an exported function.
        if unsafe { io() }.is_some_and(|io| !io.put(num_pages as usize)) {
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
            with_page_list((num_regions, where_, rw), (pl, offset), Mode::sync(error_bits))
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
            let mode = Mode::asynchronous(fn_, context);
            with_page_list((num_regions, where_, rw), (pl, offset), mode)
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
            with_bvecs((num_regions, where_, rw), bvec, Mode::sync(error_bits))
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
            with_bvecs((num_regions, where_, rw), bvec, Mode::asynchronous(fn_, context))
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
            with_vm((num_regions, where_, rw), data, Mode::sync(error_bits))
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
            with_vm((num_regions, where_, rw), data, Mode::asynchronous(fn_, context))
        })
    }
}
