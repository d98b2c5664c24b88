// SPDX-License-Identifier: GPL-2.0

//! Lists of owned objects, each of which has a link of its own.
//!
//! C header: [`include/linux/llist.h`](srctree/include/linux/llist.h)

use crate::bindings::llist_node;
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Full,
    Relaxed, //
};

/// An owner of an object that has a `struct llist_node`.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_llist.objects_go_with_their_list`.
///
/// # Safety
///
/// `into_link` returns a node that nobody else uses, and that stays valid, until it is given to
/// `from_link`, which returns the same owner.
pub(crate) unsafe trait Linked: Sized {
    /// Gives the object up for its link.
    fn into_link(self) -> NonNull<llist_node>;

    /// Takes an object back.
    ///
    /// # Safety
    ///
    /// `link` came from [`Self::into_link`], and was not taken back since.
    unsafe fn from_link(link: NonNull<llist_node>) -> Self;
}

/// Owned objects, first in, first out.
///
/// # Invariants
///
/// `first` leads over `next` to `last` and no further; both are null or neither is. The nodes on the
/// way came from [`Linked::into_link`].
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_llist.fifos_keep_their_order`.
pub(crate) struct Fifo<T: Linked> {
    first: *mut llist_node,
    last: *mut llist_node,
    _owns: PhantomData<T>,
}

// SAFETY: The list owns its objects.
unsafe impl<T: Linked + Send> Send for Fifo<T> {}

impl<T: Linked> Fifo<T> {
    /// Creates an empty list.
    pub(crate) const fn new() -> Self {
        Self {
            first: core::ptr::null_mut(),
            last: core::ptr::null_mut(),
            _owns: PhantomData,
        }
    }

    /// Returns whether there is no object.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Adds an object at the start.
    pub(crate) fn push_front(&mut self, object: T) {
        let node = object.into_link().as_ptr();
        // SAFETY: The node is this list's alone from here on.
        unsafe { (*node).next = self.first };
        if self.is_empty() {
            self.last = node;
        }
        self.first = node;
    }

    /// Adds an object at the end.
    pub(crate) fn push_back(&mut self, object: T) {
        let node = object.into_link().as_ptr();
        // SAFETY: The node is this list's alone from here on.
        unsafe { (*node).next = core::ptr::null_mut() };
        if self.is_empty() {
            self.first = node;
        } else {
            // SAFETY: The last node is this list's by the type invariant.
            unsafe { (*self.last).next = node };
        }
        self.last = node;
    }

    /// Takes the first object.
    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let node = NonNull::new(self.first)?;
        // SAFETY: The node is this list's by the type invariant.
        self.first = unsafe { (*node.as_ptr()).next };
        if self.first.is_null() {
            self.last = core::ptr::null_mut();
        }
        // SAFETY: The node came from `into_link`, and was just taken off the list.
        Some(unsafe { T::from_link(node) })
    }
}

impl<T: Linked> Drop for Fifo<T> {
    // Lists are empty when they go, but for a client's own after a failure.
    #[inline(never)]
    fn drop(&mut self) {
        while !self.is_empty() {
            drop(self.pop_front());
        }
    }
}

/// A `struct llist_head`: a list to which any context adds objects without a lock, for one that takes
/// them all.
///
/// # Invariants
///
/// `first` leads over `next` to null, through nodes that came from [`Linked::into_link`].
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_llist.objects_are_taken_in_the_order_of_their_arrival`.
pub(crate) struct LList<T: Linked> {
    first: Atomic<*mut llist_node>,
    _owns: PhantomData<T>,
}

// SAFETY: The list owns its objects.
unsafe impl<T: Linked + Send> Send for LList<T> {}
// SAFETY: A shared borrow adds and takes objects, the list's head is atomic, and no borrow of an
// object is given out.
unsafe impl<T: Linked + Send> Sync for LList<T> {}

impl<T: Linked> LList<T> {
    /// Creates an empty list.
    pub(crate) fn new() -> Self {
        Self {
            first: Atomic::new(core::ptr::null_mut()),
            _owns: PhantomData,
        }
    }

    /// Returns whether there is no object. Any context.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.load(Relaxed).is_null()
    }

    /// Adds an object, which is a full memory barrier. Any context.
    pub(crate) fn push(&self, object: T) {
        let node = object.into_link().as_ptr();
        let mut first = self.first.load(Relaxed);
        loop {
            // SAFETY: The node is not on the list yet.
            unsafe { (*node).next = first };
            match self.first.cmpxchg(first, node, Full) {
                Ok(_) => return,
                Err(other) => first = other,
            }
        }
    }

    /// Takes all objects, in the order in which they were added. Any context.
    pub(crate) fn take(&self) -> Fifo<T> {
        let mut taken = Fifo::new();
        if self.is_empty() {
            return taken;
        }
        let mut node = NonNull::new(self.first.xchg(core::ptr::null_mut(), Acquire));
        while let Some(this) = node {
            // SAFETY: The nodes are this function's alone since the exchange.
            node = NonNull::new(unsafe { (*this.as_ptr()).next });
            // SAFETY: The node came from `into_link`, and is on no list.
            taken.push_front(unsafe { T::from_link(this) });
        }
        taken
    }
}

impl<T: Linked> Drop for LList<T> {
    // As for that of a `Fifo`.
    #[inline(never)]
    fn drop(&mut self) {
        drop(self.take());
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_llist)]
mod tests {
    use super::*;
    use kernel::prelude::*;

    struct Number {
        link: llist_node,
        number: usize,
    }

    struct Boxed(KBox<Number>);

    impl Boxed {
        fn new(number: usize) -> Result<Self> {
            let link = llist_node::default();
            Ok(Self(KBox::new(Number { link, number }, GFP_KERNEL)?))
        }
    }

    // SAFETY: The node is in the box, which is leaked meanwhile.
    unsafe impl Linked for Boxed {
        fn into_link(self) -> NonNull<llist_node> {
            let number = KBox::into_raw(self.0);
            // SAFETY: The box is valid.
            unsafe { NonNull::new_unchecked(&raw mut (*number).link) }
        }

        unsafe fn from_link(link: NonNull<llist_node>) -> Self {
            // SAFETY: The node is that of a box that was leaked.
            Self(unsafe { KBox::from_raw(kernel::container_of!(link.as_ptr(), Number, link)) })
        }
    }

    fn numbers(mut list: Fifo<Boxed>) -> Result<KVec<usize>> {
        let mut numbers = KVec::new();
        while let Some(object) = list.pop_front() {
            numbers.push(object.0.number, GFP_KERNEL)?;
        }
        assert!(list.is_empty());
        Ok(numbers)
    }

    #[test]
    fn objects_are_taken_in_the_order_of_their_arrival() -> Result {
        let list = LList::new();
        assert!(list.take().is_empty());
        for number in 0..5 {
            list.push(Boxed::new(number)?);
        }
        assert!(numbers(list.take())?[..] == [0, 1, 2, 3, 4]);
        list.push(Boxed::new(5)?);
        assert!(!list.is_empty());
        assert!(numbers(list.take())?[..] == [5]);
        assert!(list.is_empty());
        Ok(())
    }

    #[test]
    fn fifos_keep_their_order() -> Result {
        let mut list = Fifo::new();
        for number in [2, 1, 0] {
            list.push_front(Boxed::new(number)?);
        }
        list.push_back(Boxed::new(3)?);
        assert!(list.pop_front().is_some_and(|object| object.0.number == 0));
        list.push_back(Boxed::new(4)?);
        assert!(numbers(list)?[..] == [1, 2, 3, 4]);
        Ok(())
    }

    #[test]
    fn objects_go_with_their_list() -> Result {
        // A leak would be reported by kmemleak.
        let list = LList::new();
        list.push(Boxed::new(0)?);
        let mut fifo = Fifo::new();
        fifo.push_back(Boxed::new(1)?);
        Ok(())
    }
}
