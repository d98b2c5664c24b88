// SPDX-License-Identifier: GPL-2.0

//! Regions from C.

use crate::{
    bindings,
    block::BlockDevice,
    io::{
        Refusal,
        Region, //
    }, //
};

/// Checks one region.
///
/// # Safety
///
/// `raw` is null or valid; a device in it is open until all I/O with the region has ended.
pub(super) unsafe fn region(
    raw: *const bindings::io_region,
    null: Refusal,
) -> Result<Region, Refusal> {
    // SAFETY: By this function's requirement.
    let raw = unsafe { raw.as_ref() }.ok_or(null)?;
    // SAFETY: By this function's requirement.
    let device = unsafe { BlockDevice::from_raw(raw.bdev) };
    let device = device.ok_or(Refusal::invalid(c"a region's bdev is NULL"))?;
    Region::new(device, raw.sector, raw.count)
}

/// Checks an array of `count` regions.
///
/// # Safety
///
/// `raw` is null or has `count` valid elements, which do not change during `'a`; a device in them is
/// open until all I/O with its region has ended.
pub(super) unsafe fn regions<'a>(
    raw: *const bindings::io_region,
    count: usize,
    null: Refusal,
) -> Result<&'a [Region], Refusal> {
    for index in 0..count {
        // SAFETY: By this function's requirement: the first call sees whether `raw` is null.
        unsafe { region(raw.wrapping_add(index), null)? };
    }
    // SAFETY: The elements were checked, hence they have the invariants of `Region`, which has the
    // layout of the C structure.
    Ok(unsafe { core::slice::from_raw_parts(raw.cast(), count) })
}
