// SPDX-License-Identifier: GPL-2.0

//! Page lists from C.

use crate::{
    bindings,
    block::Segment,
    io::source::{
        pages_of,
        Source, //
    }, //
};
use kernel::page::PAGE_SIZE;

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
    /// Takes a list from C; [`None`] if there is none, or if it starts beyond its first page.
    ///
    /// # Safety
    ///
    /// `list` is null or an element of a list that stays as it is while the result is used; its
    /// pages are valid until all I/O with them has ended.
    pub(super) unsafe fn from_raw(list: *const bindings::page_list, offset: usize) -> Option<Self> {
        // INVARIANT: By this function's requirement, and by the check.
        (!list.is_null() && offset < PAGE_SIZE).then_some(Self { list, offset })
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
}
