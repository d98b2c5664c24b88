// SPDX-License-Identifier: GPL-2.0

//! Vectors of a bio that needs more than it has itself.

use crate::bindings;
use core::ptr::NonNull;

/// How many vectors a bio may have.
pub(crate) const MAX_VECS: usize = bindings::BIO_MAX_VECS as usize;

/// Memory for vectors.
///
/// # Invariants
///
/// The pointer is memory of `kmalloc`, and this value owns it.
pub(super) struct BvecTable(NonNull<bindings::bio_vec>);

// SAFETY: Memory may be used and freed by any thread.
unsafe impl Send for BvecTable {}

impl BvecTable {
    /// Allocates a table for `vecs` vectors, or if those are more for [`MAX_VECS`]. Returns also for how
    /// many. Does not sleep.
    pub(super) fn try_new(vecs: usize) -> Option<(Self, u16)> {
        Self::with_flags(vecs, bindings::GFP_NOWAIT | bindings::__GFP_NOWARN)
    }

    /// As [`Self::try_new`], but waits for the memory: it is a single page at the most, for which the
    /// kernel reclaims others. May sleep, but causes no I/O.
    pub(super) fn new(vecs: usize) -> Option<(Self, u16)> {
        Self::with_flags(vecs, bindings::GFP_NOIO | bindings::__GFP_NOFAIL)
    }

    fn with_flags(vecs: usize, flags: bindings::gfp_t) -> Option<(Self, u16)> {
        let len = vecs.min(MAX_VECS) as u16;
        let size = usize::from(len) * size_of::<bindings::bio_vec>();
        // SAFETY: Any size may be asked for.
        let memory = unsafe { bindings::__kmalloc_noprof(size, flags) };
        // INVARIANT: The memory is new.
        NonNull::new(memory.cast()).map(|vectors| (Self(vectors), len))
    }

    pub(super) fn as_raw(&self) -> *mut bindings::bio_vec {
        self.0.as_ptr()
    }
}

impl Drop for BvecTable {
    fn drop(&mut self) {
        // SAFETY: The memory is this value's, by the type invariant.
        unsafe { bindings::kfree(self.as_raw().cast()) }
    }
}
