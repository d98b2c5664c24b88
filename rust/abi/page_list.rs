// SPDX-License-Identifier: GPL-2.0

//! Page lists from C.

use crate::{
    bindings,
    block::Segment,
    io::{
        source::{
            pages_of,
            Source, //
        },
        Refusal, //
    }, //
};
use core::mem::offset_of;
use kernel::{
    ffi::c_uint,
    page::PAGE_SIZE, //
};

// The two APIs have the same list.
const _: () = {
    use bindings::{
        mainline,
        page_list, //
    };
    assert!(size_of::<page_list>() == size_of::<mainline::page_list>());
    assert!(offset_of!(page_list, next) == offset_of!(mainline::page_list, next));
    assert!(offset_of!(page_list, page) == offset_of!(mainline::page_list, page));
};

/// The pages of a buffer of 1 GiB: only longer lists are looked at for leading back to themselves.
const FIRST_STRETCH: usize = (1 << 30) / PAGE_SIZE;

/// A place in a `struct page_list`.
///
/// # Invariants
///
/// `list` is null or an element of a list that stays as it is while this value is used; its pages
/// are valid until all I/O with them has ended. `offset` is below [`PAGE_SIZE`].
#[derive(Clone)]
pub(super) struct PageList {
    list: *const bindings::page_list,
    offset: usize,
}

impl PageList {
    /// What is wrong with a list that does not cover a request.
    pub(super) const TOO_SHORT: Refusal =
        Refusal::invalid(c"pl: it ends before the largest region does");

    /// Takes a list from C, or none.
    ///
    /// # Safety
    ///
    /// `list` is null or an element of a list that stays as it is while the result is used; its
    /// pages are valid until all I/O with them has ended.
    pub(super) unsafe fn from_raw(
        list: *const bindings::page_list,
        offset: c_uint,
    ) -> Result<Self, Refusal> {
        if offset as usize >= PAGE_SIZE {
            return Err(Refusal::invalid(c"offset: a page or more"));
        }
        // INVARIANT: By this function's requirement, and by the check.
        Ok(Self {
            list,
            offset: offset as usize,
        })
    }

    /// Refuses to be none.
    pub(super) fn needed(self) -> Result<Self, Refusal> {
        if self.list.is_null() {
            return Err(Refusal::invalid(c"pl is NULL"));
        }
        Ok(self)
    }
}

impl Source for PageList {
    const MERGES: bool = true;

    fn next(&mut self, max: u32) -> Option<Segment> {
        // SAFETY: By the type invariant.
        let element = unsafe { self.list.as_ref() }.filter(|element| !element.page.is_null())?;
        let rest = PAGE_SIZE - self.offset;
        let len = rest.min(max as usize);
        // SAFETY: The page is valid by the type invariant, and `len` bytes from `offset` are in it.
        let piece = unsafe { Segment::new(element.page, self.offset as u32, len as u32) };
        // INVARIANT: The offset stays below the page's size, and the next element is of the list.
        if len == rest {
            self.list = element.next;
            self.offset = 0;
        } else {
            self.offset += len;
        }
        Some(piece)
    }

    fn pieces(&self, bytes: u64) -> usize {
        pages_of(self.offset, bytes)
    }

    fn covers(&self, bytes: u64) -> bool {
        let mut pages = pages_of(self.offset, bytes);
        let mut list = self.list;
        let mut stretch = FIRST_STRETCH;
        // A list that leads back to where it was is as long as anything: after each stretch, twice as
        // long as the one before, its end is what the next looks for.
        let mut mark: *const bindings::page_list = core::ptr::null();
        while pages > 0 {
            for _ in 0..pages.min(stretch) {
                // SAFETY: By the type invariant.
                match unsafe { list.as_ref() } {
                    Some(element) if !element.page.is_null() => list = element.next,
                    _ => return false,
                }
                if !mark.is_null() && list == mark {
                    return true;
                }
            }
            pages = pages.saturating_sub(stretch);
            stretch = stretch.saturating_mul(2);
            mark = list;
        }
        true
    }
}
