// SPDX-License-Identifier: GPL-2.0

//! Runs of memory that a bio can carry.
//!
//! C header: [`include/linux/bvec.h`](srctree/include/linux/bvec.h)

use kernel::{
    bindings,
    page::PAGE_SIZE, //
};

/// How many vectors a bio may have.
pub(crate) const MAX_VECS: usize = bindings::BIO_MAX_VECS as usize;

/// Whether adjacent `struct page`s are adjacent pages.
pub(super) const PAGES_ARE_AN_ARRAY: bool = cfg!(CONFIG_SPARSEMEM_VMEMMAP) || cfg!(CONFIG_FLATMEM);

/// A run of physically contiguous bytes: a `struct bio_vec` under construction.
///
/// # Invariants
///
/// `page` is valid, as are the pages behind it up to the end of the run, until every I/O that the
/// run became part of has ended. The run is not empty, and ends below 4 GiB from `page`.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    page: *mut bindings::page,
    offset: u32,
    len: u32,
}

impl Segment {
    /// Makes a run of `len` bytes that starts `offset` bytes into `page`.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariants.
    pub(crate) unsafe fn new(page: *mut bindings::page, offset: u32, len: u32) -> Self {
        // INVARIANT: By this function's requirement.
        Self { page, offset, len }
    }

    /// The length in bytes.
    pub(crate) fn len(self) -> u32 {
        self.len
    }

    /// Makes the run `max` bytes long if it is longer; `max` is not 0.
    pub(crate) fn truncate(self, max: u32) -> Self {
        // INVARIANT: A part of the run from its start is valid if the run is.
        Self {
            len: self.len.min(max.max(1)),
            ..self
        }
    }

    /// Lengthens the run by one that follows it in memory; if `next` does not, or the sum is not a
    /// length, returns false.
    pub(super) fn merge(&mut self, next: Self) -> bool {
        let end = (self.offset + self.len) as usize;
        let follows = PAGES_ARE_AN_ARRAY
            && next.offset == 0
            && end % PAGE_SIZE == 0
            && self.page.wrapping_add(end / PAGE_SIZE) == next.page;
        match self
            .offset
            .checked_add(self.len)
            .and_then(|end| end.checked_add(next.len))
        {
            // INVARIANT: The runs are adjacent, both are valid, and the end is below 4 GiB.
            Some(_) if follows => {
                self.len += next.len;
                true
            }
            _ => false,
        }
    }

    /// Clears the run, which is that of a read: its memory was to be written by the device.
    pub(crate) fn zero(self) {
        // SAFETY: The run is valid by the type invariant, and no I/O with it is in flight.
        unsafe { crate::bindings::dm_io_rust_zero_pages(self.page, self.offset, self.len) }
    }

    pub(super) fn as_bvec(self) -> bindings::bio_vec {
        bindings::bio_vec {
            bv_page: self.page,
            bv_len: self.len,
            bv_offset: self.offset,
        }
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_bvec)]
mod tests {
    use super::*;

    /// A run that nobody looks into: pages are told apart by their number alone.
    fn run(page: usize, offset: u32, len: u32) -> Segment {
        let page = core::ptr::null_mut::<bindings::page>().wrapping_add(page);
        // SAFETY: No I/O is made.
        unsafe { Segment::new(page, offset, len) }
    }

    fn merged(mut first: Segment, second: Segment) -> Option<u32> {
        first.merge(second).then_some(first.len())
    }

    #[test]
    fn runs_merge_exactly_if_they_are_adjacent() {
        const PAGE: u32 = PAGE_SIZE as u32;
        assert_eq!(merged(run(7, 0, PAGE), run(8, 0, PAGE)), Some(2 * PAGE));
        assert_eq!(merged(run(7, 512, PAGE - 512), run(8, 0, 512)), Some(PAGE));
        assert_eq!(
            merged(run(7, 0, 3 * PAGE), run(10, 0, 1)),
            Some(3 * PAGE + 1)
        );
        assert_eq!(merged(run(7, 0, PAGE - 1), run(8, 0, PAGE)), None);
        assert_eq!(merged(run(7, 0, PAGE), run(8, 1, PAGE)), None);
        assert_eq!(merged(run(7, 0, PAGE), run(9, 0, PAGE)), None);
        assert_eq!(merged(run(7, 0, PAGE), run(6, 0, PAGE)), None);
    }

    #[test]
    fn runs_do_not_grow_beyond_a_length() {
        let long = (1 << 31) + (1 << 30);
        assert_eq!(
            merged(run(0, 0, long), run(long as usize / PAGE_SIZE, 0, long)),
            None
        );
    }

    #[test]
    fn truncation_keeps_what_is_shorter() {
        assert_eq!(run(0, 0, 10).truncate(4).len(), 4);
        assert_eq!(run(0, 0, 10).truncate(10).len(), 10);
        assert_eq!(run(0, 0, 10).truncate(11).len(), 10);
    }
}
