// SPDX-License-Identifier: GPL-2.0

//! The buffer of a request.

use crate::block::{
    Segment,
    VmallocRange, //
};

/// A place in a buffer. A copy of it can go on from there as well.
pub(crate) trait Source: Clone {
    /// Whether pieces that follow one another in memory may become one.
    const MERGES: bool;

    /// Goes over the next piece of the buffer, of at most `max` bytes. [`None`] at the end.
    fn next(&mut self, max: u32) -> Option<Segment>;

    /// How many pieces the next `bytes` have; more than a bio has vectors need not be counted.
    fn pieces(&self, bytes: u64) -> usize;

    /// The addresses by which the caller knows the buffer, if the caches have to be told of them.
    fn vmap(&self) -> Option<VmallocRange> {
        None
    }

    /// Whether the buffer has `bytes` more.
    fn covers(&self, bytes: u64) -> bool {
        let mut at = self.clone();
        let mut rest = bytes;
        while rest > 0 {
            match at.next(u32::try_from(rest).unwrap_or(u32::MAX)) {
                Some(piece) => rest -= u64::from(piece.len()).min(rest),
                None => return false,
            }
        }
        true
    }
}

/// No buffer: for operations that carry no data.
#[derive(Clone)]
pub(crate) struct NoData;

impl Source for NoData {
    const MERGES: bool = false;

    fn next(&mut self, _max: u32) -> Option<Segment> {
        None
    }

    fn pieces(&self, _bytes: u64) -> usize {
        0
    }
}
