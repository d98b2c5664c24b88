// SPDX-License-Identifier: GPL-2.0

//! Memory for one type, with a reserve.
//!
//! C header: [`include/linux/mempool.h`](srctree/include/linux/mempool.h)

use super::{
    pages::is_affordable,
    resources::NODE_SIZE,
    Resources, //
};
use core::{
    ffi::c_void,
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::to_result,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
    types::Opaque, //
};

/// A pool's list of its reserve is one allocation, and this is the largest that `kmalloc` gives
/// without a complaint.
const MAX_RESERVE: usize = (4 << 20) / size_of::<*mut ()>();

/// A `mempool_t` of elements that hold a `T`, from the slab of all bios.
///
/// # Invariants
///
/// `pool` is initialised, its elements are those of the slab, a `T` fits into one, and every element
/// that was taken from it is given back before the pool is dropped.
#[pin_data(PinnedDrop)]
pub(crate) struct Mempool<T> {
    #[pin]
    pool: Opaque<bindings::mempool_t>,
    /// Held while the size changes, and what it is: the C code allows one resize at a time.
    #[pin]
    reserve: Mutex<usize>,
    resources: Arc<Resources>,
    _holds: PhantomData<T>,
}

// SAFETY: A mempool has a lock of its own, and it holds memory, but no value of `T`.
unsafe impl<T> Send for Mempool<T> {}
// SAFETY: As for `Send`.
unsafe impl<T> Sync for Mempool<T> {}

impl<T> Mempool<T> {
    /// Makes a pool that has `reserve` elements set aside. May sleep.
    pub(crate) fn new(resources: Arc<Resources>, reserve: usize) -> impl PinInit<Self, Error> {
        const { assert!(align_of::<T>() <= align_of::<u64>() && size_of::<T>() <= NODE_SIZE) };
        let slab = resources.nodes.as_raw();
        try_pin_init!(Self {
            // INVARIANT: A `T` fits into an element.
            pool <- Opaque::try_ffi_init(move |pool: *mut bindings::mempool_t| {
                let min = Self::check(0, reserve)?;
                // SAFETY: `pool` is memory for a mempool, and an all-zero one may be initialised.
                // The functions are a pair, and take their argument to be a slab, which goes after
                // the pool.
                to_result(unsafe {
                    pool.write_bytes(0, 1);
                    bindings::mempool_init_noprof(
                        pool,
                        min,
                        Some(slab_alloc),
                        Some(slab_free),
                        slab.cast(),
                    )
                })
            }),
            reserve <- new_mutex!(reserve),
            resources,
            _holds: PhantomData,
        }? Error)
    }

    /// Takes memory for one `T` if the allocator or the reserve has any. Does not sleep.
    pub(crate) fn try_alloc(&self) -> Option<NonNull<MaybeUninit<T>>> {
        self.alloc_with(bindings::GFP_NOWAIT)
    }

    /// Takes memory for one `T`, and waits for an element to be given back if there is none. The
    /// caller must not hold up those who would do so. May sleep, but causes no I/O.
    pub(crate) fn alloc(&self) -> Option<NonNull<MaybeUninit<T>>> {
        self.alloc_with(crate::bindings::DM_IO_RUST_GFP_NOIO)
    }

    /// Takes memory for one `T`, and if neither the allocator nor the reserve has any, waits until
    /// the kernel has freed some; not for an element. May sleep, but causes no I/O.
    pub(crate) fn alloc_beyond_reserve(&self) -> Option<NonNull<MaybeUninit<T>>> {
        let flags = crate::bindings::DM_IO_RUST_GFP_NOIO | crate::bindings::DM_IO_RUST_GFP_NOFAIL;
        self.try_alloc()
            .or_else(|| self.resources.nodes.alloc(flags).map(NonNull::cast))
    }

    fn alloc_with(&self, flags: bindings::gfp_t) -> Option<NonNull<MaybeUninit<T>>> {
        // SAFETY: The pool is initialised by the type invariant.
        let element = unsafe { bindings::mempool_alloc_noprof(self.pool.get(), flags) };
        NonNull::new(element.cast())
    }

    /// Gives memory back, to the reserve if that is not full.
    ///
    /// # Safety
    ///
    /// `element` came from this pool, and is not used afterwards.
    pub(crate) unsafe fn free(&self, element: NonNull<MaybeUninit<T>>) {
        // SAFETY: By this function's requirement.
        unsafe { bindings::mempool_free(element.as_ptr().cast(), self.pool.get()) }
    }

    /// Changes the reserve to `reserve` elements, or leaves it as it was and fails. May sleep.
    pub(crate) fn resize(&self, reserve: usize) -> Result {
        let mut current = self.reserve.lock();
        let min = Self::check(*current, reserve)?;
        // SAFETY: The pool is initialised by the type invariant, and the lock is held.
        to_result(unsafe { bindings::mempool_resize(self.pool.get(), min) })?;
        if self.fill(min).is_err() {
            // SAFETY: As above. Shrinking needs no memory, so it does not fail.
            unsafe { bindings::mempool_resize(self.pool.get(), *current as i32) };
            return Err(ENOMEM);
        }
        *current = reserve;
        Ok(())
    }

    /// Bounds a reserve to what the C code takes, and its growth to what memory has; 0 is not a
    /// reserve.
    fn check(current: usize, reserve: usize) -> Result<i32> {
        let growth = reserve.saturating_sub(current);
        match reserve {
            0 => Err(EINVAL),
            1..=MAX_RESERVE if is_affordable(growth, NODE_SIZE) => Ok(reserve as i32),
            _ => Err(ENOMEM),
        }
    }

    /// Fills the reserve: a resize that runs out of memory half-way claims to have succeeded.
    fn fill(&self, min: i32) -> Result {
        // SAFETY: The pool is initialised by the type invariant; a racy reading is corrected by the
        // next one, and what is too much is freed by `free`.
        while unsafe { (&raw const (*self.pool.get()).curr_nr).read_volatile() } < min {
            let element = self.resources.nodes.alloc(bindings::GFP_KERNEL);
            // SAFETY: The element is of the pool's slab.
            unsafe { self.free(element.ok_or(ENOMEM)?.cast()) };
        }
        Ok(())
    }
}

/// What a mempool calls for another element. The kernel's own function takes no slab that has a
/// constructor.
///
/// # Safety
///
/// `slab` is a slab.
unsafe extern "C" fn slab_alloc(flags: bindings::gfp_t, slab: *mut c_void) -> *mut c_void {
    // SAFETY: By this function's requirement.
    unsafe { bindings::kmem_cache_alloc_noprof(slab.cast(), flags) }
}

/// What a mempool calls for an element that it does not keep.
///
/// # Safety
///
/// `slab` is a slab, and `element` is an object of it that is not used any more.
unsafe extern "C" fn slab_free(element: *mut c_void, slab: *mut c_void) {
    // SAFETY: By this function's requirement.
    unsafe { bindings::kmem_cache_free(slab.cast(), element) }
}

#[pinned_drop]
impl<T> PinnedDrop for Mempool<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: The pool is initialised and has all its elements back, by the type invariant.
        unsafe { bindings::mempool_exit(self.pool.get()) }
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_mempool)]
mod tests {
    use super::*;

    fn reserve_of<T>(pool: &Mempool<T>) -> (i32, i32) {
        // SAFETY: The pool is initialised, and nobody else uses it.
        unsafe { ((*pool.pool.get()).min_nr, (*pool.pool.get()).curr_nr) }
    }

    #[test]
    fn reserve_has_the_size_it_is_given() -> Result {
        let pool = KBox::pin_init(Mempool::<[u64; 8]>::new(Resources::new()?, 3), GFP_KERNEL)?;
        assert_eq!(reserve_of(&pool), (3, 3));
        for size in [4, 100, 1, 7] {
            pool.resize(size)?;
            assert_eq!(reserve_of(&pool), (size as i32, size as i32));
        }
        Ok(())
    }

    #[test]
    fn sizes_that_no_reserve_has_change_nothing() -> Result {
        let pool = KBox::pin_init(Mempool::<u64>::new(Resources::new()?, 2), GFP_KERNEL)?;
        assert!(pool.resize(0).is_err_and(|error| error == EINVAL));
        assert!(pool
            .resize(MAX_RESERVE + 1)
            .is_err_and(|error| error == ENOMEM));
        assert!(pool.resize(usize::MAX).is_err_and(|error| error == ENOMEM));
        assert_eq!(reserve_of(&pool), (2, 2));
        assert!(KBox::pin_init(Mempool::<u64>::new(Resources::new()?, 0), GFP_KERNEL).is_err());
        Ok(())
    }

    #[test]
    fn elements_are_given_and_taken_back() -> Result {
        let pool = KBox::pin_init(Mempool::<[u64; 8]>::new(Resources::new()?, 1), GFP_KERNEL)?;
        let (one, other) = (pool.alloc().ok_or(ENOMEM)?, pool.try_alloc().ok_or(ENOMEM)?);
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
