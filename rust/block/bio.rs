// SPDX-License-Identifier: GPL-2.0

//! Bios: I/O that is submitted to the block layer.
//!
//! C header: [`include/linux/bio.h`](srctree/include/linux/bio.h)
//!
//! # States of a bio
//!
//! 1. **Unique**: a [`Bio`] owns it, and nobody else uses it. It can be filled with memory.
//! 2. **Shared**: a [`SharedBio`] owns it. Child bios, which may be in flight, see its payload by a
//!    [`Chained`], and may use its vectors, which do not change any more.
//! 3. **In flight**: it was submitted, or ended without an I/O of its own. Nobody owns it.
//! 4. **Idle**: its own I/O has ended, and no [`Chained`] is left. It is given to [`EndIo::end_io`] as
//!    an [`IdleBio`], which [`IdleBio::reset`] makes a [`Bio`] again; or if it is on a stack, its owner
//!    is woken.
//!
//! # Payload
//!
//! A bio carries a payload of two halves: the one that all who know of the bio see, of type `P`, and
//! [`EndIo::Owned`], which its owner alone sees and may change.

mod bio_mut;
pub(crate) mod child;
pub(crate) mod data;
mod head;
mod idle;
pub(crate) mod pool;
mod shared;
mod stack;
mod tests;

pub(crate) use self::{
    bio_mut::BioMut,
    idle::IdleBio,
    shared::{
        Chained,
        SharedBio, //
    },
    stack::{
        on_stack,
        Vectors, //
    }, //
};

use self::{
    head::{
        Head,
        VectorKind, //
    },
    pool::BioPool, //
};
use super::{
    block_device::MAX_BLOCK_SIZE,
    ZeroVectors, //
};
use crate::{
    bindings::{
        self,
        bvec_iter, //
    },
    memory::PageBuffer, //
};
use core::{
    marker::PhantomData,
    mem::{
        offset_of,
        ManuallyDrop, //
    },
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    page::PAGE_SIZE,
    sync::Arc, //
};

pub(crate) use super::bvec_table::MAX_VECS;

/// No logical block of a device is longer, in bytes. Many kernels have a lower limit, as those without
/// transparent huge pages; what a copy makes of this is the same on all of them.
const INLINE_BYTES: usize = 64 << 10;

const _: () = assert!(MAX_BLOCK_SIZE <= INLINE_BYTES);

/// How many vectors a bio has without an allocation: as many as a logical block of any device takes,
/// wherever in a page it starts.
pub(crate) const INLINE_VECS: usize = INLINE_BYTES.div_ceil(PAGE_SIZE) + 1;

/// The shared half of a bio's payload, which decides what happens when the bio has ended.
///
/// # Examples
///
/// See the KUnit cases `dm_io_rust_bio.a_bio_ends_when_its_io_has`
/// and `dm_io_rust_bio.a_payload_has_a_half_for_the_owner`.
pub(crate) trait EndIo: Sized + Send + Sync + 'static {
    /// The other half, which only the bio's owner sees.
    type Owned: Send;

    /// Takes the bio back.
    ///
    /// Called in any context, hard interrupts included: it must not sleep.
    fn end_io(bio: IdleBio<Self>);
}

/// For bios that have no payload, and are waited for.
impl EndIo for () {
    type Owned = ();

    fn end_io(_bio: IdleBio<Self>) {}
}

/// A bio with its payload.
#[repr(C)]
struct Node<P: EndIo> {
    head: Head,
    /// Where the node's memory goes back to; [`None`] on a stack.
    pool: Option<Arc<BioPool<P>>>,
    owned: P::Owned,
    payload: P,
}

// A node has the address of its head, and so of its bio, which has that of its link.
const _: () = assert!(offset_of!(bindings::bio, bi_next) == 0);

/// A bio that nobody else uses. Dropping it frees it, or if it is on a stack ends it.
///
/// Vectors that it borrows live for `'a`.
///
/// # Invariants
///
/// The pointer is a node whose bio is not in flight, and which nothing is chained to.
///
/// # Examples
///
/// See the KUnit cases `dm_io_rust_bio.a_bio_ends_when_its_io_has`
/// and `dm_io_rust_bio.a_bio_that_is_dropped_has_not_ended`.
pub(crate) struct Bio<'a, P: EndIo>(NonNull<Node<P>>, PhantomData<fn(&'a ())>);

// SAFETY: Both halves of the payload are `Send`, and a bio may be used from any thread.
unsafe impl<P: EndIo> Send for Bio<'_, P> {}

impl<P: EndIo> Bio<'static, P> {
    /// Puts a bio aside that has not been submitted.
    pub(crate) fn idle(self) -> IdleBio<P> {
        IdleBio(self)
    }
}

impl<'a, P: EndIo> Bio<'a, P> {
    fn head(&self) -> &Head {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).head }
    }

    /// Returns the bio without its payload.
    pub(crate) fn as_mut(&mut self) -> BioMut<'_, 'a> {
        // INVARIANT: Nobody else uses the bio while it is borrowed exclusively.
        BioMut(self.head(), PhantomData)
    }

    /// Makes the bio one over the pages of its payload's buffer, up to `max` bytes and as many as its
    /// vectors hold. Returns the number of bytes.
    pub(crate) fn fill_from(&mut self, max: u32, buffer: fn(&P) -> Option<&PageBuffer>) -> u32 {
        // SAFETY: The payload is valid by the type invariant, and stays as it is until the bio is
        // freed: nobody ever has it by `&mut`.
        let payload: &P = unsafe { &(*self.0.as_ptr()).payload };
        let buffer = buffer(payload);
        // SAFETY: The buffer is part of the payload, which lives until the bio has ended.
        let first = buffer.and_then(|buffer| unsafe { buffer.segment_from(0) });
        if let Some(all) = first.filter(|first| first.len() >= max && max > 0) {
            let bytes = self.as_mut().fill_one(all.truncate(max));
            self.head().is_payloads.set(true);
            return bytes;
        }
        let mut page = 0;
        let bytes = self.as_mut().fill(max, |rest| {
            // SAFETY: The buffer is part of the payload, which lives until the bio has ended.
            let segment = unsafe { buffer?.segment_from(page) }?.truncate(rest);
            page += segment.len() as usize / PAGE_SIZE;
            Some(segment)
        });
        self.head().is_payloads.set(true);
        bytes
    }

    /// Makes the bio one over its payload's zeroes, up to `max` bytes: it may only be written. Returns
    /// the number of bytes.
    pub(crate) fn fill_with_zeroes(
        &mut self,
        max: u32,
        zeroes: fn(&P) -> Option<&ZeroVectors>,
    ) -> u32 {
        let Some((vectors, bytes)) = zeroes(self).map(ZeroVectors::as_raw) else {
            return 0;
        };
        let data = bvec_iter {
            bi_size: bytes.min(max),
            ..Default::default()
        };
        let head = self.head();
        head.count.set(0);
        // SAFETY: The vectors are part of the payload, which lives until the bio has ended.
        unsafe { head.set_data(vectors, data, VectorKind::ReadOnly) };
        head.is_payloads.set(true);
        data.bi_size
    }

    /// Points the bio at `sector`, with up to `bytes` bytes of its data from `skip` bytes on; if its
    /// operation carries no data it becomes so long. A bio that was not pointed anywhere is empty.
    pub(crate) fn set_target(&mut self, sector: u64, skip: u32, bytes: u32) {
        self.head().set_target(sector, skip, bytes);
    }

    /// Returns the owner's half of the payload.
    pub(crate) fn owned_mut(&mut self) -> &mut P::Owned {
        // SAFETY: Valid by the type invariant, and only the owner uses it.
        unsafe { &mut (*self.0.as_ptr()).owned }
    }

    /// Lets the bio have children.
    pub(crate) fn share(self) -> SharedBio<P> {
        // INVARIANT: The bio is not in flight.
        SharedBio(ManuallyDrop::new(self).0)
    }

    /// Submits the bio. One that is empty but no flush, or that reads into zeroes, ends with
    /// [`Status::INVALID`]. May sleep.
    ///
    /// From within the submission of another it is looked at after that: whoever waits for this one
    /// uses [`set_aside`](super::bio_list::set_aside).
    pub(crate) fn submit(self) {
        self.share().submit();
    }

    /// The end function of bios that come from a pool.
    ///
    /// # Safety
    ///
    /// Called by the block layer for a bio that has this end function, when it has ended.
    unsafe extern "C" fn end_io(bio: *mut bindings::bio) {
        // SAFETY: The bio is the first field of a node.
        let node: NonNull<Node<P>> = unsafe { NonNull::new_unchecked(bio.cast()) };
        // INVARIANT: The bio is not in flight, and nothing is chained to it.
        let bio = Bio(node, PhantomData);
        if !bio.head().is_payloads.get() {
            bio.head().zero_fill_on_error();
        }
        P::end_io(IdleBio(bio));
    }
}

impl<P: EndIo> Deref for Bio<'_, P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P: EndIo> Drop for Bio<'_, P> {
    fn drop(&mut self) {
        let bio = self.head().as_raw();
        // SAFETY: The node is valid by the type invariant.
        if unsafe { (*self.0.as_ptr()).pool.is_none() } {
            // SAFETY: The bio is given up: `on_stack` waits for it.
            unsafe { bindings::bio_endio(bio) };
            return;
        }
        // SAFETY: The bio is initialised, and nobody else uses it, by the type invariant.
        unsafe { bindings::bio_uninit(bio) };
        // SAFETY: As above; the node is not used afterwards.
        let Node {
            head,
            pool,
            owned,
            payload,
        } = unsafe { self.0.read() };
        drop(head);
        if let Some(pool) = pool {
            // SAFETY: The memory came from the pool, and its content was moved out.
            unsafe { pool.free(self.0.cast()) };
        }
        drop(owned);
        // The payload may be the last that keeps another bio from ending: by then this one's memory
        // was given back.
        drop(payload);
    }
}
