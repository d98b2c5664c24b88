// SPDX-License-Identifier: GPL-2.0

//! Bios that may have children, and what keeps them from ending.

use super::{
    head::Head,
    EndIo,
    Node, //
};
use crate::bindings;
use core::{
    mem::ManuallyDrop,
    ops::Deref,
    ptr::NonNull, //
};

/// A bio that may have children. Dropping it ends it without an I/O of its own.
///
/// # Invariants
///
/// The pointer is a node whose bio is not in flight, and not owned by anything else.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_shared_bio_ends_when_its_children_have`.
pub(crate) struct SharedBio<P: EndIo>(pub(super) NonNull<Node<P>>);

// SAFETY: As for `Bio`, and what others see of the payload is `Sync`.
unsafe impl<P: EndIo> Send for SharedBio<P> {}

impl<P: EndIo> SharedBio<P> {
    pub(super) fn head(&self) -> &Head {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).head }
    }

    /// Creates a handle that keeps the bio from ending.
    pub(super) fn chained(&self) -> Chained<P> {
        // SAFETY: The node is valid, and its bio not in flight, by the type invariant.
        unsafe { bindings::bio_inc_remaining(self.head().as_raw()) };
        // INVARIANT: The count was just added.
        Chained(self.0)
    }

    /// As [`Bio::set_target`].
    pub(crate) fn set_target(&mut self, sector: u64, skip: u32, bytes: u32) {
        self.head().set_target(sector, skip, bytes);
    }

    /// Returns the owner's half of the payload.
    pub(crate) fn owned_mut(&mut self) -> &mut P::Owned {
        // SAFETY: Valid by the type invariant, and only the owner uses it.
        unsafe { &mut (*self.0.as_ptr()).owned }
    }

    /// As [`Bio::submit`].
    pub(crate) fn submit(self) {
        let head = ManuallyDrop::new(self).0.cast();
        // SAFETY: The head is the first field of a node, which does not move. The bio is owned, by
        // the type invariant, and given up.
        unsafe { Head::submit(head) }
    }
}

impl<P: EndIo> Deref for SharedBio<P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P: EndIo> Drop for SharedBio<P> {
    fn drop(&mut self) {
        // SAFETY: The bio is owned, by the type invariant, and given up.
        unsafe { bindings::bio_endio(self.head().as_raw()) }
    }
}

/// Keeps a bio from ending, and gives access to the shared half of its payload.
///
/// # Invariants
///
/// The pointer is a node whose bio has one count of `__bi_remaining` for this value.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_child_that_is_dropped_keeps_nothing`.
pub(crate) struct Chained<P: EndIo>(NonNull<Node<P>>);

// SAFETY: The payload is `Sync`, and a bio may be ended from any thread.
unsafe impl<P: EndIo> Send for Chained<P> {}
// SAFETY: As for `Send`.
unsafe impl<P: EndIo> Sync for Chained<P> {}

impl<P: EndIo> Deref for Chained<P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: The node is valid: by the type invariant its bio has not ended.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P: EndIo> Drop for Chained<P> {
    fn drop(&mut self) {
        // SAFETY: The count is this value's by the type invariant.
        unsafe { bindings::bio_endio(self.0.as_ptr().cast()) }
    }
}
