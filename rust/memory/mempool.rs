// SPDX-License-Identifier: GPL-2.0

//! Memory for one type, with a reserve.
//!
//! C header: [`include/linux/mempool.h`](srctree/include/linux/mempool.h)

use super::pages::is_affordable;
use crate::bindings;
use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::NonNull, //
};
use kernel::{
    error::to_result,
    ffi::c_void,
    new_mutex,
    prelude::*,
    sync::Mutex,
    types::Opaque, //
};

/// A pool's list of its reserve is one allocation, and this is the largest that `kmalloc` makes
/// without a warning.
const MAX_RESERVE: usize = (4 << 20) / size_of::<*mut ()>();

/// What an allocation waits for if there is neither an element set aside nor memory at hand.
#[derive(Clone, Copy)]
pub(crate) enum Wait {
    /// Nothing: it fails.
    No,
    /// Memory that can be reclaimed at once. Without it fails.
    Reclaim,
    /// Memory.
    Memory,
    /// Memory, or an element that is given back. Who holds up all those who would do so waits until the
    /// kernel has memory, and a few seconds more.
    Element,
}

/// A `mempool_t` of elements from `kmalloc`.
///
/// # Invariants
///
/// `pool` is initialised, and its elements have `size` bytes. Every element that was taken is given back
/// before the pool is dropped.
#[pin_data(PinnedDrop)]
struct Elements {
    #[pin]
    pool: Opaque<bindings::mempool_t>,
    size: usize,
    /// The size of the reserve: the C code allows one resize at a time.
    #[pin]
    reserve: Mutex<usize>,
}

// SAFETY: A mempool has a lock of its own, and it holds memory, but no value.
unsafe impl Send for Elements {}
// SAFETY: As for `Send`.
unsafe impl Sync for Elements {}

impl Elements {
    fn new(reserve: usize, size: usize) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            pool <- Opaque::try_ffi_init(move |pool| {
                // SAFETY: `pool` is memory for a mempool.
                unsafe { Self::init(pool, reserve, size) }
            }),
            size,
            reserve <- new_mutex!(reserve),
        }? Error)
    }

    /// # Safety
    ///
    /// `pool` is memory for a mempool.
    #[inline(never)]
    unsafe fn init(pool: *mut bindings::mempool_t, reserve: usize, size: usize) -> Result {
        let min = check(0, reserve, size)?;
        // SAFETY: The caller guarantees the memory, and an all-zero mempool may be initialised.
        unsafe { pool.write_bytes(0, 1) };
        // SAFETY: The functions are a pair, and take a size for their argument.
        to_result(unsafe {
            bindings::mempool_init_noprof(
                pool,
                min,
                Some(bindings::mempool_kmalloc),
                Some(bindings::mempool_kfree),
                core::ptr::without_provenance_mut(size),
            )
        })
    }

    fn kmalloc(&self, flags: bindings::gfp_t) -> Option<NonNull<c_void>> {
        // SAFETY: Any size may be asked for.
        NonNull::new(unsafe { bindings::__kmalloc_noprof(self.size, flags) })
    }

    #[inline(never)]
    fn alloc(&self, wait: Wait) -> Option<NonNull<c_void>> {
        let flags = match wait {
            Wait::Element => bindings::GFP_NOIO,
            _ => bindings::GFP_NOWAIT,
        };
        // SAFETY: The pool is initialised by the type invariant.
        let element = unsafe { bindings::mempool_alloc_noprof(self.pool.get(), flags) };
        let reclaim = match wait {
            Wait::Reclaim => bindings::__GFP_NORETRY | bindings::__GFP_NOMEMALLOC,
            Wait::Memory => bindings::__GFP_NOFAIL,
            _ => return NonNull::new(element),
        };
        let flags = bindings::GFP_NOIO | bindings::__GFP_NOWARN | reclaim;
        NonNull::new(element).or_else(|| self.kmalloc(flags))
    }

    #[inline(never)]
    fn resize(&self, reserve: usize) -> Result {
        let mut current = self.reserve.lock();
        let min = check(*current, reserve, self.size)?;
        // SAFETY: The pool is initialised by the type invariant, and the lock is held.
        to_result(unsafe { bindings::mempool_resize(self.pool.get(), min) })?;
        if reserve > *current && self.fill(min).is_err() {
            // SAFETY: As above. Shrinking needs no memory, so it does not fail.
            unsafe { bindings::mempool_resize(self.pool.get(), *current as i32) };
            return Err(ENOMEM);
        }
        *current = reserve;
        Ok(())
    }

    /// Fills the reserve: a resize that runs out of memory half-way returns success.
    fn fill(&self, min: i32) -> Result {
        // SAFETY: The pool is initialised by the type invariant; the read may race, and is repeated
        // until the number is right. What is too much is freed by the pool.
        while unsafe { (&raw const (*self.pool.get()).curr_nr).read_volatile() } < min {
            let element = self.kmalloc(bindings::GFP_KERNEL).ok_or(ENOMEM)?;
            // SAFETY: The element is as those of the pool, and new.
            unsafe { bindings::mempool_free(element.as_ptr(), self.pool.get()) };
        }
        Ok(())
    }
}

#[pinned_drop]
impl PinnedDrop for Elements {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: The pool is initialised and has all its elements back, by the type invariant.
        unsafe { bindings::mempool_exit(self.pool.get()) }
    }
}

/// Bounds a reserve of elements of `size` bytes to what the C code takes, and its growth to what is
/// affordable; 0 is not a reserve.
fn check(current: usize, reserve: usize, size: usize) -> Result<i32> {
    let growth = reserve.saturating_sub(current);
    match reserve {
        0 => Err(EINVAL),
        1..=MAX_RESERVE if is_affordable(growth, size) => Ok(reserve as i32),
        _ => Err(ENOMEM),
    }
}

/// Memory for values of one type, with a reserve.
///
/// # Invariants
///
/// A `T` fits into an element.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_mempool.elements_are_given_and_taken_back`.
#[pin_data]
pub(crate) struct Mempool<T> {
    #[pin]
    elements: Elements,
    _holds: PhantomData<fn() -> T>,
}

impl<T> Mempool<T> {
    /// Creates a pool that has `reserve` elements set aside. May sleep.
    pub(crate) fn new(reserve: usize) -> impl PinInit<Self, Error> {
        const { assert!(align_of::<T>() <= align_of::<u64>()) };
        try_pin_init!(Self {
            // INVARIANT: A `T` fits into an element.
            elements <- Elements::new(reserve, size_of::<T>()),
            _holds: PhantomData,
        }? Error)
    }

    /// Takes memory for one `T`: what is set aside, what the allocator has, or what comes of a wait.
    /// Sleeps only for that, and causes no I/O.
    // As long as no more elements are in use than are set aside, neither is the allocator called nor is
    // memory cleared that is about to be written.
    pub(crate) fn alloc(&self, wait: Wait) -> Option<NonNull<MaybeUninit<T>>> {
        // SAFETY: The pool is initialised by the invariant of `Elements`.
        let element = unsafe { bindings::mempool_alloc_preallocated(self.elements.pool.get()) };
        NonNull::new(element)
            .or_else(|| self.elements.alloc(wait))
            .map(NonNull::cast)
    }

    /// Gives memory back, to the reserve if that is not full. Any context.
    ///
    /// # Safety
    ///
    /// `element` came from this pool, and is not used afterwards.
    pub(crate) unsafe fn free(&self, element: NonNull<MaybeUninit<T>>) {
        // SAFETY: The element is one of this pool, which the caller gives up.
        unsafe { bindings::mempool_free(element.as_ptr().cast(), self.elements.pool.get()) }
    }

    /// Changes the reserve to `reserve` elements, or fails and leaves it as it was. May sleep.
    pub(crate) fn resize(&self, reserve: usize) -> Result {
        self.elements.resize(reserve)
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_mempool)]
mod tests {
    use super::*;

    fn reserve_of<T>(pool: &Mempool<T>) -> (i32, i32) {
        let pool = pool.elements.pool.get();
        // SAFETY: The pool is initialised, and nobody else uses it.
        unsafe { ((*pool).min_nr, (*pool).curr_nr) }
    }

    #[test]
    fn reserve_has_the_size_it_is_given() -> Result {
        let pool = KBox::pin_init(Mempool::<[u64; 8]>::new(3), GFP_KERNEL)?;
        assert_eq!(reserve_of(&pool), (3, 3));
        for size in [4, 100, 1, 7] {
            pool.resize(size)?;
            assert_eq!(reserve_of(&pool), (size as i32, size as i32));
        }
        Ok(())
    }

    #[test]
    fn sizes_that_no_reserve_has_change_nothing() -> Result {
        let pool = KBox::pin_init(Mempool::<u64>::new(2), GFP_KERNEL)?;
        assert!(pool.resize(0).is_err_and(|error| error == EINVAL));
        assert!(pool
            .resize(MAX_RESERVE + 1)
            .is_err_and(|error| error == ENOMEM));
        assert!(pool.resize(usize::MAX).is_err_and(|error| error == ENOMEM));
        assert_eq!(reserve_of(&pool), (2, 2));
        assert!(KBox::pin_init(Mempool::<u64>::new(0), GFP_KERNEL).is_err());
        Ok(())
    }

    #[test]
    fn elements_are_given_and_taken_back() -> Result {
        let pool = KBox::pin_init(Mempool::<[u64; 8]>::new(1), GFP_KERNEL)?;
        let (one, other) = (
            pool.alloc(Wait::Element).ok_or(ENOMEM)?,
            pool.alloc(Wait::No).ok_or(ENOMEM)?,
        );
        assert!(one != other);
        // SAFETY: Both came from the pool, and are not used any more.
        unsafe {
            pool.free(one);
            pool.free(other);
        }
        assert_eq!(reserve_of(&pool), (1, 1));
        Ok(())
    }
}
