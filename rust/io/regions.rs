// SPDX-License-Identifier: GPL-2.0

//! All regions of a request.

use super::Region;
use crate::block::block_device::SECTOR_SHIFT;

/// The regions of a request, with what is asked of all of them more than once.
#[derive(Clone, Copy)]
pub(crate) struct Regions<'a> {
    all: &'a [Region],
    /// The sectors of the longest.
    longest: u64,
    /// The sectors of all together; for the statistics, so that it may wrap.
    sectors: u64,
}

impl<'a> Regions<'a> {
    /// Takes a slice as the regions of a request.
    pub(crate) fn new(all: &'a [Region]) -> Self {
        let mut this = Self {
            all,
            longest: 0,
            sectors: 0,
        };
        for region in all {
            this.longest = this.longest.max(region.count());
            this.sectors = this.sectors.wrapping_add(region.count());
        }
        this
    }

    /// The slice.
    pub(crate) fn all(&self) -> &'a [Region] {
        self.all
    }

    /// The region with number `index`.
    pub(super) fn get(&self, index: usize) -> Option<&'a Region> {
        self.all.get(index)
    }

    /// The sectors of the longest region.
    pub(crate) fn longest(&self) -> u64 {
        self.longest
    }

    /// The bytes of the longest region.
    pub(super) fn longest_bytes(&self) -> u64 {
        self.longest << SECTOR_SHIFT
    }

    /// The sectors of all regions together, as a number that wraps.
    pub(super) fn sectors(&self) -> u64 {
        self.sectors
    }
}
