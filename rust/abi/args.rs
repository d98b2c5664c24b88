// SPDX-License-Identifier: GPL-2.0

//! Arguments from C.

use crate::{
    bindings::dm_io_region,
    block::{
        block_device::SECTOR_SHIFT,
        BlockDevice,
        Op, //
    },
    dm::{
        regions::Sum,
        Refusal,
        Region,
        Regions, //
    },
    io::{
        Buffer,
        IoArgs, //
    },
    kcopyd::MAX_DESTS, //
};
use kernel::ffi::{
    c_uint,
    c_ulong, //
};

/// What an I/O does, and where.
pub(crate) struct RegionArgs<'a> {
    op: Op,
    regions: Regions<'a>,
}

impl<'a> RegionArgs<'a> {
    /// Checks what does not depend on the buffer.
    ///
    /// # Safety
    ///
    /// `raw_regions` is null or has `count` elements, which do not change during `'a`; a device in
    /// them is open until all I/O with its region has completed.
    // Inlined for speed: the result is large, and would be copied.
    #[inline]
    pub(crate) unsafe fn new(
        count: c_uint,
        raw_regions: *const dm_io_region,
        opf: u32,
    ) -> Result<Self, Refusal> {
        const COUNT: Refusal = Refusal::invalid(c"num_regions: not 1 to BITS_PER_LONG");
        if count == 0 || count > c_ulong::BITS {
            return Err(COUNT);
        }
        let op = Op::from_raw(opf).map_err(Refusal::invalid)?;
        if count > 1 && !op.is_write() {
            return Err(Refusal::failed(c"num_regions: a read takes one region"));
        }
        let null = Refusal::invalid(c"where is NULL");
        let mut sum = Sum::default();
        let add = |index, region: &Region| sum.add(index, region, op.flushes());
        // SAFETY: The caller guarantees what `regions` requires.
        let regions = unsafe { regions(raw_regions, count as usize, null, add) }?;
        Ok(Self {
            op,
            regions: Regions::new(regions, sum).ok_or(COUNT)?,
        })
    }

    /// Returns how long the buffer must be, in bytes; 0 if there need not be one.
    pub(crate) fn buffer_bytes(&self) -> u64 {
        if self.op.carries_data() {
            self.regions.longest() << SECTOR_SHIFT
        } else {
            0
        }
    }

    /// Adds the buffer, and the priority.
    pub(crate) fn with_buffer(self, buffer: Buffer<'a>, priority: u16) -> IoArgs<'a> {
        IoArgs {
            op: self.op.with_priority(priority),
            regions: self.regions,
            buffer,
        }
    }
}

/// Checks the regions of a copy, or of a zeroing, which has no source.
///
/// # Safety
///
/// `from` is null or valid; `dests` is as the argument of [`regions`].
#[inline(never)]
pub(crate) unsafe fn copy_regions<'a>(
    from: Option<*const dm_io_region>,
    num_dests: c_uint,
    dests: *const dm_io_region,
) -> Result<(Option<Region>, &'a [Region]), Refusal> {
    if num_dests == 0 || num_dests as usize > MAX_DESTS {
        return Err(Refusal::invalid(
            c"num_dests: not 1 to the most there may be",
        ));
    }
    // SAFETY: The caller guarantees the regions.
    unsafe {
        let from = from
            .map(|from| region(from, Refusal::invalid(c"from is NULL")))
            .transpose()?;
        let null = Refusal::invalid(c"dests is NULL");
        Ok((from, regions(dests, num_dests as usize, null, |_, _| {})?))
    }
}

/// Checks one region.
///
/// # Safety
///
/// `raw` is null or valid; a device in it is open until all I/O with the region has completed.
unsafe fn region(raw: *const dm_io_region, null: Refusal) -> Result<Region, Refusal> {
    // SAFETY: It is null or valid.
    let raw = unsafe { raw.as_ref() }.ok_or(null)?;
    // SAFETY: The caller keeps the device open.
    let device = unsafe { BlockDevice::from_raw(raw.bdev) };
    let device = device.ok_or(Refusal::invalid(c"a region's bdev is NULL"))?;
    Region::new(device, raw.sector, raw.count)
}

/// Checks an array of `count` regions, and calls `call` with the number of each.
///
/// # Safety
///
/// `raw` is null or has `count` valid elements, which do not change during `'a`; a device in them is
/// open until all I/O with its region has completed.
unsafe fn regions<'a>(
    raw: *const dm_io_region,
    count: usize,
    null: Refusal,
    mut call: impl FnMut(usize, &Region),
) -> Result<&'a [Region], Refusal> {
    for index in 0..count {
        // SAFETY: The array is null, which the first call finds, or has that element.
        call(index, &unsafe { region(raw.wrapping_add(index), null) }?);
    }
    // SAFETY: The elements were checked, hence they have the invariants of `Region`, which has the
    // layout of the C structure.
    Ok(unsafe { core::slice::from_raw_parts(raw.cast(), count) })
}
