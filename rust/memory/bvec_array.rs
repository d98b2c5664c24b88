// SPDX-License-Identifier: GPL-2.0

//! Arrays of bio vectors.
//!
//! C header: [`include/linux/bvec.h`](srctree/include/linux/bvec.h)

use super::Segment;
use crate::bindings::{
    self,
    bio_vec,
    bvec_iter, //
};
use core::marker::PhantomData;

/// The rest of an array of `struct bio_vec`: `len` bytes of it.
///
/// # Invariants
///
/// `element` is part of an array that does not change during `'a`, and that goes on for as long as
/// it has `len` bytes, or up to an element that has no page or no length; its pages are valid until
/// all I/O with them has completed. `done` bytes of the element were used, fewer than it has.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bvec_array.arrays_yield_their_elements_up_to_their_length`.
#[derive(Clone)]
pub(crate) struct BvecArray<'a> {
    element: *mut bio_vec,
    done: u32,
    len: u64,
    _array: PhantomData<&'a [bio_vec]>,
}

impl<'a> BvecArray<'a> {
    /// Takes `len` bytes of an array from C; [`None`] if the array is null.
    ///
    /// # Safety
    ///
    /// `array` is null or has elements for `len` bytes, or ends with one that has no page or no
    /// length. It does not change during `'a`; its pages are valid, and writable if they are read
    /// into, until all I/O with them has completed.
    pub(crate) unsafe fn from_raw(array: *mut bio_vec, len: u64) -> Option<Self> {
        // INVARIANT: The caller guarantees them.
        (!array.is_null()).then_some(Self {
            element: array,
            done: 0,
            len,
            _array: PhantomData,
        })
    }

    /// Takes the next run, of at most `max` bytes; [`None`] at the end, or if the next element has no
    /// page or no length.
    pub(crate) fn next(&mut self, max: u32) -> Option<Segment> {
        let max = self.len.min(max.into()) as u32;
        if max == 0 {
            return None;
        }
        // SAFETY: The array has another element: it has `len` bytes more, by the type invariant.
        let element = unsafe { &*self.element };
        if !has_memory(element) {
            return None;
        }
        let rest = element.bv_len - self.done;
        let len = rest.min(max);
        // SAFETY: The pages are valid by the type invariant, and the bytes within the element.
        let run = unsafe { Segment::new(element.bv_page, element.bv_offset + self.done, len) };
        // INVARIANT: An element that is used up is left behind.
        self.len -= u64::from(len);
        if len == rest {
            self.element = self.element.wrapping_add(1);
            self.done = 0;
        } else {
            self.done += len;
        }
        Some(run)
    }

    /// Leaves the first `bytes` behind, as far as there is memory.
    pub(crate) fn advance(&mut self, bytes: u64) {
        let mut rest = bytes;
        while let Some(run) = self.next(u32::try_from(rest).unwrap_or(u32::MAX)) {
            rest -= u64::from(run.len());
        }
    }

    /// Returns the rest as the vectors of a bio, if each of its elements has a page and a length.
    pub(crate) fn complete(&self) -> Option<CompleteArray<'_, 'a>> {
        // INVARIANT: It was just checked.
        self.is_complete().then_some(CompleteArray(self))
    }

    /// Returns whether each element of the rest has a page and a length.
    // Inlined, the loop would have too few registers.
    #[inline(never)]
    pub(crate) fn is_complete(&self) -> bool {
        let mut rest = self.len.saturating_add(self.done.into());
        let mut element = self.element;
        while rest > 0 {
            // SAFETY: The array has `rest` bytes more, by the type invariant.
            let this = unsafe { &*element };
            if !has_memory(this) {
                return false;
            }
            rest = rest.saturating_sub(this.bv_len.into());
            element = element.wrapping_add(1);
        }
        true
    }
}

/// The rest of an array that can serve as the vectors of a bio.
///
/// # Invariants
///
/// Each element of the rest has a page and a length.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bvec_array.a_complete_array_is_vectors`.
#[derive(Clone, Copy)]
pub(crate) struct CompleteArray<'b, 'a>(&'b BvecArray<'a>);

impl CompleteArray<'_, '_> {
    /// Returns the array as the vectors of a bio, and the iterator over the rest, or over the first
    /// `max` bytes of it.
    pub(crate) fn as_vectors(self, max: u32) -> (*mut bio_vec, bvec_iter) {
        let BvecArray {
            element, done, len, ..
        } = *self.0;
        let mut iter = bvec_iter {
            bi_size: u32::MAX,
            ..Default::default()
        };
        if done > 0 {
            // SAFETY: The element has more than `done` bytes, by the type invariant.
            unsafe { bindings::bvec_iter_advance(element, &mut iter, done) };
        }
        iter.bi_size = len.min(max.into()) as u32;
        (element, iter)
    }
}

/// Returns whether an element has a page and a length. One whose end is above 4 GiB has not.
fn has_memory(element: &bio_vec) -> bool {
    !element.bv_page.is_null()
        && element.bv_len != 0
        && element.bv_offset.checked_add(element.bv_len).is_some()
}

#[kernel::macros::kunit_tests(dm_io_rust_bvec_array)]
mod tests {
    use super::*;

    fn element(page: usize, len: u32) -> bio_vec {
        bio_vec {
            bv_page: core::ptr::null_mut::<bindings::page>().wrapping_add(page),
            bv_len: len,
            bv_offset: 0,
        }
    }

    #[test]
    fn arrays_yield_their_elements_up_to_their_length() {
        let mut elements = [element(1, 1000), element(2, 500), element(3, 512)];
        // SAFETY: No I/O is made.
        let array = unsafe { BvecArray::from_raw(elements.as_mut_ptr(), 1600) };
        let Some(mut array) = array else {
            return assert!(false);
        };
        assert!(array.is_complete());
        let lengths = [400, 600, 500, 100].map(Some);
        for (max, len) in [400, 4096, 4096, 4096].into_iter().zip(lengths) {
            assert_eq!(array.next(max).map(Segment::len), len);
        }
        assert!(array.next(1).is_none());
    }

    #[test]
    fn a_complete_array_is_vectors() {
        let mut elements = [element(1, 1000), element(2, 500), element(3, 0)];
        let start = elements.as_mut_ptr();
        // SAFETY: No I/O is made.
        let array = unsafe { BvecArray::from_raw(start, 1500) };
        let Some(mut array) = array else {
            return assert!(false);
        };
        array.advance(1100);
        for (max, len) in [(u32::MAX, 400), (400, 400), (100, 100)] {
            let vectors = array.complete().map(|array| array.as_vectors(max));
            assert!(vectors.is_some_and(|(first, iter)| {
                first == start.wrapping_add(1) && iter.bi_size == len && iter.bi_idx == 0
            }));
        }
        // SAFETY: No I/O is made.
        let array = unsafe { BvecArray::from_raw(start, 1501) };
        assert!(array.is_some_and(|array| array.complete().is_none()));
    }

    #[test]
    fn an_element_without_memory_is_the_end() {
        let mut elements = [element(1, 1000), element(0, 500)];
        // SAFETY: No I/O is made.
        let array = unsafe { BvecArray::from_raw(elements.as_mut_ptr(), 1001) };
        assert!(array.as_ref().is_some_and(|array| !array.is_complete()));
        assert!(array
            .is_some_and(|mut array| { array.next(4096).is_some() && array.next(4096).is_none() }));
    }
}
