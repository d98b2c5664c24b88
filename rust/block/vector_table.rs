// SPDX-License-Identifier: GPL-2.0

//! Vectors of a bio that has many.

use super::{
    bvec::MAX_VECS,
    Slab, //
};
use crate::bindings::{
    DM_IO_RUST_GFP_NOFAIL,
    DM_IO_RUST_GFP_NOIO, //
};
use core::ptr::NonNull;
use kernel::bindings;

/// Memory for [`MAX_VECS`] vectors.
///
/// # Invariants
///
/// The pointer is such memory, of a slab, and this value owns it.
pub(super) struct VectorTable(NonNull<bindings::bio_vec>);

// SAFETY: Memory may be used and freed by any thread.
unsafe impl Send for VectorTable {}

impl VectorTable {
    /// Allocates a table if there is memory for it. Does not sleep.
    pub(super) fn try_new(slab: &Slab) -> Option<Self> {
        Self::with_flags(slab, bindings::GFP_NOWAIT | bindings::__GFP_NOWARN)
    }

    /// Allocates a table, and waits for the memory: it is a single page, for which the kernel frees
    /// others. [`None`] only if the objects of `slab` are no tables. May sleep, but causes no I/O.
    pub(super) fn new(slab: &Slab) -> Option<Self> {
        Self::with_flags(slab, DM_IO_RUST_GFP_NOIO | DM_IO_RUST_GFP_NOFAIL)
    }

    fn with_flags(slab: &Slab, flags: bindings::gfp_t) -> Option<Self> {
        if slab.size() < MAX_VECS * size_of::<bindings::bio_vec>() {
            return None;
        }
        let memory = slab.alloc(flags)?;
        // INVARIANT: The memory is new, and as large as was just checked.
        Some(Self(memory.cast()))
    }

    pub(super) fn as_raw(&self) -> *mut bindings::bio_vec {
        self.0.as_ptr()
    }
}

impl Drop for VectorTable {
    fn drop(&mut self) {
        // SAFETY: The memory is this value's, by the type invariant.
        unsafe { bindings::kfree(self.0.as_ptr().cast()) }
    }
}
