// SPDX-License-Identifier: GPL-2.0

//! The data of a bio that belongs to somebody else.
//!
//! C header: [`include/linux/bio.h`](srctree/include/linux/bio.h)

use crate::bindings;
use core::ptr::NonNull;

/// A `struct bio` whose data other bios carry as well.
///
/// # Invariants
///
/// The bio carries data. It does not change while this value is used, and its vectors and their
/// pages stay until every I/O with them has completed.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_bio_is_over_the_data_of_another`.
#[derive(Clone)]
pub(crate) struct BioData(NonNull<bindings::bio>);

impl BioData {
    /// Takes a bio from C; [`None`] if it is null, or carries no data.
    ///
    /// # Safety
    ///
    /// `bio` is null or valid. It does not change while the result is used, and its vectors and
    /// their pages stay, writable if they are read into, until every I/O with them has completed.
    pub(crate) unsafe fn from_raw(bio: *mut bindings::bio) -> Option<Self> {
        let bio = NonNull::new(bio)?;
        // SAFETY: The bio is not null, and hence valid.
        let has_data =
            unsafe { bindings::bio_has_data(bio.as_ptr()) && !(*bio.as_ptr()).bi_io_vec.is_null() };
        // INVARIANT: The caller guarantees the rest.
        has_data.then_some(Self(bio))
    }

    /// Returns how much it carries, in bytes.
    pub(crate) fn len(&self) -> u64 {
        // SAFETY: Valid by the type invariant.
        unsafe { self.0.as_ref() }.bi_iter.bi_size.into()
    }

    /// Clears the first `bytes` of the memory, which was to be read into.
    pub(crate) fn zero(&self, bytes: u32) {
        // SAFETY: Valid by the type invariant; no I/O with the memory is in flight.
        unsafe { bindings::memzero_bio(self.as_raw(), bytes) }
    }

    pub(super) fn as_raw(&self) -> *mut bindings::bio {
        self.0.as_ptr()
    }
}
