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

    /// Adds a bio at the end.
    pub(crate) fn push_back(&mut self, bio: Bio<P>) {
        let mut one = Self::new();
        one.push_front(bio);
        self.append(&mut one);
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

/// A list to which any context adds bios, without a lock, for a reader that takes them all.
///
/// The reader attends to the list from [`take`](Self::take) until [`leave`](Self::leave) lets it go,
/// and need not be woken meanwhile.
///
/// # Invariants
///
/// `newest` leads over `bi_next` through bios that are owned by the list, and have the payload `P`; or
/// it is null, or [`ATTENDED`].
pub(crate) struct BioList<P: EndIo> {
    newest: Atomic<*mut bio>,
    _owns: PhantomData<Bio<P>>,
}

// SAFETY: The list owns its bios, which are `Send`.
unsafe impl<P: EndIo> Send for BioList<P> {}
// SAFETY: As for `Send`; the list's head is atomic.
unsafe impl<P: EndIo> Sync for BioList<P> {}

/// The newest bio of a list that is empty and attended to.
const ATTENDED: *mut bio = core::ptr::without_provenance_mut(1);

impl<P: EndIo> BioList<P> {
    /// Makes an empty list.
    pub(crate) fn new() -> Self {
        Self {
            newest: Atomic::new(core::ptr::null_mut()),
            _owns: PhantomData,
        }
    }

    /// Adds a bio. Returns whether the reader is to be woken: the list was empty, and it had left.
    pub(crate) fn push(&self, bio: Bio<P>) -> bool {
        let bio = bio.into_raw().as_ptr();
        let mut newest = self.newest.load(Relaxed);
        loop {
            let next = if newest == ATTENDED {
                core::ptr::null_mut()
            } else {
                newest
            };
            // SAFETY: The bio is not on the list yet, so that nobody else uses its link.
            unsafe { (*bio).bi_next = next };
            match self.newest.cmpxchg(newest, bio, Release) {
                Ok(_) => return newest.is_null(),
                Err(other) => newest = other,
            }
        }
    }

    /// Takes all bios, in the order in which they were added, and attends to the list.
    pub(crate) fn take(&self) -> BioQueue<P> {
        let mut queue = BioQueue::new();
        if self.newest.load(Relaxed) == ATTENDED {
            return queue;
        }
        let mut next = NonNull::new(self.newest.xchg(ATTENDED, Acquire));
        while let Some(bio) = next {
            // SAFETY: The bio is owned by the list, by the type invariant, and from here on by this
            // function.
            next = NonNull::new(unsafe { (*bio.as_ptr()).bi_next });
            // SAFETY: As above; the bio came from `into_raw`.
            queue.push_front(unsafe { Bio::from_raw(bio) });
        }
        queue
    }

    /// Leaves the list, unless a bio was added since it was last taken: then returns false.
    pub(crate) fn leave(&self) -> bool {
        self.newest
            .cmpxchg(ATTENDED, core::ptr::null_mut(), Relaxed)
            .is_ok()
    }
}

impl<P: EndIo> Drop for BioList<P> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_bio_list)]
mod tests {
    use super::{
        super::{
            BioPool,
            Resources, //
        },
        *, //
    };
    use kernel::{
        prelude::*,
        sync::Arc, //
    };

    /// A number, by which a test tells bios apart.
    struct Number(usize);

    impl EndIo for Number {
        fn end_io(_bio: Bio<Self>) {}
    }

    fn bio(pool: &Arc<BioPool<Number>>, number: usize) -> Result<Bio<Number>> {
        BioPool::try_alloc(pool, None, 0, 0, Number(number)).ok_or(ENOMEM)
    }

    fn numbers(mut queue: BioQueue<Number>) -> Result<KVec<usize>> {
        let mut numbers = KVec::new();
        while let Some(bio) = queue.pop_front() {
            numbers.push(bio.0, GFP_KERNEL)?;
        }
        assert!(queue.is_empty());
        Ok(numbers)
    }

    #[test]
    fn lists_give_bios_in_the_order_of_their_arrival() -> Result {
        let pool = BioPool::new(&Resources::new()?, 1)?;
        let list = BioList::new();
        assert!(list.take().is_empty());
        for number in 0..5 {
            list.push(bio(&pool, number)?);
        }
        assert!(numbers(list.take())?[..] == [0, 1, 2, 3, 4]);
        list.push(bio(&pool, 5)?);
        assert!(numbers(list.take())?[..] == [5]);
        assert!(list.take().is_empty());
        Ok(())
    }

    #[test]
    fn lists_have_their_reader_woken_only_when_it_has_left() -> Result {
        let pool = BioPool::new(&Resources::new()?, 1)?;
        let list = BioList::new();
        assert!(list.push(bio(&pool, 0)?));
        assert!(!list.push(bio(&pool, 1)?));
        assert!(numbers(list.take())?[..] == [0, 1]);
        assert!(!list.push(bio(&pool, 2)?));
        assert!(!list.leave());
        assert!(numbers(list.take())?[..] == [2]);
        assert!(list.leave());
        assert!(list.push(bio(&pool, 3)?));
        assert!(numbers(list.take())?[..] == [3]);
        Ok(())
    }

    #[test]
    fn queues_keep_their_order() -> Result {
        let pool = BioPool::new(&Resources::new()?, 1)?;
        let (mut one, mut other) = (BioQueue::new(), BioQueue::new());
        for number in [2, 1, 0] {
            one.push_front(bio(&pool, number)?);
        }
        for number in [4, 3] {
            other.push_front(bio(&pool, number)?);
        }
        one.append(&mut other);
        assert!(other.is_empty());
        one.append(&mut other);
        other.append(&mut one);
        assert!(one.is_empty());
        other.push_front(bio(&pool, 9)?);
        assert!(numbers(other)?[..] == [9, 0, 1, 2, 3, 4]);
        Ok(())
    }

    #[test]
    fn bios_go_with_what_holds_them() -> Result {
        let pool = BioPool::new(&Resources::new()?, 1)?;
        let list = BioList::new();
        list.push(bio(&pool, 0)?);
        list.push(bio(&pool, 1)?);
        drop(list);
        let mut queue = BioQueue::new();
        queue.push_front(bio(&pool, 2)?);
        drop(queue);
        // Each bio has a reference on the pool.
        assert!(Arc::into_unique_or_drop(pool).is_some());
        Ok(())
    }
}
