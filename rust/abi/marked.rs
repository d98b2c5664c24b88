// SPDX-License-Identifier: GPL-2.0

//! Objects that C holds, whose first word tells them from those of mainline's dm-io and kcopyd.
//!
//! C header: [`marker.h`](marker.h)

use super::{
    module_reference::ModuleReference,
    rust_dm_io::is_error_or_null, //
};
use crate::{
    bindings,
    dm::Refusal,
    io::Io,
    kcopyd::{
        Client,
        Job, //
    },
    memory::Pooled, //
};
use core::ptr::NonNull;
use kernel::{
    ffi::{
        c_char,
        c_void, //
    },
    prelude::*,
    sync::Arc, //
};

/// A type whose objects C holds.
///
/// # Safety
///
/// No other type has the same `KIND`: by that C's objects are taken for Rust's.
pub(crate) unsafe trait Kind: Sized {
    const KIND: bindings::dm_io_rust_kind;
}

// SAFETY: No other type has it.
unsafe impl Kind for Pin<KBox<Io>> {
    const KIND: bindings::dm_io_rust_kind = bindings::DM_IO_RUST_IO_CLIENT;
}

// SAFETY: No other type has it.
unsafe impl Kind for Arc<Client> {
    const KIND: bindings::dm_io_rust_kind = bindings::DM_IO_RUST_COPY_CLIENT;
}

// SAFETY: No other type has it.
unsafe impl Kind for Pooled<Job> {
    const KIND: bindings::dm_io_rust_kind = bindings::DM_IO_RUST_JOB;
}

/// Returns the marker of a kind.
fn marker<T: Kind>() -> *const c_char {
    // There are as many as there are kinds.
    (&raw const bindings::dm_io_rust_marker)
        .cast::<c_char>()
        .wrapping_add(T::KIND as usize)
}

/// Returns whether an object is one of this module, and of that kind.
///
/// # Safety
///
/// `object` is null, an `ERR_PTR`, or valid for reading a word.
#[inline(always)]
unsafe fn is_marked<T: Kind, C>(object: *const C) -> bool {
    if is_error_or_null(object.cast_mut()) {
        return false;
    }
    // SAFETY: The caller guarantees that a word can be read. An object of mainline may change
    // meanwhile.
    unsafe { object.cast::<*const c_char>().read_volatile() == marker::<T>() }
}

/// An object that C holds, and which holds the module.
///
/// # Invariants
///
/// `marker` is that of the kind.
#[repr(C)]
pub(crate) struct Marked<T: Kind> {
    marker: *const c_char,
    object: T,
    _module: ModuleReference,
}

impl<T: Kind> Marked<T> {
    /// Gives an object to C.
    pub(crate) fn give<C>(object: T) -> Result<*mut C> {
        let marker = marker::<T>();
        // INVARIANT: That is the kind's.
        let marked = KBox::new(
            Self {
                marker,
                object,
                _module: ModuleReference::new(),
            },
            GFP_KERNEL,
        )?;
        Ok(KBox::into_raw(marked).cast())
    }

    /// Returns the object behind a pointer from C, unless it is none of this kind.
    ///
    /// # Safety
    ///
    /// `raw` is null, an `ERR_PTR`, or an object of this module or of mainline which C holds during
    /// `'a`.
    #[inline(always)]
    pub(crate) unsafe fn borrow<'a, C>(raw: *const C) -> Option<&'a T> {
        // SAFETY: The caller guarantees that C holds the object, which has a first word.
        if !unsafe { is_marked::<T, C>(raw) } {
            return None;
        }
        // SAFETY: By the marker this is what `give` returned.
        Some(unsafe { &(*raw.cast::<Self>()).object })
    }

    /// Frees an object after a call of `last`, which may wait for those who still have it from C, as
    /// callbacks do that start the next job, or refuse. That is also refused, as `none`, for what is
    /// none of this kind.
    ///
    /// # Safety
    ///
    /// As for [`Self::borrow`], and C gives the object up: when `last` has returned nobody has it,
    /// unless it refused.
    pub(crate) unsafe fn free<C>(
        raw: *mut C,
        none: Refusal,
        last: impl FnOnce(&T) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        // SAFETY: The caller guarantees that C holds the object until `last` has returned.
        last(unsafe { Self::borrow(raw) }.ok_or(none)?)?;
        // SAFETY: By the marker this is what `give` returned, and nobody else uses it any more.
        drop(unsafe { KBox::from_raw(raw.cast::<Self>()) });
        Ok(())
    }
}

/// Gives a job to C. The marker is in the job's own memory: preparing a callback does not fail.
pub(crate) fn give_job(job: Pooled<Job>) -> *mut c_void {
    job.into_raw(marker::<Pooled<Job>>().cast()).as_ptr().cast()
}

/// Takes a job back, unless it is none.
///
/// # Safety
///
/// `raw` is null, or a job of this module or of mainline which C holds, and gives up.
pub(crate) unsafe fn take_job(raw: *mut c_void) -> Option<Pooled<Job>> {
    // SAFETY: The caller guarantees that C holds the job, which has a first word.
    if !unsafe { is_marked::<Pooled<Job>, c_void>(raw) } {
        return None;
    }
    let raw = NonNull::new(raw.cast())?;
    // SAFETY: By the marker this is what `give_job` returned, and nobody else uses it.
    Some(unsafe { Pooled::from_raw(raw) })
}
