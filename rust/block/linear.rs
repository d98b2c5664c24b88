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
#[derive(Clone, Copy)]
pub(crate) struct LinearRange {
    start: *const c_void,
}

impl LinearRange {
    /// Takes an address from C; [`None`] if it is not of the linear mapping.
    ///
    /// # Safety
    ///
    /// What follows `start`, for as long as it is used, is valid until every I/O with it has ended.
    pub(crate) unsafe fn from_raw(start: *const c_void) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        page_of(start).map(|_| Self { start })
    }

    /// How many runs at the most the `bytes` bytes are that start `at` bytes into the range.
    pub(crate) fn pieces_at(self, at: usize, bytes: u64) -> usize {
        let before = self.start.wrapping_byte_add(at).addr() % PAGE_SIZE;
        usize::try_from(bytes)
            .unwrap_or(usize::MAX)
            .saturating_add(before)
            .div_ceil(LONGEST_RUN)
    }

    /// Whether the linear mapping goes on for `bytes` bytes.
    pub(crate) fn covers(self, bytes: u64) -> bool {
        let Some(last) = bytes.checked_sub(1) else {
            return true;
        };
        usize::try_from(last)
            .ok()
            .and_then(|last| self.start.addr().checked_add(last))
            .is_some_and(|end| page_of(self.start.with_addr(end)).is_some())
    }

    /// The run of at most `max` bytes, and at least one, that starts `at` bytes into the range.
    pub(crate) fn segment_at(self, at: usize, max: u32) -> Option<Segment> {
        let start = self.start.wrapping_byte_add(at);
        let page = page_of(start)?;
        let offset = (start.addr() % PAGE_SIZE) as u32;
        // SAFETY: The memory is valid by the type invariant, and a run that is used is within it.
        Some(unsafe { Segment::new(page, offset, max.clamp(1, LONGEST_RUN as u32 - offset)) })
    }
}

fn page_of(address: *const c_void) -> Option<*mut kernel::bindings::page> {
    // SAFETY: Any address may be asked about.
    let page = unsafe { bindings::dm_io_rust_virt_to_page(address) };
    (!page.is_null()).then_some(page)
}
