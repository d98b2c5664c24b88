// SPDX-License-Identifier: GPL-2.0

//! Memory that is contiguous by its addresses only.
//!
//! C header: [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)

use super::Segment;
use crate::bindings;
use core::ffi::c_void;
use kernel::page::PAGE_SIZE;

/// Memory that starts somewhere in an area of the vmalloc space, and ends with that area.
///
/// # Invariants
///
/// What is mapped from `start` on stays mapped until every I/O with it has ended.
#[derive(Clone, Copy)]
pub(crate) struct VmallocRange {
    start: *mut c_void,
}

// SAFETY: The range is an address, which is read by the kernel's page tables only.
unsafe impl Send for VmallocRange {}
// SAFETY: As for `Send`.
unsafe impl Sync for VmallocRange {}

impl VmallocRange {
    /// Takes an address from C; [`None`] if it is not of the vmalloc space.
    ///
    /// # Safety
    ///
    /// What is mapped from `start` on stays mapped until every I/O with the result has ended.
    pub(crate) unsafe fn from_raw(start: *mut c_void) -> Option<Self> {
        // SAFETY: Any address may be asked about.
        let is_vmalloc = unsafe { kernel::bindings::is_vmalloc_addr(start) };
        // INVARIANT: By this function's requirement.
        is_vmalloc.then_some(Self { start })
    }

    /// How far into its first page the range starts, in bytes.
    pub(crate) fn offset_in_page(self) -> usize {
        self.start.addr() % PAGE_SIZE
    }

    /// The bytes from `at` bytes into the range to the end of that page; [`None`] if there is no
    /// page: every area is followed by an address that has none.
    pub(crate) fn segment_at(self, at: usize) -> Option<Segment> {
        let addr = self.start.wrapping_byte_add(at);
        // SAFETY: Any address may be asked about.
        if addr.addr() < self.start.addr() || !unsafe { kernel::bindings::is_vmalloc_addr(addr) } {
            return None;
        }
        // SAFETY: The address is of the vmalloc space; where nothing is mapped the answer is null.
        let page = unsafe { kernel::bindings::vmalloc_to_page(addr) };
        let offset = addr.addr() % PAGE_SIZE;
        if page.is_null() {
            return None;
        }
        // SAFETY: The page is mapped, and stays so by the type invariant; the rest of it is not
        // empty.
        Some(unsafe { Segment::new(page, offset as u32, (PAGE_SIZE - offset) as u32) })
    }

    /// Makes what was written through the range's addresses visible to devices: before an I/O.
    pub(crate) fn flush(self, bytes: usize) {
        // SAFETY: The range is mapped by the type invariant, and `bytes` long as its user checked.
        unsafe { bindings::dm_io_rust_flush_kernel_vmap_range(self.start, bytes) }
    }

    /// Makes what devices wrote visible through the range's addresses: after a read.
    pub(crate) fn invalidate(self, bytes: usize) {
        // SAFETY: As for `flush`.
        unsafe { bindings::dm_io_rust_invalidate_kernel_vmap_range(self.start, bytes) }
    }
}
