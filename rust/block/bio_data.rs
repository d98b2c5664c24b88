// SPDX-License-Identifier: GPL-2.0

//! The memory of a bio that is somebody else's.
//!
//! C header: [`include/linux/bio.h`](srctree/include/linux/bio.h)

use crate::bindings;
use core::ptr::NonNull;

/// A `struct bio` whose memory other bios carry as well.
///
/// # Invariants
///
/// The bio carries data. It stays as it is while this value is used, and its vectors and their pages
/// do until every I/O with them has ended.
#[derive(Clone)]
pub(crate) struct BioData(NonNull<kernel::bindings::bio>);

impl BioData {
    /// Takes a bio from C; [`None`] if there is none, or if it carries no data.
    ///
    /// # Safety
    ///
    /// `bio` is null or valid. It stays as it is while the result is used, and its vectors and their
    /// pages do until every I/O with them has ended.
    pub(crate) unsafe fn from_raw(bio: *mut kernel::bindings::bio) -> Option<Self> {
        let bio = NonNull::new(bio)?;
        // SAFETY: By this function's requirement.
        let has_data = unsafe {
            bindings::dm_io_rust_bio_has_data(bio.as_ptr()) && !(*bio.as_ptr()).bi_io_vec.is_null()
        };
        // INVARIANT: By this function's requirement.
        has_data.then_some(Self(bio))
    }

    /// How much it carries, in bytes.
    pub(crate) fn bytes(&self) -> u32 {
        // SAFETY: Valid by the type invariant.
        unsafe { self.0.as_ref() }.bi_iter.bi_size
    }

    /// Clears the first `bytes` of it, which was to be read into.
    pub(crate) fn zero(&self, bytes: u32) {
        // SAFETY: Valid by the type invariant; no I/O with the memory is in flight.
        unsafe { bindings::dm_io_rust_zero_bio(self.as_raw(), bytes) }
    }

    pub(super) fn as_raw(&self) -> *mut kernel::bindings::bio {
        self.0.as_ptr()
    }
}
