// SPDX-License-Identifier: GPL-2.0

//! Runs of physically contiguous bytes.
//!
//! C header: [`include/linux/bvec.h`](srctree/include/linux/bvec.h)

use crate::bindings;
use kernel::page::PAGE_SIZE;

/// Whether adjacent `struct page`s are adjacent pages.
pub(super) const PAGES_ARE_AN_ARRAY: bool = cfg!(CONFIG_SPARSEMEM_VMEMMAP) || cfg!(CONFIG_FLATMEM);

/// A run of physically contiguous bytes: a `struct bio_vec` under construction.
///
/// # Invariants
///
/// `page` is valid, as are the pages behind it up to the end of the run, for as long as this value and
/// its copies are used, and until every I/O that they became part of has completed. The run is not
/// empty, and ends below 4 GiB from `page`.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_segment.truncation_keeps_what_is_shorter`.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    page: *mut bindings::page,
    offset: u32,
    len: u32,
}

impl Segment {
    /// Creates a run of `len` bytes that starts `offset` bytes into `page`.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariants.
    pub(crate) unsafe fn new(page: *mut bindings::page, offset: u32, len: u32) -> Self {
        // INVARIANT: The caller guarantees them.
        Self { page, offset, len }
    }

    /// Returns the length in bytes.
    pub(crate) fn len(self) -> u32 {
        self.len
    }

    /// Shortens the run to `max` bytes, but to one at the least.
    pub(crate) fn truncate(self, max: u32) -> Self {
        // INVARIANT: A part of the run from its start is valid if the run is.
        Self {
            len: self.len.min(max.max(1)),
            ..self
        }
    }

    /// Clears the run, into which no I/O is in flight.
    pub(crate) fn zero(self) {
        // SAFETY: The run is valid by the type invariant.
        unsafe { bindings::memzero_pages(self.page, self.offset, self.len) }
    }

    /// Returns the run as a vector of a bio.
    pub(crate) fn as_bvec(self) -> bindings::bio_vec {
        bindings::bio_vec {
            bv_page: self.page,
            bv_len: self.len,
            bv_offset: self.offset,
        }
    }
}

/// A page of memory.
///
/// # Invariants
///
/// The page is valid for as long as this value and its copies are used, and until every I/O that they
/// became part of has completed.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_segment.pages_are_cut_at_their_end`.
#[derive(Clone, Copy)]
pub(crate) struct MemoryPage(*mut bindings::page);

impl MemoryPage {
    /// Takes a page.
    ///
    /// # Safety
    ///
    /// The caller guarantees the type invariant.
    pub(crate) unsafe fn new(page: *mut bindings::page) -> Self {
        // INVARIANT: The caller guarantees it.
        Self(page)
    }

    /// Returns the page.
    pub(crate) fn as_raw(self) -> *mut bindings::page {
        self.0
    }

    /// Returns the page that follows this one in memory, if that can be known, or null.
    pub(crate) fn following(self) -> *mut bindings::page {
        if PAGES_ARE_AN_ARRAY {
            self.0.wrapping_add(1)
        } else {
            core::ptr::null_mut()
        }
    }

    /// Returns the bytes from `offset` to the end of the page, at most `max`; [`None`] if those are
    /// none.
    pub(crate) fn segment(self, offset: usize, max: u64) -> Option<Segment> {
        let len = PAGE_SIZE.checked_sub(offset)?.min(max as usize);
        // SAFETY: The page is valid by the type invariant, and the bytes are within it.
        (len > 0).then(|| unsafe { Segment::new(self.0, offset as u32, len as u32) })
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_segment)]
mod tests {
    use super::*;

    /// A run that nobody looks into.
    fn run(page: usize, offset: u32, len: u32) -> Segment {
        let page = core::ptr::null_mut::<bindings::page>().wrapping_add(page);
        // SAFETY: No I/O is made.
        unsafe { Segment::new(page, offset, len) }
    }

    #[test]
    fn truncation_keeps_what_is_shorter() {
        assert_eq!(run(0, 0, 10).truncate(4).len(), 4);
        assert_eq!(run(0, 0, 10).truncate(10).len(), 10);
        assert_eq!(run(0, 0, 10).truncate(11).len(), 10);
        assert_eq!(run(0, 0, 10).truncate(0).len(), 1);
    }

    #[test]
    fn pages_are_cut_at_their_end() {
        // SAFETY: No I/O is made.
        let page = unsafe { MemoryPage::new(run(1, 0, 1).page) };
        let len = |offset, max| page.segment(offset, max).map(Segment::len);
        assert_eq!(len(0, u64::MAX), Some(PAGE_SIZE as u32));
        assert_eq!(len(PAGE_SIZE - 1, 512), Some(1));
        assert_eq!(len(1, 512), Some(512));
        assert_eq!(len(PAGE_SIZE, 512), None);
        assert_eq!(len(usize::MAX, 512), None);
        assert_eq!(len(0, 0), None);
    }
}
