// SPDX-License-Identifier: GPL-2.0

//! Runs of memory that a bio can carry.
//!
//! C header: [`include/linux/bvec.h`](srctree/include/linux/bvec.h)

use kernel::{
    bindings,
    page::PAGE_SIZE, //
};

/// Whether adjacent `struct page`s are adjacent pages.
const PAGES_ARE_AN_ARRAY: bool = cfg!(CONFIG_SPARSEMEM_VMEMMAP) || cfg!(CONFIG_FLATMEM);

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

    pub(super) fn as_bvec(self) -> bindings::bio_vec {
        bindings::bio_vec {
            bv_page: self.page,
            bv_len: self.len,
            bv_offset: self.offset,
        }
    }
}
