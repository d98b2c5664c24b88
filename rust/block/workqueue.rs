// SPDX-License-Identifier: GPL-2.0

//! Work queues that end with their owner.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::bindings;
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::Arc,
    time::Jiffies,
    workqueue::{
        DelayedWork,
        Queue,
        RawDelayedWorkItem,
        RawWorkItem, //
    }, //
};

/// A queue for memory reclaim has a rescuer thread; its works run where they are queued.
const FLAGS: u32 = bindings::wq_flags_WQ_MEM_RECLAIM | bindings::wq_flags_WQ_PERCPU;

/// A work queue that makes progress without memory, and that ends with its owner.
///
/// # Invariants
///
/// The pointer is a work queue that nobody else destroys.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_workqueue.delayed_work_keeps_its_queue`.
pub(crate) struct OwnedQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: A work queue may be used from any thread.
unsafe impl Send for OwnedQueue {}
// SAFETY: As for `Send`.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// Creates a queue; its rescuer thread is named `name`. May sleep.
    pub(crate) fn new(name: &CStr) -> Result<Self> {
        // SAFETY: The name is a string, and is copied.
        let queue = unsafe { bindings::alloc_workqueue(name.as_char_ptr(), FLAGS) };
        // INVARIANT: The queue is new.
        NonNull::new(queue).map(Self).ok_or(ENOMEM)
    }

    pub(super) fn as_raw(&self) -> *mut bindings::workqueue_struct {
        self.0.as_ptr()
    }

    fn queue(&self) -> &Queue {
        // SAFETY: Valid by the type invariant for as long as the borrow.
        unsafe { Queue::from_raw(self.as_raw()) }
    }

    /// Queues work, unless it is queued already. Any context.
    pub(crate) fn enqueue<W, const ID: u64>(&self, work: W) -> W::EnqueueOutput
    where
        W: RawWorkItem<ID> + Send + 'static,
    {
        self.queue().enqueue(work)
    }

    /// Queues work of `object` to its own queue when `delay` has passed, unless it is queued already.
    /// Any context.
    ///
    /// The end of a queue does not wait for timers. This one has a reference on `object`, and with that
    /// on the queue, which is a part of it.
    pub(crate) fn enqueue_delayed<T, const ID: u64>(
        object: Arc<T>,
        queue: fn(&T) -> &Self,
        delay: Jiffies,
    ) -> <Arc<T> as RawWorkItem<ID>>::EnqueueOutput
    where
        T: Send + Sync + 'static,
        Arc<T>: RawDelayedWorkItem<ID>,
    {
        let queue = queue(&object).as_raw();
        // SAFETY: The queue is part of the object, and is there until the work has begun.
        unsafe { Queue::from_raw(queue) }.enqueue_delayed(object, delay)
    }

    /// Waits until all work that was queued before has returned. May sleep; not from such work.
    pub(crate) fn flush(&self) {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::__flush_workqueue(self.as_raw()) }
    }

    /// Waits until the queue is empty, and nothing of it runs. Only work of the queue may be queued to
    /// it meanwhile. May sleep; not from such work.
    pub(crate) fn drain(&self) {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::drain_workqueue(self.as_raw()) }
    }
}

/// Queues delayed work that waits for its time at once, and waits until it has returned. May sleep;
/// not from such work.
pub(crate) fn flush_delayed<T: ?Sized, const ID: u64>(work: &DelayedWork<T, ID>) {
    let work: *const DelayedWork<T, ID> = work;
    // CAST: A `DelayedWork` has the layout of the C structure.
    // SAFETY: The work is initialised, and stays as long as the borrow.
    unsafe { bindings::flush_delayed_work(work.cast_mut().cast()) };
}

impl Drop for OwnedQueue {
    fn drop(&mut self) {
        // SAFETY: Valid, and this is its only owner, by the type invariant.
        unsafe { bindings::destroy_workqueue(self.as_raw()) }
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_workqueue)]
mod tests {
    use super::*;
    use kernel::{
        impl_has_delayed_work,
        impl_has_work,
        new_delayed_work,
        new_work,
        sync::{
            atomic::{
                Atomic,
                Relaxed, //
            },
            Completion, //
        },
        workqueue::{
            Work,
            WorkItem, //
        }, //
    };

    const NOW: u64 = 1;
    const LATER: u64 = 2;

    /// An object that has its works done by its own queue.
    #[pin_data]
    struct Object {
        #[pin]
        now: Work<Self, NOW>,
        #[pin]
        later: DelayedWork<Self, LATER>,
        queue: OwnedQueue,
        runs: Atomic<u32>,
        #[pin]
        done: Completion,
    }

    impl_has_work! {
        impl HasWork<Self, NOW> for Object { self.now }
    }

    impl_has_delayed_work! {
        impl HasDelayedWork<Self, LATER> for Object { self.later }
    }

    impl WorkItem<NOW> for Object {
        type Pointer = Arc<Self>;

        fn run(this: Arc<Self>) {
            this.runs.fetch_add(1, Relaxed);
        }
    }

    impl WorkItem<LATER> for Object {
        type Pointer = Arc<Self>;

        fn run(this: Arc<Self>) {
            this.runs.fetch_add(100, Relaxed);
            this.done.complete_all();
        }
    }

    impl Object {
        fn new() -> Result<Arc<Self>> {
            Arc::pin_init(
                try_pin_init!(Self {
                    now <- new_work!("dm_io_rust_test::now"),
                    later <- new_delayed_work!("dm_io_rust_test::later"),
                    queue: OwnedQueue::new(c"dm_io_rust_test")?,
                    runs: Atomic::new(0),
                    done <- Completion::new(),
                }? Error),
                GFP_KERNEL,
            )
        }

        fn delay(self: &Arc<Self>, jiffies: Jiffies) -> bool {
            OwnedQueue::enqueue_delayed::<_, LATER>(self.clone(), |object| &object.queue, jiffies)
                .is_ok()
        }
    }

    #[test]
    fn a_flush_waits_for_what_was_queued() -> Result {
        let object = Object::new()?;
        assert!(object.queue.enqueue::<_, NOW>(object.clone()).is_ok());
        object.queue.flush();
        assert_eq!(object.runs.load(Relaxed), 1);
        assert!(object.queue.enqueue::<_, NOW>(object.clone()).is_ok());
        object.queue.drain();
        assert_eq!(object.runs.load(Relaxed), 2);
        assert!(object.delay(1 << 30));
        assert!(!object.delay(0));
        flush_delayed(&object.later);
        assert_eq!(object.runs.load(Relaxed), 102);
        object.queue.drain();
        Ok(())
    }

    #[test]
    fn delayed_work_keeps_its_queue() -> Result {
        let object = Object::new()?;
        assert!(object.delay(2));
        object.done.wait_for_completion();
        // The work may not have returned yet: its reference is not the last.
        object.queue.drain();
        assert_eq!(object.runs.load(Relaxed), 100);
        Ok(())
    }
}
