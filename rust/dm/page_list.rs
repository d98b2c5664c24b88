// SPDX-License-Identifier: GPL-2.0

//! Page lists from C.

use super::Refusal;
use crate::{
    bindings,
    memory::{
        segment::MemoryPage,
        Segment, //
    }, //
};
use core::marker::PhantomData;
use kernel::{
    ffi::c_uint,
    page::PAGE_SIZE, //
};

/// An element of a list, as C has it.
pub(crate) type Raw = bindings::page_list;

/// The pages of a buffer of 1 GiB: only in longer lists a loop is looked for.
const FIRST_STRETCH: usize = (1 << 30) / PAGE_SIZE;

/// The rest of a buffer that is a `struct page_list`: `len` bytes of it.
///
/// # Invariants
///
/// `list` is null or an element of a list that does not change during `'a`; its pages are valid until
/// all I/O with them has completed. `offset` is below [`PAGE_SIZE`].
#[derive(Clone)]
pub(crate) struct PageList<'a> {
    list: *const Raw,
    offset: usize,
    len: u64,
    _list: PhantomData<&'a Raw>,
}

impl PageList<'_> {
    /// The answer to a list that ends too early, or is null.
    pub(crate) const TOO_SHORT: Refusal =
        Refusal::invalid(c"pl: it ends before the largest region does");

    /// Takes `len` bytes of a list from C, from `offset` bytes into its first page on.
    ///
    /// # Safety
    ///
    /// `list` is null or an element of a list that does not change while the result is used; its
    /// pages are valid, and writable if they are read into, until all I/O with them has completed.
    pub(crate) unsafe fn from_raw(
        list: *const Raw,
        offset: c_uint,
        len: u64,
    ) -> Result<Self, Refusal> {
        if offset as usize >= PAGE_SIZE {
            return Err(Refusal::invalid(c"offset: a page or more"));
        }
        // INVARIANT: The offset was checked; the caller guarantees the rest.
        Ok(Self {
            list,
            offset: offset as usize,
            len,
            _list: PhantomData,
        })
    }

    /// Returns how far into its page the rest starts, in bytes.
    pub(crate) fn offset_in_page(&self) -> usize {
        self.offset
    }

    /// Returns the pages of the rest.
    pub(crate) fn pages(&self) -> Pages<'_> {
        Pages {
            list: self.list,
            _list: PhantomData,
        }
    }

    /// Returns the bytes up to the end of the page; [`None`] if there are none.
    pub(crate) fn first(&self) -> Option<Segment> {
        self.pages().next()?.segment(self.offset, self.len)
    }

    /// Leaves the first `bytes` behind, as far as there are pages.
    pub(crate) fn advance(&mut self, bytes: u64) {
        let bytes = bytes.min(self.len);
        let mut from_page = bytes.saturating_add(self.offset as u64);
        let mut pages = self.pages();
        while from_page >= PAGE_SIZE as u64 && pages.next().is_some() {
            from_page -= PAGE_SIZE as u64;
        }
        // INVARIANT: What follows is of the list, and less than a page is left of the bytes, unless the
        // list has ended.
        self.list = pages.list;
        self.offset = from_page as usize % PAGE_SIZE;
        self.len -= bytes;
    }

    /// Returns whether the list has all of the rest.
    pub(crate) fn is_complete(&self) -> bool {
        if self.len == 0 {
            return true;
        }
        let bytes = usize::try_from(self.len).unwrap_or(usize::MAX);
        let mut pages = bytes.saturating_add(self.offset).div_ceil(PAGE_SIZE);
        let mut list = self.list;
        let mut stretch = FIRST_STRETCH;
        // A list that leads back to itself is as long as anything: after each stretch, twice as long
        // as the one before, its end is what the next looks for.
        let mut mark: *const Raw = core::ptr::null();
        while pages > 0 {
            for _ in 0..pages.min(stretch) {
                // SAFETY: The list is null or valid by the type invariant.
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

/// The pages of a [`PageList`].
///
/// # Invariants
///
/// As those of the list.
pub(crate) struct Pages<'a> {
    list: *const Raw,
    _list: PhantomData<&'a Raw>,
}

impl Pages<'_> {
    /// Returns the next page; [`None`] if the next element is missing or has no page.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<MemoryPage> {
        // SAFETY: The list is null or valid by the type invariant.
        let element = unsafe { self.list.as_ref() }?;
        if element.page.is_null() {
            return None;
        }
        self.list = element.next;
        // SAFETY: The page is valid by the type invariant.
        Some(unsafe { MemoryPage::new(element.page) })
    }
}
