// SPDX-License-Identifier: GPL-2.0

//! Zeroes to write.
//!
//! C header: [`include/linux/bvec.h`](srctree/include/linux/bvec.h)

use super::Segment;
use crate::bindings;
use kernel::{
    bindings::bio_vec,
    page::PAGE_SIZE,
    prelude::*, //
};

/// The most bytes of zeroes that a bio carries: 1 MiB.
const BYTES: usize = 1 << 20;

/// The vectors of bios that carry zeroes: the kernel's page of zeroes over and over. They never
/// change, so that all such bios share them.
pub(crate) struct ZeroVectors(KVec<bio_vec>);

// SAFETY: The vectors are only read, and so is the page.
unsafe impl Send for ZeroVectors {}
// SAFETY: As for `Send`.
unsafe impl Sync for ZeroVectors {}

impl ZeroVectors {
    /// Makes the vectors. May sleep.
    pub(super) fn new() -> Result<Self> {
        // SAFETY: The page is always there.
        let zeroes = unsafe { Segment::new(bindings::dm_io_rust_zero_page(), 0, PAGE_SIZE as u32) };
        let vectors = KVec::from_elem(zeroes.as_bvec(), BYTES / PAGE_SIZE, GFP_KERNEL)?;
        Ok(Self(vectors))
    }

    /// The vectors, and how many bytes they carry.
    pub(super) fn as_raw(&self) -> (*mut bio_vec, u32) {
        (self.0.as_ptr().cast_mut(), BYTES as u32)
    }
}
