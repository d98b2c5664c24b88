// SPDX-License-Identifier: GPL-2.0

//! Memory of one size.
//!
//! C header: [`include/linux/slab.h`](srctree/include/linux/slab.h)

use crate::bindings;
use core::{
    ffi::c_void,
    ptr::NonNull, //
};
use kernel::{
    bindings::{
        gfp_t,
        kmem_cache, //
    },
    prelude::*, //
};

/// A `struct kmem_cache` of objects that hold anything when they are allocated.
///
/// # Invariants
///
/// The pointer is a cache of objects of `size` bytes, which nobody else destroys.
pub(crate) struct Slab {
    cache: NonNull<kmem_cache>,
    size: usize,
}

// SAFETY: A cache may be used from any thread.
unsafe impl Send for Slab {}
// SAFETY: As for `Send`.
unsafe impl Sync for Slab {}

impl Slab {
    /// Makes a cache of objects of `size` bytes, which start at a cache line. May sleep.
    pub(crate) fn new(name: &'static CStr, size: usize) -> Result<Self> {
        // SAFETY: The name stays for ever.
        let cache = unsafe { bindings::dm_io_rust_create_slab(name.as_char_ptr(), size as u32) };
        // INVARIANT: The cache is new.
        Ok(Self {
            cache: NonNull::new(cache).ok_or(ENOMEM)?,
            size,
        })
    }

    /// The size of an object in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn as_raw(&self) -> *mut kmem_cache {
        self.cache.as_ptr()
    }

    /// Allocates an object, which `kfree` takes.
    pub(super) fn alloc(&self, flags: gfp_t) -> Option<NonNull<c_void>> {
        // SAFETY: Valid by the type invariant.
        NonNull::new(unsafe { kernel::bindings::kmem_cache_alloc_noprof(self.as_raw(), flags) })
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: Valid, and this is its only owner, by the type invariant.
        unsafe { kernel::bindings::kmem_cache_destroy(self.as_raw()) }
    }
}
