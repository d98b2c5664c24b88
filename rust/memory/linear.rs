// SPDX-License-Identifier: GPL-2.0

//! Memory of the kernel's linear mapping: what `kmalloc` and the page allocator return.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use super::{
    segment::PAGES_ARE_AN_ARRAY,
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

/// The rest of a buffer in the linear mapping, where adjacent addresses are adjacent memory.
///
/// # Invariants
///
/// The `len` bytes from `start` on are of the linear mapping, and valid until every I/O with them
/// has completed. `page` is that of `start`.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_linear.buffers_yield_their_length_and_no_more`.
#[derive(Clone)]
pub(crate) struct LinearBuffer {
    start: *const c_void,
    page: *mut bindings::page,
    len: u64,
}

impl LinearBuffer {
    /// Takes `len` bytes from C; [`None`] if they do not start and end in the linear mapping.
    ///
    /// # Safety
    ///
    /// If they do, they are valid, and writable if they are read into, until every I/O with them has
    /// completed.
    pub(crate) unsafe fn from_raw(start: *const c_void, len: u64) -> Option<Self> {
        let page = page_of(start)?;
        let in_first_page = (PAGE_SIZE - start.addr() % PAGE_SIZE) as u64;
        if len > in_first_page {
            let last = start.addr().checked_add(usize::try_from(len - 1).ok()?)?;
            page_of(start.with_addr(last))?;
        }
        // INVARIANT: The caller guarantees them.
        Some(Self { start, page, len })
    }

    /// Returns how many runs the next `bytes` bytes are.
    pub(crate) fn runs(&self, bytes: u64) -> usize {
        let before = self.start.addr() % PAGE_SIZE;
        (self.len.min(bytes) as usize)
            .saturating_add(before)
            .div_ceil(LONGEST_RUN)
    }

    /// Returns the first `bytes` bytes, or all of the rest if those are more, if they are one run.
    #[inline]
    pub(crate) fn whole(&self, bytes: u32) -> Option<Segment> {
        let len = self.len.min(bytes.into()) as u32;
        let offset = self.start.addr() % PAGE_SIZE;
        if len == 0 || len as usize > LONGEST_RUN - offset {
            return None;
        }
        // SAFETY: The memory is valid by the type invariant, and contiguous up to `LONGEST_RUN`.
        Some(unsafe { Segment::new(self.page, offset as u32, len) })
    }

    /// Takes the next run, of at most `max` bytes.
    pub(crate) fn next(&mut self, max: u32) -> Option<Segment> {
        let offset = self.start.addr() % PAGE_SIZE;
        let most = (LONGEST_RUN - offset) as u64;
        let len = self.len.min(max.into()).min(most) as u32;
        if len == 0 {
            return None;
        }
        // SAFETY: The memory is valid by the type invariant, and contiguous up to `LONGEST_RUN`.
        let run = unsafe { Segment::new(self.page, offset as u32, len) };
        self.advance(len.into());
        Some(run)
    }

    /// Leaves the first `bytes` behind.
    pub(crate) fn advance(&mut self, bytes: u64) {
        let bytes = bytes.min(self.len);
        let from_page = self.start.addr() % PAGE_SIZE + bytes as usize;
        self.start = self.start.wrapping_byte_add(bytes as usize);
        self.len -= bytes;
        // INVARIANT: `page` is that of the new start, unless nothing is left.
        if PAGES_ARE_AN_ARRAY {
            self.page = self.page.wrapping_add(from_page / PAGE_SIZE);
        } else if self.len > 0 {
            match page_of(self.start) {
                Some(page) => self.page = page,
                None => self.len = 0,
            }
        }
    }
}

fn page_of(address: *const c_void) -> Option<*mut bindings::page> {
    // SAFETY: Any address may be looked up.
    let page = unsafe { bindings::virt_to_valid_page(address) };
    (!page.is_null()).then_some(page)
}

#[kernel::macros::kunit_tests(dm_io_rust_linear)]
mod tests {
    use super::*;
    use kernel::prelude::*;

    #[test]
    fn buffers_yield_their_length_and_no_more() -> Result {
        let memory = KVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;
        let start = memory.as_ptr().wrapping_add(100).cast();
        // SAFETY: No I/O is made.
        let mut buffer = unsafe { LinearBuffer::from_raw(start, 10_000) }.ok_or(EINVAL)?;
        let mut sum = 0;
        while let Some(run) = buffer.next(1000) {
            assert!(run.len() <= 1000);
            sum += run.len();
        }
        assert_eq!(sum, 10_000);
        assert_eq!(buffer.len, 0);
        Ok(())
    }

    #[test]
    fn runs_end_at_the_longest() -> Result {
        let memory = KVec::from_elem(0u8, PAGE_SIZE, GFP_KERNEL)?;
        let start = memory.as_ptr().wrapping_add(100).cast();
        // SAFETY: No I/O is made, of whatever length.
        let buffer = unsafe { LinearBuffer::from_raw(start, 1) }.ok_or(EINVAL)?;
        let before = start.addr() % PAGE_SIZE;
        let buffer = LinearBuffer {
            len: u64::MAX,
            ..buffer
        };
        for runs in 1..4 {
            let bytes = (runs * LONGEST_RUN - before) as u64;
            assert_eq!(buffer.runs(bytes), runs);
            assert_eq!(buffer.runs(bytes + 1), runs + 1);
        }
        Ok(())
    }

    #[test]
    fn addresses_outside_of_the_linear_mapping_are_refused() {
        // SAFETY: No I/O is made.
        unsafe {
            assert!(LinearBuffer::from_raw(core::ptr::null(), 1).is_none());
            let last = core::ptr::without_provenance(usize::MAX);
            assert!(LinearBuffer::from_raw(last, 1).is_none());
        }
    }
}
