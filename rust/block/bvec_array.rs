// SPDX-License-Identifier: GPL-2.0

//! Arrays of bio vectors.
//!
//! C header: [`include/linux/bvec.h`](srctree/include/linux/bvec.h)

use super::Segment;
use crate::bindings;
use kernel::bindings::{
    bio_vec,
    bvec_iter, //
};

/// A place in an array of `struct bio_vec`.
///
/// # Invariants
///
/// `element` is part of an array that stays as it is while this value is used, and that goes on for
/// as long as its elements are used up; their pages are valid until all I/O with them has ended.
/// `done` bytes of the element were used, which are fewer than it has.
#[derive(Clone)]
pub(crate) struct BvecArray {
    element: *mut bio_vec,
    done: u32,
}

impl BvecArray {
    /// Takes an array from C; [`None`] if there is none.
    ///
    /// # Safety
    ///
    /// `array` is null or has as many elements as are used up, or ends with one that has no page or
    /// no length. It stays as it is while the result is used; its pages are valid until all I/O
    /// with them has ended.
    pub(crate) unsafe fn from_raw(array: *mut bio_vec) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        (!array.is_null()).then_some(Self {
            element: array,
            done: 0,
        })
    }

    /// Goes over the next run of memory, of at most `max` bytes; [`None`] if the next element has no
    /// page or no length.
    pub(crate) fn next(&mut self, max: u32) -> Option<Segment> {
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

    /// Whether the next elements have `bytes` bytes, and each a page and a length.
    // Within its callers the loop would have too few registers.
    #[inline(never)]
    pub(crate) fn covers(&self, bytes: u64) -> bool {
        let mut rest = bytes.saturating_add(self.done.into());
        if rest == 0 {
            return true;
        }
        let mut element = self.element;
        loop {
            // SAFETY: By the type invariant.
            let bio_vec {
                bv_page,
                bv_len,
                bv_offset,
            } = unsafe { *element };
            if bv_page.is_null() || bv_len == 0 || bv_offset.checked_add(bv_len).is_none() {
                return false;
            }
            if rest <= bv_len.into() {
                return true;
            }
            rest -= u64::from(bv_len);
            element = element.wrapping_add(1);
        }
    }

    /// The array itself as the vectors of a bio of `bytes` bytes from this place on.
    pub(super) fn as_vectors(&self, bytes: u32) -> (*mut bio_vec, bvec_iter) {
        let mut iter = bvec_iter::default();
        // SAFETY: The element has more than `done` bytes, by the type invariant.
        unsafe { bindings::dm_io_rust_bvec_iter_at(&mut iter, self.element, self.done, bytes) };
        (self.element, iter)
    }
}
