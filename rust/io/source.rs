// SPDX-License-Identifier: GPL-2.0

//! The buffer of a request.

use crate::block::{
    bvec::MAX_VECS,
    BioData,
    BvecArray,
    LinearRange,
    Segment,
    VmallocPages,
    VmallocRange, //
};
use kernel::page::PAGE_SIZE;

/// A place in a buffer. A copy of it can go on from there as well.
pub(crate) trait Source: Clone {
    /// Whether pieces that follow one another in memory may become one.
    const MERGES: bool;

    /// Goes over the next piece of the buffer, of at most `max` bytes. [`None`] at the end.
    fn next(&mut self, max: u32) -> Option<Segment>;

    /// How many pieces the next `bytes` have; more than a bio has vectors need not be counted.
    fn pieces(&self, bytes: u64) -> usize;

    /// The rest of the buffer as an array, if it is one.
    fn as_array(&self) -> Option<&BvecArray> {
        None
    }

    /// The bio that the buffer is the memory of, if it is that: other bios share it as a whole.
    fn as_bio(&self) -> Option<&BioData> {
        None
    }

    /// The addresses by which the caller knows the buffer, if the caches have to be told of them.
    fn vmap(&self) -> Option<VmallocRange> {
        None
    }

    /// Clears the next `bytes` of the buffer of a read, as far as it has so many.
    fn zero(&mut self, bytes: u64) {
        let mut rest = bytes;
        while rest > 0 {
            let Some(piece) = self.next(rest.min(u32::MAX.into()) as u32) else {
                return;
            };
            piece.zero();
            rest -= u64::from(piece.len()).min(rest);
        }
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

impl Source for BvecArray {
    // What the caller laid out is left as it is.
    const MERGES: bool = false;

    fn next(&mut self, max: u32) -> Option<Segment> {
        BvecArray::next(self, max)
    }

    fn pieces(&self, bytes: u64) -> usize {
        let mut at = self.clone();
        let mut rest = bytes;
        let mut pieces = 0;
        while rest > 0 && pieces <= MAX_VECS {
            match at.next(u32::try_from(rest).unwrap_or(u32::MAX)) {
                Some(piece) => rest -= u64::from(piece.len()),
                None => break,
            }
            pieces += 1;
        }
        pieces
    }

    fn as_array(&self) -> Option<&BvecArray> {
        Some(self)
    }

    fn covers(&self, bytes: u64) -> bool {
        BvecArray::covers(self, bytes)
    }
}

impl Source for BioData {
    const MERGES: bool = false;

    fn next(&mut self, _max: u32) -> Option<Segment> {
        None
    }

    fn pieces(&self, _bytes: u64) -> usize {
        0
    }

    fn as_bio(&self) -> Option<&BioData> {
        Some(self)
    }

    fn zero(&mut self, bytes: u64) {
        BioData::zero(self, bytes.min(u32::MAX.into()) as u32);
    }

    fn covers(&self, bytes: u64) -> bool {
        bytes <= self.bytes().into()
    }
}

/// A place in memory of the kernel's linear mapping.
#[derive(Clone)]
pub(crate) struct LinearBuffer {
    range: LinearRange,
    at: usize,
}

impl LinearBuffer {
    /// The start of the range.
    pub(crate) fn new(range: LinearRange) -> Self {
        Self { range, at: 0 }
    }
}

impl Source for LinearBuffer {
    const MERGES: bool = true;

    fn next(&mut self, max: u32) -> Option<Segment> {
        let piece = self.range.segment_at(self.at, max)?;
        self.at += piece.len() as usize;
        Some(piece)
    }

    fn pieces(&self, bytes: u64) -> usize {
        self.range.pieces_at(self.at, bytes)
    }

    fn covers(&self, bytes: u64) -> bool {
        self.range.covers(bytes)
    }
}

/// A place in vmalloc'd memory.
#[derive(Clone)]
pub(crate) struct VmallocBuffer {
    range: VmallocRange,
    at: VmallocPages,
}

impl VmallocBuffer {
    /// The start of the range, of which `bytes` bytes are needed.
    pub(crate) fn new(range: VmallocRange, bytes: u64) -> Self {
        Self {
            range,
            at: VmallocPages::new(range, bytes),
        }
    }
}

impl Source for VmallocBuffer {
    const MERGES: bool = true;

    fn next(&mut self, max: u32) -> Option<Segment> {
        self.at.next(max)
    }

    fn pieces(&self, bytes: u64) -> usize {
        pages_of(self.at.offset_in_page(), bytes)
    }

    fn vmap(&self) -> Option<VmallocRange> {
        Some(self.range)
    }

    fn covers(&self, bytes: u64) -> bool {
        self.at.covers(bytes)
    }
}

/// How many pages `bytes` bytes lie in that start `offset` bytes into a page.
pub(crate) fn pages_of(offset: usize, bytes: u64) -> usize {
    usize::try_from(bytes)
        .unwrap_or(usize::MAX)
        .saturating_add(offset)
        .div_ceil(PAGE_SIZE)
}
