// SPDX-License-Identifier: GPL-2.0

//! Bios in order.
//!
//! C header: [`include/linux/bio.h`](srctree/include/linux/bio.h)

use super::{
    Bio,
    EndIo, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings::bio,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    }, //
};

/// Owned bios, first in, first out.
///
/// # Invariants
///
/// `first` leads over `bi_next` to `last` and no further; both are null or neither is. The bios on
/// the way are owned by the queue, and have the payload `P`.
pub(crate) struct BioQueue<P: EndIo> {
    first: *mut bio,
    last: *mut bio,
    _owns: PhantomData<Bio<P>>,
}

// SAFETY: The queue owns its bios, which are `Send`.
unsafe impl<P: EndIo> Send for BioQueue<P> {}

impl<P: EndIo> BioQueue<P> {
    /// Makes an empty queue.
    pub(crate) const fn new() -> Self {
        Self {
            first: core::ptr::null_mut(),
            last: core::ptr::null_mut(),
            _owns: PhantomData,
        }
    }

    /// Whether there is no bio.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Adds a bio at the start.
    pub(crate) fn push_front(&mut self, bio: Bio<P>) {
        let bio = bio.into_raw().as_ptr();
        // SAFETY: The bio was just given up by its owner, and is the queue's from here on.
        unsafe { (*bio).bi_next = self.first };
        if self.is_empty() {
            self.last = bio;
        }
        self.first = bio;
    }

    /// Moves all bios of `other` to the end of this queue.
    pub(crate) fn append(&mut self, other: &mut Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.first = other.first;
        } else {
            // SAFETY: The last bio is owned by the type invariant.
            unsafe { (*self.last).bi_next = other.first };
        }
        self.last = other.last;
        other.first = core::ptr::null_mut();
        other.last = core::ptr::null_mut();
    }

    /// Takes the first bio.
    pub(crate) fn pop_front(&mut self) -> Option<Bio<P>> {
        let bio = NonNull::new(self.first)?;
        // SAFETY: The bio is owned by the type invariant, and nobody else uses its link.
        // INVARIANT: What follows the first is what remains.
        unsafe {
            self.first = (*bio.as_ptr()).bi_next;
            (*bio.as_ptr()).bi_next = core::ptr::null_mut();
        }
        if self.first.is_null() {
            self.last = core::ptr::null_mut();
        }
        // SAFETY: The bio came from `into_raw`.
        Some(unsafe { Bio::from_raw(bio) })
    }
}

impl<P: EndIo> Drop for BioQueue<P> {
    fn drop(&mut self) {
        while self.pop_front().is_some() {}
    }
}

/// A list to which any context adds bios, without a lock, for one that takes them all.
///
/// # Invariants
///
/// `newest` leads over `bi_next` through bios that are owned by the list, and have the payload `P`.
pub(crate) struct BioList<P: EndIo> {
    newest: Atomic<*mut bio>,
    _owns: PhantomData<Bio<P>>,
}

// SAFETY: The list owns its bios, which are `Send`.
unsafe impl<P: EndIo> Send for BioList<P> {}
// SAFETY: As for `Send`; the list's head is atomic.
unsafe impl<P: EndIo> Sync for BioList<P> {}

impl<P: EndIo> BioList<P> {
    /// Makes an empty list.
    pub(crate) fn new() -> Self {
        Self {
            newest: Atomic::new(core::ptr::null_mut()),
            _owns: PhantomData,
        }
    }

    /// Adds a bio. Returns whether the list was empty, that is, whether its reader is to be woken.
    pub(crate) fn push(&self, bio: Bio<P>) -> bool {
        let bio = bio.into_raw().as_ptr();
        let mut newest = self.newest.load(Relaxed);
        loop {
            // SAFETY: The bio is not on the list yet, so that nobody else uses its link.
            unsafe { (*bio).bi_next = newest };
            match self.newest.cmpxchg(newest, bio, Release) {
                Ok(_) => return newest.is_null(),
                Err(other) => newest = other,
            }
        }
    }

    /// Takes all bios, in the order in which they were added.
    pub(crate) fn take(&self) -> BioQueue<P> {
        let mut queue = BioQueue::new();
        if self.newest.load(Relaxed).is_null() {
            return queue;
        }
        let mut next = NonNull::new(self.newest.xchg(core::ptr::null_mut(), Acquire));
        while let Some(bio) = next {
            // SAFETY: The bio is owned by the list, by the type invariant, and from here on by this
            // function.
            next = NonNull::new(unsafe { (*bio.as_ptr()).bi_next });
            // SAFETY: As above; the bio came from `into_raw`.
            queue.push_front(unsafe { Bio::from_raw(bio) });
        }
        queue
    }
}

impl<P: EndIo> Drop for BioList<P> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
