// SPDX-License-Identifier: GPL-2.0

//! Runs of sectors.

use super::Refusal;
use crate::{
    bindings::dm_io_region,
    block::{
        block_device::SECTOR_SHIFT,
        op::Kind,
        BlockDevice,
        Op,
        Status, //
    }, //
};
use core::{
    mem::offset_of,
    ops::Range, //
};

/// The most sectors that a bio can cover.
const MAX_SECTORS: u32 = u32::MAX >> SECTOR_SHIFT;

/// A run of sectors on a device; in memory the `struct dm_io_region` of C.
///
/// # Invariants
///
/// The end is a sector number, and the length in bytes a number, that 64 bits hold.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Region {
    device: BlockDevice,
    sector: u64,
    count: u64,
}

// An array of the C structure whose elements were checked is an array of this one.
const _: () = {
    assert!(size_of::<Region>() == size_of::<dm_io_region>());
    assert!(align_of::<Region>() == align_of::<dm_io_region>());
    assert!(offset_of!(Region, device) == offset_of!(dm_io_region, bdev));
    assert!(offset_of!(Region, sector) == offset_of!(dm_io_region, sector));
    assert!(offset_of!(Region, count) == offset_of!(dm_io_region, count));
};

impl Region {
    /// Creates a region of `count` sectors from `sector` on.
    pub(crate) fn new(device: BlockDevice, sector: u64, count: u64) -> Result<Self, Refusal> {
        if sector.checked_add(count).is_none() || count > u64::MAX >> SECTOR_SHIFT {
            return Err(Refusal::invalid(
                c"a region's sector and count: their sum overflows",
            ));
        }
        // INVARIANT: Both were just checked.
        Ok(Self {
            device,
            sector,
            count,
        })
    }

    /// Returns the device.
    pub(crate) fn device(&self) -> BlockDevice {
        self.device
    }

    /// Returns the first sector.
    pub(crate) fn sector(&self) -> u64 {
        self.sector
    }

    /// Returns the length in sectors.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the part of the region from sector `range.start` of it up to `range.end`, as far as that is in
    /// the region.
    pub(crate) fn part(&self, range: &Range<u64>) -> Self {
        let end = range.end.min(self.count);
        let start = range.start.min(end);
        // INVARIANT: A part of the region ends where the region does, or before.
        Self {
            device: self.device,
            sector: self.sector + start,
            count: end - start,
        }
    }

    /// Returns the length in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.count << SECTOR_SHIFT
    }

    /// Returns whether this region and `other` have a sector in common, also by way of a partition.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let ((disk, start), (other_disk, other_start)) =
            (self.device.place(), other.device.place());
        disk == other_disk
            && runs_overlap(
                (start.saturating_add(self.sector), self.count),
                (other_start.saturating_add(other.sector), other.count),
            )
    }

    /// Checks what can be known without asking the device. Returns the most sectors of a bio without
    /// data, or the status with which `op` fails here. The limit may change as soon as it was read: it
    /// is read once for all of the region.
    ///
    /// A write that ends beyond the device the block layer would refuse only when earlier parts of
    /// it were done. A read is left to it, as is a device that is read-only: it warns, and writes.
    #[inline]
    pub(crate) fn precheck(&self, op: Op) -> Result<u32, Status> {
        let limit = match op.kind() {
            Kind::Read => return Ok(MAX_SECTORS),
            Kind::Write => MAX_SECTORS,
            Kind::Discard => self.whole_blocks(self.device.max_discard_sectors()),
            Kind::WriteZeroes => self.whole_blocks(self.device.max_write_zeroes_sectors()),
        };
        if limit == 0 {
            return Err(Status::UNSUPPORTED);
        }
        if self.count > 0 && self.sector + self.count > self.device.sectors() {
            return Err(Status::FAILED);
        }
        Ok(limit)
    }

    /// Returns the most sectors of a bio if the device takes up to `limit`: whole logical blocks,
    /// unless not even one is below it.
    fn whole_blocks(&self, limit: u32) -> u32 {
        let limit = limit.min(MAX_SECTORS);
        match self.device.whole_blocks(limit << SECTOR_SHIFT) >> SECTOR_SHIFT {
            0 => limit,
            whole => whole,
        }
    }
}

/// Returns whether two runs, each of a first sector and a length, have a sector in common.
fn runs_overlap((first, count): (u64, u64), (other_first, other_count): (u64, u64)) -> bool {
    count > 0
        && other_count > 0
        && first < other_first.saturating_add(other_count)
        && other_first < first.saturating_add(count)
}

#[kernel::macros::kunit_tests(dm_io_rust_region)]
mod tests {
    use super::*;

    #[test]
    fn runs_overlap_exactly_if_they_share_a_sector() {
        for first in 0..6 {
            for count in 0..6 {
                for other_first in 0..6 {
                    for other_count in 0..6 {
                        let shared = (first..first + count).any(|sector| {
                            (other_first..other_first + other_count).contains(&sector)
                        });
                        let (one, other) = ((first, count), (other_first, other_count));
                        assert_eq!(runs_overlap(one, other), shared);
                        assert_eq!(runs_overlap(other, one), shared);
                    }
                }
            }
        }
    }

    #[test]
    fn runs_at_the_end_of_the_numbers_do_not_overflow() {
        assert!(runs_overlap((u64::MAX - 1, 1), (u64::MAX - 1, 1)));
        assert!(!runs_overlap((u64::MAX - 1, 1), (0, 1)));
        assert!(runs_overlap((u64::MAX - 8, u64::MAX), (u64::MAX - 4, 1)));
    }
}
