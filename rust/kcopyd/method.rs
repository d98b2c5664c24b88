// SPDX-License-Identifier: GPL-2.0

//! How a job's ranges are cut and written.

use crate::{
    block::{
        bio::INLINE_VECS,
        block_device::SECTOR_SHIFT,
        Op, //
    },
    dm::Region,
    memory::pages::MIN_BLOCK, //
};

/// The most sectors of a range that is read as a whole before any of it is written: what lies in no
/// more blocks of a client's reserve than a bio has vectors of its own.
const MAX_OVERLAPPING: u64 = (MIN_BLOCK * (INLINE_VECS - 1)) as u64 >> SECTOR_SHIFT;

// Mainline does so with what it copies at a time: 512 KiB, unless a parameter says otherwise.
const _: () = assert!(MAX_OVERLAPPING << SECTOR_SHIFT == 512 << 10);

/// How a job is written, by what the devices said when it was accepted: their limits may change at
/// any time, and a range that was cut for others fails, but is not cut anew.
#[derive(Clone, Copy)]
pub(super) struct Method {
    /// A write, or a write of zeroes without data.
    op: Op,
    /// The sectors of the largest logical block of a device, a power of two.
    block_sectors: u64,
    /// The most sectors that all destinations can write as zeroes at once, if that is how.
    max_sectors: u64,
    /// Whether a destination has sectors of the source: then each range is read before it is
    /// written.
    overlaps: bool,
}

impl Method {
    /// How a job without destinations would be written.
    pub(super) const NONE: Self = Self {
        op: Op::WRITE,
        block_sectors: 1,
        max_sectors: u64::MAX,
        overlaps: false,
    };

    /// Reads what the devices can do.
    pub(super) fn new(from: Option<&Region>, dests: &[Region]) -> Self {
        let block_sectors = Iterator::chain(from.into_iter(), dests)
            .map(|region| u64::from(region.device().logical_block_size() >> SECTOR_SHIFT))
            .fold(1, u64::max);
        let copy = Self {
            block_sectors,
            overlaps: from.is_some_and(|from| dests.iter().any(|dest| dest.overlaps(from))),
            ..Self::NONE
        };
        if from.is_some() {
            return copy;
        }
        let limit = dests
            .iter()
            .map(|dest| dest.device().max_write_zeroes_sectors())
            .fold(u32::MAX >> SECTOR_SHIFT, u32::min);
        if limit == 0 {
            return copy;
        }
        Self {
            op: Op::WRITE_ZEROES,
            max_sectors: copy.whole_blocks(limit.into()).max(block_sectors),
            ..copy
        }
    }

    /// Returns the operation that writes the destinations.
    pub(super) fn op(&self) -> Op {
        self.op
    }

    /// Returns whether each range is read as a whole before any of it is written.
    pub(super) fn overlaps(&self) -> bool {
        self.overlaps
    }

    /// Returns the sectors of the largest block of a device.
    pub(super) fn block_sectors(&self) -> u64 {
        self.block_sectors
    }

    /// Returns the most sectors that can be written without data.
    pub(super) fn max_sectors(&self) -> u64 {
        self.max_sectors
    }

    /// Rounds `sectors` down to blocks that are whole ones to all devices: a range, unless it is the
    /// last, consists of such.
    pub(super) fn whole_blocks(&self, sectors: u64) -> u64 {
        sectors & !self.block_sectors.wrapping_sub(1)
    }

    /// Returns the larger half of `sectors` in whole blocks; [`None`] if that is one block only.
    pub(super) fn half_of(&self, sectors: u64) -> Option<u64> {
        let up = self.block_sectors.wrapping_sub(1);
        let half = self.whole_blocks(sectors.div_ceil(2).wrapping_add(up));
        (half < sectors).then_some(half)
    }

    /// Returns how many of `sectors` sectors a buffer is needed for: at the most `most`, in whole
    /// blocks, but one of those at least.
    pub(super) fn buffer_sectors(&self, sectors: u64, most: u64) -> u64 {
        let most = if self.overlaps {
            most.min(MAX_OVERLAPPING)
        } else {
            most
        };
        sectors.min(self.whole_blocks(most).max(self.block_sectors))
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_method)]
mod tests {
    use super::*;

    const BLOCKS_OF_8: Method = Method {
        block_sectors: 8,
        ..Method::NONE
    };

    #[test]
    fn halves_are_whole_blocks_and_end_at_one() {
        assert_eq!(BLOCKS_OF_8.half_of(64), Some(32));
        assert_eq!(BLOCKS_OF_8.half_of(40), Some(24));
        assert_eq!(BLOCKS_OF_8.half_of(9), Some(8));
        assert_eq!(BLOCKS_OF_8.half_of(8), None);
        assert_eq!(BLOCKS_OF_8.half_of(1), None);
        assert_eq!(BLOCKS_OF_8.half_of(0), None);
    }

    #[test]
    fn buffers_have_whole_blocks_but_one_at_least() {
        assert_eq!(BLOCKS_OF_8.buffer_sectors(100, 20), 16);
        assert_eq!(BLOCKS_OF_8.buffer_sectors(100, 3), 8);
        assert_eq!(BLOCKS_OF_8.buffer_sectors(5, 20), 5);
    }
}
