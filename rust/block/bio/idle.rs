// SPDX-License-Identifier: GPL-2.0

//! Bios between two I/Os.

use super::{
    super::{
        BlockDevice,
        Op,
        Status, //
    },
    Bio,
    EndIo, //
};
use crate::{
    bindings::{
        self,
        bvec_iter,
        llist_node, //
    },
    memory::Linked, //
};
use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    ptr::NonNull, //
};

/// A bio between two I/Os: it has ended, or was never submitted. Dropping it frees it, or if it is on a
/// stack ends it.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_bio_is_reset_for_its_next_io`.
pub(crate) struct IdleBio<P: EndIo>(pub(super) Bio<'static, P>);

impl<P: EndIo> IdleBio<P> {
    /// Makes the bio one to `device`, over the memory of its payload if it was over that before, or else
    /// over none.
    pub(crate) fn reset(self, device: BlockDevice, op: Op) -> Bio<'static, P> {
        let head = self.0.head();
        let bio = head.as_raw();
        // SAFETY: The bio is initialised and nobody else uses it, by the invariant of `Bio`; the
        // device is valid. `bio_reset` keeps the vectors.
        unsafe {
            let (end_io, private) = ((*bio).bi_end_io, (*bio).bi_private);
            bindings::bio_reset(bio, device.as_raw(), op.opf());
            (*bio).bi_ioprio = op.priority();
            (*bio).bi_end_io = end_io;
            (*bio).bi_private = private;
        }
        if !head.is_payloads.get() {
            head.data.set(bvec_iter::default());
        }
        self.0
    }

    /// Returns how the bio's own I/O completed.
    pub(crate) fn status(&self) -> Status {
        self.0.head().status()
    }

    /// Clears the memory of the payload if the bio is a read into that, and failed. Any other memory
    /// is cleared by then.
    pub(crate) fn zero_fill_on_error(&mut self) {
        let head = self.0.head();
        if head.is_payloads.get() {
            head.zero_fill_on_error();
        }
    }

    /// Returns the owner's half of the payload.
    pub(crate) fn owned(&self) -> &P::Owned {
        // SAFETY: Valid by the invariant of `Bio`, and only the owner uses it.
        unsafe { &(*self.0 .0.as_ptr()).owned }
    }

    /// Returns both halves of the payload.
    pub(crate) fn halves(&mut self) -> (&mut P::Owned, &P) {
        let node = self.0 .0.as_ptr();
        // SAFETY: Valid by the invariant of `Bio`, and only the owner uses its half.
        unsafe { (&mut (*node).owned, &(*node).payload) }
    }
}

impl<P: EndIo> Deref for IdleBio<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

// SAFETY: `bi_next` is for the owner's use, and there is one owner.
unsafe impl<P: EndIo> Linked for IdleBio<P> {
    fn into_link(self) -> NonNull<llist_node> {
        ManuallyDrop::new(self.0).0.cast()
    }

    unsafe fn from_link(link: NonNull<llist_node>) -> Self {
        // SAFETY: The link is that of a bio that was given up for it.
        unsafe { (*link.as_ptr()).next = core::ptr::null_mut() };
        // INVARIANT: It was that of an `IdleBio`.
        Self(Bio(link.cast(), PhantomData))
    }
}
