// SPDX-License-Identifier: GPL-2.0

//! Pages to read into and to write from.
//!
//! C header: [`include/linux/gfp.h`](srctree/include/linux/gfp.h)

use super::Segment;
use crate::bindings;
use core::{
    ops::Range,
    ptr::NonNull, //
};
use kernel::{
    bitmap::BitmapVec,
    new_spinlock,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    }, //
};

/// The order of the largest block that is asked for: 1 MiB with pages of 4 KiB.
const MAX_ORDER: u32 = 8;
/// The order of the smallest block of a reserve, but for its last ones, which together are less. The
/// largest logical block of a device, which is 64 KiB, then lies in three blocks at most with pages of
/// 4 KiB, and any bio has vectors enough for it.
const MIN_ORDER: u32 = 3;

/// The bytes of the smallest block of a reserve, but for its last ones.
pub(crate) const MIN_BLOCK: usize = PAGE_SIZE << MIN_ORDER;

/// Returns whether a reserve of so many elements of `size` bytes leaves at least as much memory to
/// others. Where it does not, it fails with `ENOMEM` rather than invoking the OOM killer.
pub(super) fn is_affordable(elements: usize, size: usize) -> bool {
    // SAFETY: May be called at any time.
    let available = unsafe { bindings::si_mem_available() };
    let available = usize::try_from(available).unwrap_or(0);
    elements.saturating_mul(size) / PAGE_SIZE <= available / 2
}

/// Returns the size of the machine's memory, in bytes.
pub(crate) fn total_memory() -> u64 {
    // SAFETY: May be called at any time.
    let pages = unsafe { bindings::totalram_pages() };
    (pages as u64).saturating_mul(PAGE_SIZE as u64)
}

/// The pages of one allocation of a power of two.
///
/// # Invariants
///
/// `first` is the first of `1 << order` pages that this value owns; `order` is at most
/// [`MAX_ORDER`].
struct PageBlock {
    first: NonNull<bindings::page>,
    order: u32,
}

// SAFETY: Pages may be used and freed by any thread.
unsafe impl Send for PageBlock {}
// SAFETY: Nothing here changes a page through a shared borrow.
unsafe impl Sync for PageBlock {}

impl PageBlock {
    #[inline(never)]
    fn new(order: u32, flags: bindings::gfp_t) -> Option<Self> {
        let order = order.min(MAX_ORDER);
        // A driver may take references on single pages: those of one block share theirs.
        let flags = flags | bindings::__GFP_NOWARN | bindings::__GFP_COMP;
        // SAFETY: Any flags and order may be asked for; the kernel answers what it can.
        let first = unsafe { bindings::alloc_pages(flags, order) };
        // INVARIANT: The pages are new.
        NonNull::new(first).map(|first| Self { first, order })
    }

    /// Allocates a block to keep. May sleep; the kernel tries hard for what there must be, but does
    /// not invoke the OOM killer.
    fn reserved(order: u32) -> Option<Self> {
        let effort = if order <= MIN_ORDER {
            bindings::__GFP_RETRY_MAYFAIL
        } else {
            bindings::__GFP_NORETRY
        };
        Self::new(order, bindings::GFP_KERNEL | effort)
    }

    /// Allocates blocks of together `pages` pages or a few more, each the largest that is free; fewer
    /// if there are no more. Does not sleep, and has no memory reclaimed or compacted for more than a
    /// page.
    fn gather(pages: usize) -> KVec<Self> {
        let mut blocks = KVec::new();
        let (mut rest, mut order) = (pages, MAX_ORDER);
        while rest > 0 {
            order = order.min(rest.next_power_of_two().ilog2());
            let flags = if order > 0 { 0 } else { bindings::GFP_NOWAIT };
            match Self::new(order, flags) {
                Some(block) => {
                    rest = rest.saturating_sub(block.pages());
                    if blocks.push(block, GFP_NOWAIT | __GFP_NOWARN).is_err() {
                        break;
                    }
                }
                None if order > 0 => order -= 1,
                None => break,
            }
        }
        blocks
    }

    fn pages(&self) -> usize {
        1 << self.order
    }

    /// Returns the bytes from the page with number `page` to the end of the block.
    ///
    /// # Safety
    ///
    /// The caller keeps the block until every I/O that the result becomes part of has completed.
    unsafe fn segment_from(&self, page: usize) -> Option<Segment> {
        let rest = self.pages().checked_sub(page).filter(|&rest| rest > 0)?;
        // SAFETY: The page is within the block, which has at most 1 MiB, and which the caller
        // keeps.
        Some(unsafe { Segment::new(self.first.as_ptr().add(page), 0, (rest * PAGE_SIZE) as u32) })
    }
}

impl Drop for PageBlock {
    fn drop(&mut self) {
        // SAFETY: The pages are this value's by the type invariant.
        unsafe { bindings::__free_pages(self.first.as_ptr(), self.order) }
    }
}

/// A fixed number of pages, set aside, of which runs are handed out.
///
/// The pages come in blocks as large as there were, so that a run is mostly one piece of memory.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_pages.takes_the_first_run_that_is_long_enough_or_else_the_longest`.
#[pin_data]
pub(crate) struct PageReserve {
    blocks: KVec<PageBlock>,
    pages: usize,
    /// A bit for every page that is handed out.
    #[pin]
    used: SpinLock<BitmapVec>,
}

impl PageReserve {
    /// Allocates `pages` pages to keep, at least 1. May sleep.
    pub(crate) fn new(pages: usize) -> Result<Arc<Self>> {
        if pages == 0 {
            return Err(EINVAL);
        }
        if !is_affordable(pages, PAGE_SIZE) {
            return Err(ENOMEM);
        }
        let mut blocks = KVec::new();
        let mut have = 0;
        let mut order = MAX_ORDER;
        while have < pages {
            order = order.min((pages - have).ilog2());
            match PageBlock::reserved(order) {
                Some(block) => {
                    blocks.push(block, GFP_KERNEL)?;
                    have += 1 << order;
                }
                None if order > MIN_ORDER => order -= 1,
                None => return Err(ENOMEM),
            }
        }
        let used = BitmapVec::new(pages, GFP_KERNEL)?;
        Arc::pin_init(
            pin_init!(Self {
                blocks,
                pages,
                used <- new_spinlock!(used),
            }),
            GFP_KERNEL,
        )
    }

    /// Takes the first free run of `pages` pages, or else the longest there is.
    fn take(&self, pages: usize) -> Option<Range<usize>> {
        let mut used = self.used.lock();
        let mut longest = 0..0;
        let mut at = 0;
        while let Some(start) = used.next_zero_bit(at).filter(|_| longest.len() < pages) {
            let end = used
                .next_bit(start)
                .unwrap_or(self.pages)
                .min(start.saturating_add(pages));
            if end - start > longest.len() {
                longest = start..end;
            }
            at = end;
            if at >= self.pages {
                break;
            }
        }
        // SAFETY: The bitmap has a bit for each page of the reserve, and the run is within it.
        unsafe {
            let bits = used.as_mut_ptr();
            bindings::__bitmap_set(bits, longest.start as u32, longest.len() as i32);
        }
        (!longest.is_empty()).then_some(longest)
    }

    /// Gives a run back that was taken.
    fn give_back(&self, run: Range<usize>) {
        let mut used = self.used.lock();
        // SAFETY: The bitmap has a bit for each page of the reserve, and the run is within it.
        unsafe {
            let bits = used.as_mut_ptr();
            bindings::__bitmap_clear(bits, run.start as u32, run.len() as i32);
        }
    }

    /// Returns how many blocks a run has a part in.
    fn blocks_of(&self, run: &Range<usize>) -> usize {
        let (first, last) = (
            find(&self.blocks, run.start),
            find(&self.blocks, run.end - 1),
        );
        last.zip(first)
            .map_or(0, |((_, last, _), (_, first, _))| last - first + 1)
    }
}

/// Returns the block that has a page, if one has, its number, and that of the page in it.
fn find(blocks: &[PageBlock], mut page: usize) -> Option<(&PageBlock, usize, usize)> {
    for (number, block) in blocks.iter().enumerate() {
        if page < block.pages() {
            return Some((block, number, page));
        }
        page -= block.pages();
    }
    None
}

/// The memory of one I/O: a run of a reserve, or blocks of its own.
///
/// Freed in process context only: the reserve's lock is not one for interrupts.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_pages.buffers_go_back_to_where_they_came_from`.
pub(crate) struct PageBuffer(Pages);

enum Pages {
    Reserved(Arc<PageReserve>, Range<usize>),
    Extra(KVec<PageBlock>),
}

impl PageBuffer {
    /// Allocates a buffer of up to `pages` pages: from the reserve if that has so many in a row, else
    /// from the allocator, unless the reserve has as much in a row as `blocks` blocks of those are. Does
    /// not sleep.
    pub(crate) fn new(reserve: &Arc<PageReserve>, pages: usize, blocks: usize) -> Option<Self> {
        let run = reserve.take(pages);
        if run.as_ref().is_some_and(|run| run.len() >= pages) {
            return run.map(|run| Self(Pages::Reserved(reserve.clone(), run)));
        }
        let extra = PageBlock::gather(pages);
        let have: usize = extra.iter().take(blocks).map(PageBlock::pages).sum();
        match run {
            Some(run) if run.len() >= have => {
                return Some(Self(Pages::Reserved(reserve.clone(), run)));
            }
            Some(run) => reserve.give_back(run),
            None if have == 0 => return None,
            None => {}
        }
        Some(Self(Pages::Extra(extra)))
    }

    /// Returns how many runs of adjacent pages the buffer consists of.
    pub(crate) fn runs(&self) -> usize {
        match &self.0 {
            Pages::Reserved(reserve, run) => reserve.blocks_of(run),
            Pages::Extra(blocks) => blocks.len(),
        }
    }

    /// Returns the longest run of memory that starts `at` pages into the buffer.
    ///
    /// # Safety
    ///
    /// The caller keeps the buffer until every I/O that the result becomes part of has completed.
    pub(crate) unsafe fn segment_from(&self, at: usize) -> Option<Segment> {
        let (blocks, start, pages) = match &self.0 {
            Pages::Reserved(reserve, run) => (&reserve.blocks, run.start, run.len()),
            Pages::Extra(blocks) => (blocks, 0, usize::MAX),
        };
        let rest = pages.checked_sub(at).filter(|&rest| rest > 0)?;
        let (block, _, page) = find(blocks, start + at)?;
        // SAFETY: The buffer owns the block, or has a reference on the reserve, and the caller keeps
        // the buffer.
        let segment = unsafe { block.segment_from(page) }?;
        Some(segment.truncate((rest.min((1 << 30) / PAGE_SIZE) * PAGE_SIZE) as u32))
    }
}

impl Drop for PageBuffer {
    fn drop(&mut self) {
        if let Pages::Reserved(reserve, run) = &self.0 {
            reserve.give_back(run.clone());
        }
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_pages)]
mod tests {
    use super::*;

    /// The pages of a reserve that are handed out.
    fn used(reserve: &PageReserve) -> usize {
        let used = reserve.used.lock();
        let is_used = |&page: &usize| used.next_bit(page) == Some(page);
        (0..reserve.pages).filter(is_used).count()
    }

    #[test]
    fn blocks_are_as_many_pages_as_asked_for() -> Result {
        for pages in 1..300 {
            let reserve = PageReserve::new(pages)?;
            let sum: usize = reserve.blocks.iter().map(PageBlock::pages).sum();
            assert_eq!(sum, pages);
            for page in 0..pages {
                assert!(find(&reserve.blocks, page).is_some());
            }
        }
        Ok(())
    }

    #[test]
    fn a_reserve_has_pages() {
        assert!(PageReserve::new(0).is_err_and(|error| error == EINVAL));
    }

    #[test]
    fn takes_the_first_run_that_is_long_enough_or_else_the_longest() -> Result {
        let reserve = PageReserve::new(16)?;
        assert_eq!(reserve.take(4), Some(0..4));
        assert_eq!(reserve.take(2), Some(4..6));
        assert_eq!(reserve.take(3), Some(6..9));
        reserve.give_back(0..4);
        reserve.give_back(6..9);
        // Free are now 0..4 and 6..16.
        assert_eq!(reserve.take(5), Some(6..11));
        assert_eq!(reserve.take(usize::MAX), Some(11..16));
        assert_eq!(reserve.take(1), Some(0..1));
        assert_eq!(reserve.take(9), Some(1..4));
        assert_eq!(reserve.take(1), None);
        assert_eq!(used(&reserve), 16);
        Ok(())
    }

    #[test]
    fn buffers_go_back_to_where_they_came_from() -> Result {
        let reserve = PageReserve::new(16)?;
        {
            let whole = PageBuffer::new(&reserve, 16, 1).ok_or(ENOMEM)?;
            assert_eq!(used(&reserve), 16);
            assert!(whole.runs() >= 1);
            let extra = PageBuffer::new(&reserve, 8, 1).ok_or(ENOMEM)?;
            assert!(matches!(extra.0, Pages::Extra(_)));
            assert_eq!(extra.runs(), 1);
        }
        assert_eq!(used(&reserve), 0);
        Ok(())
    }

    #[test]
    fn runs_cover_a_buffer_exactly() -> Result {
        let reserve = PageReserve::new(27)?;
        let _before = reserve.take(5);
        let buffer = PageBuffer::new(&reserve, 20, 1).ok_or(ENOMEM)?;
        let (mut page, mut runs) = (0, 0);
        // SAFETY: No I/O is made.
        while let Some(segment) = unsafe { buffer.segment_from(page) } {
            page += segment.len() as usize / PAGE_SIZE;
            runs += 1;
        }
        assert_eq!(page, 20);
        assert_eq!(runs, buffer.runs());
        Ok(())
    }
}
