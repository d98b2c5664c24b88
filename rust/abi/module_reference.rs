// SPDX-License-Identifier: GPL-2.0

//! References to the module.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use crate::bindings;

/// A reference to the module, which is not unloaded as long as this exists.
///
/// # Invariants
///
/// The module's reference count has one for this.
pub(super) struct ModuleReference(());

impl ModuleReference {
    /// Takes a reference.
    pub(super) fn new() -> Self {
        // SAFETY: A caller of the exported functions depends on the module: it has a reference while
        // this runs.
        unsafe { bindings::dm_io_rust_module_get() };
        // INVARIANT: That counted.
        Self(())
    }
}

impl Drop for ModuleReference {
    fn drop(&mut self) {
        // SAFETY: By the invariant there is one to put. It is not the last: see `new`.
        unsafe { bindings::dm_io_rust_module_put() };
    }
}
