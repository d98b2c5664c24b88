// SPDX-License-Identifier: GPL-2.0

//! The regions of a request.

use super::Region;

/// The regions of a request, and what is needed of all of them more than once.
#[derive(Clone, Copy)]
pub(crate) struct Regions<'a> {
    all: &'a [Region],
    last: &'a Region,
    sum: Sum,
}

/// What is needed of all regions of a request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    /// The number of the last region that has an I/O, or 0 if none has.
    last: usize,
    /// The sectors of the longest.
    longest: u64,
    /// The sectors of all together; for the statistics, so that it may wrap.
    sectors: u64,
}

impl Sum {
    /// Adds the region with number `index`. One without sectors has an I/O if `flushes`.
    #[inline]
    pub(crate) fn add(&mut self, index: usize, region: &Region, flushes: bool) {
        if region.count() > 0 || flushes {
            self.last = index;
        }
        self.longest = self.longest.max(region.count());
        self.sectors = self.sectors.wrapping_add(region.count());
    }
}

impl<'a> Regions<'a> {
    /// Takes regions that were added up.
    #[inline]
    pub(crate) fn new(all: &'a [Region], sum: Sum) -> Option<Self> {
        Some(Self {
            all,
            last: all.get(sum.last)?,
            sum,
        })
    }

    /// Returns the slice.
    pub(crate) fn all(&self) -> &'a [Region] {
        self.all
    }

    /// Returns the last region that has an I/O, and its number; or the first if none has.
    pub(crate) fn last(&self) -> (usize, &'a Region) {
        (self.sum.last, self.last)
    }

    /// Returns the sectors of the longest region.
    pub(crate) fn longest(&self) -> u64 {
        self.sum.longest
    }

    /// Returns the sectors of all regions together, as a number that wraps.
    pub(crate) fn sectors(&self) -> u64 {
        self.sum.sectors
    }
}
