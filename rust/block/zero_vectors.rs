// SPDX-License-Identifier: GPL-2.0

//! Zeroes to write.
//!
//! C header: [`include/linux/bvec.h`](srctree/include/linux/bvec.h)

use crate::{
    bindings::{
        self,
        bio_vec, //
    },
    memory::Segment, //
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc, //
};

/// The most bytes of zeroes that a bio carries: 1 MiB.
const BYTES: usize = 1 << 20;

/// The vectors of bios that write zeroes: the kernel's page of zeroes over and over. They never
/// change, so that all such bios share them.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.zeroes_are_written_and_never_read_into`.
pub(crate) struct ZeroVectors(KVec<bio_vec>);

// SAFETY: The vectors are only read, and so is the page.
unsafe impl Send for ZeroVectors {}
// SAFETY: As for `Send`.
unsafe impl Sync for ZeroVectors {}

impl ZeroVectors {
    /// Creates the vectors. May sleep.
    pub(crate) fn new() -> Result<Arc<Self>> {
        // SAFETY: May be called at any time.
        let page = unsafe { bindings::zero_page() };
        // SAFETY: The page of zeroes is always there.
        let zeroes = unsafe { Segment::new(page, 0, PAGE_SIZE as u32) };
        let vectors = KVec::from_elem(zeroes.as_bvec(), BYTES / PAGE_SIZE, GFP_KERNEL)?;
        Ok(Arc::new(Self(vectors), GFP_KERNEL)?)
    }

    /// Returns the vectors, and how many bytes they carry.
    pub(super) fn as_raw(&self) -> (*mut bio_vec, u32) {
        (self.0.as_ptr().cast_mut(), BYTES as u32)
    }
}
