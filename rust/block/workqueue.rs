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
    workqueue::Queue, //
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
