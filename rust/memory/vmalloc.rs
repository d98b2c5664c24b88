// SPDX-License-Identifier: GPL-2.0

//! Memory that is contiguous by its addresses only.
//!
//! C header: [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)

use super::{
    segment::MemoryPage,
    Segment, //
};
use crate::bindings;
use core::{
    ffi::c_void,
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::NonNull, //
};
use kernel::page::PAGE_SIZE;

/// The addresses of a buffer, by which caches are flushed and invalidated.
///
/// # Invariants
///
/// The `len` bytes from `start` on are mapped in the vmalloc space until they were invalidated.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_vmalloc.buffers_yield_their_length_and_no_more`.
#[derive(Clone, Copy)]
pub(crate) struct VmallocRange {
    start: NonNull<c_void>,
    len: usize,
}

// SAFETY: The range is an address, and the kernel's page tables may be read by any thread.
unsafe impl Send for VmallocRange {}
// SAFETY: As for `Send`.
unsafe impl Sync for VmallocRange {}

impl VmallocRange {
    /// Makes what was written through the range's addresses visible to devices: before an I/O.
    pub(crate) fn flush(self) {
        // SAFETY: The range is mapped by the type invariant.
        unsafe { bindings::flush_kernel_vmap_range(self.start.as_ptr(), self.len) }
    }

    /// Makes what devices wrote visible through the range's addresses: after a read.
    pub(crate) fn invalidate(self) {
        // SAFETY: The range is mapped by the type invariant.
        unsafe { bindings::invalidate_kernel_vmap_range(self.start.as_ptr(), self.len) }
    }
}

/// The rest of a buffer in the vmalloc space.
///
/// # Invariants
///
/// What is mapped of the `len` bytes from `start` on stays mapped until every I/O with it has
/// completed.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_vmalloc.buffers_yield_their_length_and_no_more`.
#[derive(Clone)]
pub(crate) struct VmallocBuffer {
    start: *mut c_void,
    len: u64,
}

impl VmallocBuffer {
    /// Takes `len` bytes from C; [`None`] if they do not start and end in the vmalloc space.
    ///
    /// # Safety
    ///
    /// What is mapped of them stays mapped, and is writable if it is read into, until every I/O with it
    /// has completed.
    pub(crate) unsafe fn from_raw(start: *mut c_void, len: u64) -> Option<Self> {
        let last = usize::try_from(len.saturating_sub(1)).ok()?;
        let end = start.with_addr(start.addr().checked_add(last)?);
        // INVARIANT: The caller guarantees it.
        (is_vmalloc(start) && is_vmalloc(end)).then_some(Self { start, len })
    }

    /// Returns the addresses of the rest.
    pub(crate) fn range(&self) -> Option<VmallocRange> {
        // INVARIANT: The rest is mapped, as far as I/O is done with it.
        Some(VmallocRange {
            start: NonNull::new(self.start)?,
            len: self.len as usize,
        })
    }

    /// Returns how far into its page the rest starts, in bytes.
    pub(crate) fn offset_in_page(&self) -> usize {
        self.start.addr() % PAGE_SIZE
    }

    /// Leaves the first `bytes` behind.
    pub(crate) fn advance(&mut self, bytes: u64) {
        let bytes = bytes.min(self.len);
        // INVARIANT: The rest is a part of what it was.
        self.start = self.start.wrapping_byte_add(bytes as usize);
        self.len -= bytes;
    }

    /// Returns the pages of the rest.
    pub(crate) fn pages(&self) -> VmallocPages<'_> {
        // INVARIANT: No page was looked up yet.
        VmallocPages {
            at: self.start.wrapping_byte_sub(self.offset_in_page()),
            left: (self.len as usize)
                .saturating_add(self.offset_in_page())
                .div_ceil(PAGE_SIZE),
            batch: [const { MaybeUninit::uninit() }; BATCH],
            next: 0,
            found: 0,
            _buffer: PhantomData,
        }
    }

    /// Returns the bytes up to the end of the page; [`None`] if there are none, or no memory is mapped.
    pub(crate) fn first(&self) -> Option<Segment> {
        self.pages()
            .next()?
            .segment(self.offset_in_page(), self.len)
    }

    /// Returns whether all of the rest is memory.
    pub(crate) fn is_complete(&self) -> bool {
        let mut pages = self.pages();
        while pages.next().is_some() {}
        pages.left == 0 && pages.next == pages.found
    }
}

/// How many pages are looked up at a time.
const BATCH: usize = 16;

/// The pages of a [`VmallocBuffer`].
///
/// # Invariants
///
/// `batch[next..found]` are pages of the buffer, whose next `left` pages are mapped from `at` on, as
/// far as they are.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_vmalloc.the_end_of_an_area_is_found`.
pub(crate) struct VmallocPages<'a> {
    at: *mut c_void,
    left: usize,
    batch: [MaybeUninit<*mut bindings::page>; BATCH],
    next: usize,
    found: usize,
    _buffer: PhantomData<&'a VmallocBuffer>,
}

impl VmallocPages<'_> {
    /// Returns the next page; [`None`] at the end, or where no memory is mapped.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<MemoryPage> {
        if self.next == self.found && !self.look_up() {
            return None;
        }
        let page = self.batch.get(self.next)?;
        self.next += 1;
        // SAFETY: The pages up to `found` were looked up, by the type invariant; they stay mapped by
        // that of the buffer.
        Some(unsafe { MemoryPage::new(page.assume_init()) })
    }

    /// Looks up the next pages. Returns false if there is none that is memory.
    #[inline(never)]
    fn look_up(&mut self) -> bool {
        let count = self.left.min(BATCH);
        // SAFETY: There is room for `count` pages, and any address of the vmalloc space may be
        // looked up.
        let found = unsafe {
            let pages = self.batch.as_mut_ptr().cast();
            bindings::vmalloc_to_memory_pages(self.at, pages, count as u32)
        };
        // INVARIANT: They were just looked up.
        self.next = 0;
        self.found = (found as usize).min(count);
        self.left -= self.found;
        self.at = self.at.wrapping_byte_add(self.found * PAGE_SIZE);
        self.found > 0
    }
}

fn is_vmalloc(address: *const c_void) -> bool {
    // SAFETY: Any address may be asked about.
    unsafe { bindings::is_vmalloc_addr(address) }
}

#[kernel::macros::kunit_tests(dm_io_rust_vmalloc)]
mod tests {
    use super::*;
    use kernel::prelude::*;

    #[test]
    fn buffers_yield_their_length_and_no_more() -> Result {
        let memory = VVec::from_elem(0u8, 40 * PAGE_SIZE, GFP_KERNEL)?;
        let start = memory.as_ptr().cast_mut().wrapping_add(512).cast();
        let len = 35 * PAGE_SIZE as u64;
        // SAFETY: No I/O is made.
        let mut buffer = unsafe { VmallocBuffer::from_raw(start, len) }.ok_or(EINVAL)?;
        assert!(buffer.is_complete());
        let range = buffer.range().ok_or(EINVAL)?;
        range.flush();
        range.invalidate();
        let (mut sum, mut runs) = (0, 0);
        while let Some(run) = buffer.first() {
            sum += u64::from(run.len());
            runs += 1;
            buffer.advance(run.len().into());
        }
        assert_eq!((sum, runs), (len, 36));
        assert_eq!(buffer.len, 0);
        Ok(())
    }

    #[test]
    fn the_end_of_an_area_is_found() -> Result {
        let memory = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;
        let start = memory.as_ptr().cast_mut().cast();
        // SAFETY: No I/O is made.
        let buffer = unsafe { VmallocBuffer::from_raw(start, 4 * PAGE_SIZE as u64) };
        assert!(buffer.is_some_and(|buffer| !buffer.is_complete()));
        Ok(())
    }

    #[test]
    fn a_buffer_does_not_end_beyond_the_space() -> Result {
        let memory = VVec::from_elem(0u8, PAGE_SIZE, GFP_KERNEL)?;
        let mut last: *mut c_void = memory.as_ptr().cast_mut().cast();
        for bit in (0..usize::BITS - 1).rev() {
            let behind = last.wrapping_byte_add(1 << bit);
            if behind > last && is_vmalloc(behind) {
                last = behind;
            }
        }
        // SAFETY: Nothing is mapped there, and no I/O is made.
        let takes = |start, len| unsafe { VmallocBuffer::from_raw(start, len) }.is_some();
        assert!(takes(last, 1));
        assert!(takes(last.wrapping_byte_sub(1), 2));
        assert!(!takes(last, 2));
        assert!(!takes(last, u64::MAX));
        Ok(())
    }
}
