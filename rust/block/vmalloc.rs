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
        // INVARIANT: By this function's requirement.
        is_vmalloc(start).then_some(Self { start })
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

fn is_vmalloc(address: *const c_void) -> bool {
    // SAFETY: Any address may be asked about.
    unsafe { kernel::bindings::is_vmalloc_addr(address) }
}

/// From how many bytes on it is worth to find where the page tables tell of the pages.
const MANY: u64 = 8 * PAGE_SIZE as u64;

/// A place in a range.
///
/// # Invariants
///
/// `page` is null, or that of `at`. `place` is null, or where the page tables tell of the page of
/// `at`, or if `page` is not null of the next.
#[derive(Clone)]
pub(crate) struct VmallocPages {
    at: *mut c_void,
    page: *mut kernel::bindings::page,
    place: *mut c_void,
}

impl VmallocPages {
    /// The start of a range, of which `bytes` bytes are needed.
    pub(crate) fn new(range: VmallocRange, bytes: u64) -> Self {
        let at = range.start;
        let place = if bytes >= MANY {
            // SAFETY: Any address may be asked about.
            unsafe { bindings::dm_io_rust_vmalloc_place(at) }
        } else {
            core::ptr::null_mut()
        };
        // INVARIANT: The place is null or that of the range's first page.
        let mut this = Self {
            at,
            page: core::ptr::null_mut(),
            place,
        };
        // Those who start from a copy need not look for the first page.
        this.page();
        this
    }

    /// How far into its page the place is, in bytes.
    pub(crate) fn offset_in_page(&self) -> usize {
        self.at.addr() % PAGE_SIZE
    }

    /// The page of this place; [`None`] if none is mapped: every area is followed by an address that
    /// has none.
    fn page(&mut self) -> Option<*mut kernel::bindings::page> {
        if self.page.is_null() {
            // SAFETY: The address is in a range or right behind it, and the place is that of its
            // page, by the type invariant; page tables stay as long as what they map.
            // INVARIANT: The place becomes that of the next page.
            self.page = unsafe { bindings::dm_io_rust_vmalloc_page(self.at, &mut self.place) };
        }
        (!self.page.is_null()).then_some(self.page)
    }

    /// Goes on by `bytes`, which do not go beyond the page.
    fn go_on(&mut self, bytes: usize) {
        self.at = self.at.wrapping_byte_add(bytes);
        if self.offset_in_page() == 0 {
            // INVARIANT: The place is that of the page which is now the one of `at`.
            self.page = core::ptr::null_mut();
        }
    }

    /// Whether the page of this place is one of memory, and not of a device's registers. `valid` is
    /// what was found out of the pages before it, or [`usize::MAX`].
    fn is_memory(&mut self, valid: &mut usize) -> bool {
        self.page()
            // SAFETY: Any page may be asked about.
            .is_some_and(|page| unsafe { bindings::dm_io_rust_page_is_memory(page, valid) })
    }

    /// Whether there are `bytes` bytes of memory from here to the end of the range.
    pub(crate) fn covers(&self, bytes: u64) -> bool {
        let mut valid = usize::MAX;
        if bytes <= (PAGE_SIZE - self.offset_in_page()) as u64 {
            return bytes == 0 || self.clone().is_memory(&mut valid);
        }
        let last = bytes - 1;
        let start = self.at.addr();
        let end = usize::try_from(last)
            .ok()
            .and_then(|last| start.checked_add(last))
            .filter(|&end| is_vmalloc(self.at.with_addr(end)));
        let mut pages = self.clone();
        end.is_some_and(|end| {
            (start / PAGE_SIZE..=end / PAGE_SIZE).all(|_| {
                let is_memory = pages.is_memory(&mut valid);
                pages.go_on(PAGE_SIZE - pages.offset_in_page());
                is_memory
            })
        })
    }

    /// Goes over the bytes up to the end of the page, of which there are at most `max`; [`None`] at
    /// the end of the range.
    pub(crate) fn next(&mut self, max: u32) -> Option<Segment> {
        let (page, offset) = (self.page()?, self.offset_in_page());
        // SAFETY: The page is mapped, and stays so by the type invariant of the range; the rest of
        // it is not empty.
        let rest = unsafe { Segment::new(page, offset as u32, (PAGE_SIZE - offset) as u32) };
        let segment = rest.truncate(max);
        self.go_on(segment.len() as usize);
        Some(segment)
    }
}
