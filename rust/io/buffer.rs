// SPDX-License-Identifier: GPL-2.0

//! The buffer of a request.

use crate::{
    block::{
        bio::{
            BioMut,
            INLINE_VECS,
            MAX_VECS, //
        },
        BioData, //
    },
    dm::PageList,
    memory::{
        BvecArray,
        LinearBuffer,
        Segment,
        VmallocBuffer,
        VmallocRange, //
    }, //
};
use kernel::page::PAGE_SIZE;

/// The rest of a buffer.
#[derive(Clone)]
pub(crate) enum Buffer<'a> {
    /// None: the operation carries no data.
    None,
    PageList(PageList<'a>),
    Vectors(BvecArray<'a>),
    Vmalloc(VmallocBuffer),
    Linear(LinearBuffer),
    /// The data of a bio, which other bios share as a whole.
    Bio(BioData),
}

impl<'a> Buffer<'a> {
    /// Fills a bio with the start of the buffer, up to `max` bytes and as much as its vectors hold.
    /// Returns the number of bytes. A bio's data is not filled in.
    // Inlined for speed, as `Io::run`.
    #[inline(always)]
    pub(super) fn fill(&self, bio: &mut BioMut<'_, '_>, max: u32) -> u32 {
        match self {
            Self::None | Self::Bio(_) => 0,
            Self::PageList(list) => {
                let mut pages = list.pages();
                bio.fill_pages(max, list.offset_in_page(), || pages.next())
            }
            Self::Vmalloc(vmalloc) => {
                let mut pages = vmalloc.pages();
                bio.fill_pages(max, vmalloc.offset_in_page(), || pages.next())
            }
            // What the caller laid out is left as it is.
            Self::Vectors(array) => {
                let mut array = array.clone();
                bio.fill(max, |max| array.next(max))
            }
            Self::Linear(linear) => match linear.whole(max) {
                Some(run) => bio.fill_one(run),
                None => {
                    let mut linear = linear.clone();
                    bio.fill(max, |max| linear.next(max))
                }
            },
        }
    }

    /// Fills a bio as [`Self::fill`]; an array serves as the bio's vectors itself, however small its
    /// elements are.
    pub(super) fn lend(&self, bio: &mut BioMut<'_, 'a>, max: u32) -> u32 {
        match self {
            Self::Vectors(array) => array.complete().map_or(0, |array| bio.borrow(array, max)),
            _ => self.fill(bio, max),
        }
    }

    /// Leaves the next `bytes` behind.
    pub(super) fn advance(&mut self, bytes: u64) {
        match self {
            Self::None | Self::Bio(_) => {}
            Self::PageList(list) => list.advance(bytes),
            Self::Vectors(array) => array.advance(bytes),
            Self::Linear(linear) => linear.advance(bytes),
            Self::Vmalloc(vmalloc) => vmalloc.advance(bytes),
        }
    }

    /// Returns how many vectors the next `bytes` need: 0 if they are no more than a bio has itself, and
    /// more than a bio may have need not be counted.
    #[inline]
    pub(super) fn vectors(&self, bytes: u64) -> usize {
        match self {
            Self::Vectors(_) => self.count_vectors(bytes),
            _ if bytes <= MAX_INLINE => 0,
            _ => self.count_vectors(bytes),
        }
    }

    #[inline(never)]
    fn count_vectors(&self, bytes: u64) -> usize {
        match self {
            Self::None | Self::Bio(_) => 0,
            Self::PageList(list) => pages_of(list.offset_in_page(), bytes),
            Self::Vmalloc(vmalloc) => pages_of(vmalloc.offset_in_page(), bytes),
            Self::Linear(linear) => linear.runs(bytes),
            Self::Vectors(array) => {
                let mut array = array.clone();
                let mut rest = bytes;
                let mut vectors = 0;
                while rest > 0 && vectors <= MAX_VECS {
                    match array.next(u32::try_from(rest).unwrap_or(u32::MAX)) {
                        Some(run) => rest -= u64::from(run.len()),
                        None => break,
                    }
                    vectors += 1;
                }
                vectors
            }
        }
    }

    /// Returns whether all of the rest is memory.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::None | Self::Bio(_) | Self::Linear(_) => true,
            Self::PageList(list) => list.is_complete(),
            Self::Vectors(array) => array.is_complete(),
            Self::Vmalloc(vmalloc) => vmalloc.is_complete(),
        }
    }

    /// Returns the buffer's addresses, if caches have to be flushed and invalidated by them.
    pub(super) fn vmalloc_range(&self) -> Option<VmallocRange> {
        match self {
            Self::Vmalloc(vmalloc) => vmalloc.range(),
            _ => None,
        }
    }

    /// Clears the next `bytes`, as far as there is memory: the buffer of a read that failed.
    pub(super) fn zero(&self, bytes: u64) {
        if let Self::Bio(data) = self {
            data.zero(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
        let mut at = self.clone();
        let mut rest = bytes;
        while let (Some(run), true) = (at.first(), rest > 0) {
            let run = run.truncate(u32::try_from(rest).unwrap_or(u32::MAX));
            run.zero();
            rest -= u64::from(run.len());
            at.advance(run.len().into());
        }
    }

    fn first(&self) -> Option<Segment> {
        match self {
            Self::None | Self::Bio(_) => None,
            Self::PageList(list) => list.first(),
            Self::Vmalloc(vmalloc) => vmalloc.first(),
            Self::Vectors(array) => array.clone().next(u32::MAX),
            Self::Linear(linear) => linear.clone().next(u32::MAX),
        }
    }
}

/// The bytes of a buffer of pages that a bio has vectors for, wherever in a page they start.
const MAX_INLINE: u64 = ((INLINE_VECS - 1) * PAGE_SIZE) as u64;

/// Returns how many pages `bytes` bytes are in that start `offset` bytes into a page.
fn pages_of(offset: usize, bytes: u64) -> usize {
    usize::try_from(bytes)
        .unwrap_or(usize::MAX)
        .saturating_add(offset)
        .div_ceil(PAGE_SIZE)
}
