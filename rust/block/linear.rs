// SPDX-License-Identifier: GPL-2.0

//! Memory of the kernel's linear mapping: what `kmalloc` and the page allocator give.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use super::{
    bvec::PAGES_ARE_AN_ARRAY,
    Segment, //
};
use crate::bindings;
use core::ffi::c_void;
use kernel::page::PAGE_SIZE;

/// The most bytes of a run, with those before it in its first page; a power of two.
const LONGEST_RUN: usize = if PAGES_ARE_AN_ARRAY {
    1 << 31
} else {
    PAGE_SIZE
};

/// Memory that starts at an address of the linear mapping, where what is adjacent in addresses is
/// adjacent in memory.
///
/// # Invariants
///
/// What follows `start`, for as long as it is used, is valid until every I/O with it has ended.
/// `page` is that of `start`.
#[derive(Clone, Copy)]
pub(crate) struct LinearRange {
    start: *const c_void,
    page: *mut kernel::bindings::page,
}

impl LinearRange {
    /// Takes an address from C; [`None`] if it is not of the linear mapping.
    ///
    /// # Safety
    ///
    /// What follows `start`, for as long as it is used, is valid until every I/O with it has ended.
    pub(crate) unsafe fn from_raw(start: *const c_void) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        page_of(start).map(|page| Self { start, page })
    }

    fn offset_in_page(self) -> usize {
        self.start.addr() % PAGE_SIZE
    }

    /// How many runs at the most the `bytes` bytes are that start `at` bytes into the range.
    pub(crate) fn pieces_at(self, at: usize, bytes: u64) -> usize {
        let before = (self.offset_in_page() + at) % PAGE_SIZE;
        usize::try_from(bytes)
            .unwrap_or(usize::MAX)
            .saturating_add(before)
            .div_ceil(LONGEST_RUN)
    }

    /// Whether the linear mapping goes on for `bytes` bytes.
    pub(crate) fn covers(self, bytes: u64) -> bool {
        if bytes <= (PAGE_SIZE - self.offset_in_page()) as u64 {
            return true;
        }
        usize::try_from(bytes - 1)
            .ok()
            .and_then(|last| self.start.addr().checked_add(last))
            .is_some_and(|end| page_of(self.start.with_addr(end)).is_some())
    }

    /// The run of at most `max` bytes, and at least one, that starts `at` bytes into the range.
    pub(crate) fn segment_at(self, at: usize, max: u32) -> Option<Segment> {
        let from_page = self.offset_in_page() + at;
        let page = if PAGES_ARE_AN_ARRAY {
            self.page.wrapping_add(from_page / PAGE_SIZE)
        } else {
            page_of(self.start.wrapping_byte_add(at))?
        };
        let offset = from_page % PAGE_SIZE;
        let most = (LONGEST_RUN - offset) as u32;
        // SAFETY: The memory is valid by the type invariant, and a run that is used is within it.
        Some(unsafe { Segment::new(page, offset as u32, max.clamp(1, most)) })
    }
}

fn page_of(address: *const c_void) -> Option<*mut kernel::bindings::page> {
    // SAFETY: Any address may be asked about.
    let page = unsafe { bindings::dm_io_rust_virt_to_page(address) };
    (!page.is_null()).then_some(page)
}
