// SPDX-License-Identifier: GPL-2.0

//! Objects that are owned, with counted handles.
//!
//! # States of an object
//!
//! 1. **Unique**: a [`Pooled`] owns it, and nobody else knows of it.
//! 2. **Shared**: a [`Shared`] owns it; [`Handle`]s give access to it and keep it alive. Its owner
//!    alone may put it on a list.
//! 3. **Released**: the owner has given it up. When the last [`Handle`] is gone it is unique again,
//!    and is given to [`Release::release`].

use super::{
    Linked,
    Mempool,
    Wait, //
};
use crate::bindings::llist_node;
use core::{
    mem::{
        ManuallyDrop,
        MaybeUninit, //
    },
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    ffi::c_void,
    prelude::*,
    sync::{
        Arc,
        Refcount, //
    }, //
};

/// A type whose objects come from a [`Pool`].
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_pool.an_object_is_released_with_its_last_handle`.
pub(crate) trait Release: Sized + Send + Sync + 'static {
    /// Takes back an object that was released, and has no [`Handle`] any more. Called where the
    /// last of them is dropped.
    fn release(object: Pooled<Self>);
}

struct Inner<T> {
    link: llist_node,
    /// One for the owner, and one for each handle.
    count: Refcount,
    pool: Arc<Pool<T>>,
    object: T,
}

/// Memory for objects, with a reserve.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_pool.a_unique_object_is_freed_without_a_release`.
#[pin_data]
pub(crate) struct Pool<T> {
    #[pin]
    memory: Mempool<Inner<T>>,
}

impl<T: Release> Pool<T> {
    /// Creates a pool with memory for `reserve` objects set aside, at least 1. May sleep.
    pub(crate) fn new(reserve: usize) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self { memory <- Mempool::new(reserve) }? Error),
            GFP_KERNEL,
        )
    }

    /// Allocates an object, as [`Mempool::alloc`].
    pub(crate) fn alloc(this: &Arc<Self>, object: impl Init<T>, wait: Wait) -> Option<Pooled<T>> {
        Some(Self::init(this, this.memory.alloc(wait)?, object))
    }

    fn init(
        this: &Arc<Self>,
        memory: NonNull<MaybeUninit<Inner<T>>>,
        object: impl Init<T>,
    ) -> Pooled<T> {
        let inner: NonNull<Inner<T>> = memory.cast();
        let at = inner.as_ptr();
        // SAFETY: The memory is for an `Inner`, and all of its fields are initialised.
        unsafe {
            (&raw mut (*at).link).write(llist_node::default());
            (&raw mut (*at).count).write(Refcount::new(1));
            (&raw mut (*at).pool).write(this.clone());
            let Ok(()) = object.__init(&raw mut (*at).object);
        }
        // INVARIANT: The object is new.
        Pooled(inner)
    }
}

/// The only owner of an object.
///
/// # Invariants
///
/// The pointer is an initialised object of a pool, whose count is 1, and which nobody else uses.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_pool.a_unique_object_is_freed_without_a_release`.
pub(crate) struct Pooled<T: Release>(NonNull<Inner<T>>);

// SAFETY: `T` is `Send`.
unsafe impl<T: Release> Send for Pooled<T> {}

impl<T: Release> Pooled<T> {
    /// Lets the object have handles.
    pub(crate) fn share(self) -> Shared<T> {
        // INVARIANT: The count is the owner's.
        Shared(ManuallyDrop::new(self).0)
    }

    /// Gives the object up for its link, which has `word` in it until the object is taken back. An
    /// object that is on no list has no other use for its link.
    pub(crate) fn into_raw(self, word: *const c_void) -> NonNull<llist_node> {
        let link = self.into_link();
        // SAFETY: The link is valid, and nobody else's.
        unsafe { (*link.as_ptr()).next = word.cast_mut().cast() };
        link
    }

    /// Takes an object back.
    ///
    /// # Safety
    ///
    /// `raw` came from [`Self::into_raw`] of the same type, and was not taken back since.
    pub(crate) unsafe fn from_raw(raw: NonNull<llist_node>) -> Self {
        // SAFETY: It came from `into_link`.
        unsafe { Self::from_link(raw) }
    }
}

impl<T: Release> Deref for Pooled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).object }
    }
}

impl<T: Release> Drop for Pooled<T> {
    fn drop(&mut self) {
        // SAFETY: Valid, and nobody else uses it, by the type invariant.
        let Inner { pool, object, .. } = unsafe { self.0.read() };
        // SAFETY: The memory came from the pool, and its content was moved out. What the object
        // owns goes later, so that whoever learns of that finds the memory in the pool.
        unsafe { pool.memory.free(self.0.cast()) };
        drop(object);
    }
}

// SAFETY: The link is the object's own, and there is one owner.
unsafe impl<T: Release> Linked for Pooled<T> {
    fn into_link(self) -> NonNull<llist_node> {
        self.share().into_link()
    }

    unsafe fn from_link(link: NonNull<llist_node>) -> Self {
        // SAFETY: The link came from `into_link`.
        let shared = unsafe { Shared::from_link(link) };
        // INVARIANT: It was a `Pooled`.
        Self(ManuallyDrop::new(shared).0)
    }
}

/// The owner of an object that may have [`Handle`]s. Dropping it releases the object.
///
/// # Invariants
///
/// The pointer is an initialised object of a pool, and one of its count is for this value.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_pool.an_object_on_a_list_is_its_owner`.
pub(crate) struct Shared<T: Release>(NonNull<Inner<T>>);

// SAFETY: `T` is `Send` and `Sync`.
unsafe impl<T: Release> Send for Shared<T> {}

impl<T: Release> Shared<T> {
    /// Creates a handle.
    pub(crate) fn handle(&self) -> Handle<T> {
        // SAFETY: Valid by the type invariant.
        unsafe { (*self.0.as_ptr()).count.inc() };
        // INVARIANT: The count was just added.
        Handle(self.0)
    }
}

impl<T: Release> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).object }
    }
}

impl<T: Release> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: The count is this value's.
        unsafe { put(self.0) }
    }
}

// SAFETY: The link is the object's own, there is one owner, and the object stays with its count.
unsafe impl<T: Release> Linked for Shared<T> {
    fn into_link(self) -> NonNull<llist_node> {
        let inner = ManuallyDrop::new(self).0;
        // SAFETY: Valid by the type invariant.
        unsafe { NonNull::new_unchecked(&raw mut (*inner.as_ptr()).link) }
    }

    unsafe fn from_link(link: NonNull<llist_node>) -> Self {
        // SAFETY: The link is that of an object whose owner was given up for it.
        // INVARIANT: The count is still there.
        Self(unsafe {
            NonNull::new_unchecked(kernel::container_of!(link.as_ptr(), Inner<T>, link))
        })
    }
}

/// Access to an object that stays for as long as there is one.
///
/// # Invariants
///
/// The pointer is an initialised object of a pool, and one of its count is for this value.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_pool.an_object_is_released_with_its_last_handle`.
pub(crate) struct Handle<T: Release>(NonNull<Inner<T>>);

// SAFETY: `T` is `Send` and `Sync`.
unsafe impl<T: Release> Send for Handle<T> {}
// SAFETY: As for `Send`.
unsafe impl<T: Release> Sync for Handle<T> {}

impl<T: Release> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).object }
    }
}

impl<T: Release> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: The count is this value's.
        unsafe { put(self.0) }
    }
}

/// Gives up a count, and the object with the last one.
///
/// # Safety
///
/// The object is initialised, and one of its count is the caller's.
unsafe fn put<T: Release>(inner: NonNull<Inner<T>>) {
    // SAFETY: The object is valid for as long as the caller's count.
    let count = unsafe { &(*inner.as_ptr()).count };
    if count.dec_and_test() {
        count.set(1);
        // INVARIANT: Nobody else knows of the object.
        T::release(Pooled(inner));
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_pool)]
mod tests {
    use super::{
        super::Fifo,
        *, //
    };
    use kernel::sync::atomic::{
        Atomic,
        Relaxed, //
    };

    /// Counts how often it was released and dropped.
    struct Object(Arc<Atomic<u32>>);

    impl Release for Object {
        fn release(object: Pooled<Self>) {
            (*object).0.fetch_add(1, Relaxed);
        }
    }

    impl Drop for Object {
        fn drop(&mut self) {
            self.0.fetch_add(100, Relaxed);
        }
    }

    #[test]
    fn a_unique_object_is_freed_without_a_release() -> Result {
        let (pool, seen) = (Pool::new(1)?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        drop(Pool::alloc(&pool, Object(seen.clone()), Wait::No).ok_or(ENOMEM)?);
        assert_eq!(seen.load(Relaxed), 100);
        assert!(Arc::into_unique_or_drop(pool).is_some());
        Ok(())
    }

    #[test]
    fn an_object_is_released_with_its_last_handle() -> Result {
        let (pool, seen) = (Pool::new(1)?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        let object = Pool::alloc(&pool, Object(seen.clone()), Wait::No).ok_or(ENOMEM)?;
        let shared = object.share();
        let (one, other) = (shared.handle(), shared.handle());
        drop(one);
        drop(shared);
        assert_eq!(seen.load(Relaxed), 0);
        drop(other);
        assert_eq!(seen.load(Relaxed), 101);
        assert!(Arc::into_unique_or_drop(pool).is_some());
        Ok(())
    }

    #[test]
    fn an_object_on_a_list_is_its_owner() -> Result {
        let (pool, seen) = (Pool::new(1)?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        let object = Pool::alloc(&pool, Object(seen.clone()), Wait::No).ok_or(ENOMEM)?;
        let mut list = Fifo::new();
        let shared = object.share();
        let handle = shared.handle();
        list.push_back(shared);
        drop(handle);
        assert_eq!(seen.load(Relaxed), 0);
        drop(list);
        assert_eq!(seen.load(Relaxed), 101);
        Ok(())
    }
}
