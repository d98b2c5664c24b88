// SPDX-License-Identifier: GPL-2.0

//! Arrays of bio vectors from C.

use crate::{
    block::{
        bio::MAX_VECS,
        Segment, //
    },
    io::Source, //
};
use kernel::bindings::bio_vec;

/// A place in an array of `struct bio_vec`.
///
/// # Invariants
///
/// `element` is part of an array that stays as it is while this value is used, and that goes on for
/// as long as its elements are used up; their pages are valid until all I/O with them has ended.
/// `done` bytes of the element were used, which are fewer than it has.
#[derive(Clone)]
pub(super) struct BvecArray {
    element: *const bio_vec,
    done: u32,
}

impl BvecArray {
    /// Takes an array from C; [`None`] if there is none.
    ///
    /// # Safety
    ///
    /// `array` is null or has as many elements as the largest region needs, or ends with one that
    /// has no page or no length. It stays as it is while the result is used; its pages are valid
    /// until all I/O with them has ended.
    pub(super) unsafe fn from_raw(array: *const bio_vec) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        (!array.is_null()).then_some(Self {
            element: array,
            done: 0,
        })
    }
}

impl Source for BvecArray {
    // What the caller laid out is left as it is.
    const MERGES: bool = false;

    fn next(&mut self, max: u32) -> Option<Segment> {
        // SAFETY: By the type invariant.
        let element = unsafe { &*self.element };
        // An element whose end is no number is as bad as one without a length.
        element.bv_offset.checked_add(element.bv_len)?;
        if element.bv_page.is_null() || element.bv_len == 0 {
            return None;
        }
        let rest = element.bv_len - self.done;
        let len = rest.min(max);
        // SAFETY: The pages are valid by the type invariant, and the bytes within the element.
        let piece = unsafe { Segment::new(element.bv_page, element.bv_offset + self.done, len) };
        // INVARIANT: An element that is used up is left behind.
        if len == rest {
            self.element = self.element.wrapping_add(1);
            self.done = 0;
        } else {
            self.done += len;
        }
        Some(piece)
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
}
