// SPDX-License-Identifier: GPL-2.0

//! A work queue of one's own.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::bindings;
use core::{
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    workqueue::{
        DelayedWork,
        Queue, //
    }, //
};

/// A work queue that makes progress without memory, and that ends with its owner.
///
/// # Invariants
///
/// The pointer is a work queue that nobody else destroys.
pub(crate) struct OwnedQueue(NonNull<kernel::bindings::workqueue_struct>);

// SAFETY: A work queue may be used from any thread.
unsafe impl Send for OwnedQueue {}
// SAFETY: As for `Send`.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// Makes a queue; its rescuer thread bears `name`. May sleep.
    pub(crate) fn new(name: &CStr) -> Result<Self> {
        // SAFETY: The name is a string, and is copied.
        let queue = unsafe { bindings::dm_io_rust_alloc_workqueue(name.as_char_ptr()) };
        // INVARIANT: The queue is new.
        NonNull::new(queue).map(Self).ok_or(ENOMEM)
    }

    pub(super) fn as_raw(&self) -> *mut kernel::bindings::workqueue_struct {
        self.0.as_ptr()
    }

    /// Waits until all work that was queued before has returned. May sleep; not from such work.
    pub(crate) fn flush(&self) {
        // SAFETY: Valid by the type invariant.
        unsafe { kernel::bindings::__flush_workqueue(self.as_raw()) }
    }

    /// Waits until the queue is empty, and nothing of it runs. Only work of the queue may be queued to
    /// it meanwhile. May sleep; not from such work.
    pub(crate) fn drain(&self) {
        // SAFETY: Valid by the type invariant.
        unsafe { kernel::bindings::drain_workqueue(self.as_raw()) }
    }
}

/// Queues delayed work that waits for its time at once, and waits until it has returned. May sleep;
/// not from such work.
pub(crate) fn flush_delayed<T: ?Sized, const ID: u64>(work: &DelayedWork<T, ID>) {
    let work: *const DelayedWork<T, ID> = work;
    // CAST: A `DelayedWork` has the layout of the C structure.
    // SAFETY: The work is initialised, and stays as long as the borrow.
    unsafe { kernel::bindings::flush_delayed_work(work.cast_mut().cast()) };
}

impl Deref for OwnedQueue {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        // SAFETY: Valid by the type invariant for as long as the borrow.
        unsafe { Queue::from_raw(self.as_raw()) }
    }
}

impl Drop for OwnedQueue {
    fn drop(&mut self) {
        // SAFETY: Valid, and this is its only owner, by the type invariant.
        unsafe { kernel::bindings::destroy_workqueue(self.as_raw()) }
    }
}
