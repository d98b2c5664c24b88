// SPDX-License-Identifier: GPL-2.0

//! Callbacks that the stack of the task which started the request has no room for.

use super::request::Request;
use crate::{
    block::{
        bio_list,
        rcu,
        workqueue::OwnedQueue,
        IdleBio, //
    },
    memory::LList, //
};
use core::mem::{
    self,
    ManuallyDrop, //
};
use kernel::{
    impl_has_work,
    new_work,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    task::Task,
    workqueue::{
        Work,
        WorkItem, //
    }, //
};

/// The work that ends requests which end where the stack is nearly used up.
///
/// One that ends before its call returns would call back in that stack, and the callback may start the
/// next. When the work calls back, and the callback starts the next, that does not nest either: where the
/// work is, a stack is used up by stacked devices only.
#[pin_data]
pub(crate) struct CallbackWork {
    #[pin]
    work: Work<Self>,
    /// Empty when the work goes.
    ended: ManuallyDrop<LList<IdleBio<Request>>>,
    /// The address of the task that does the work, or 0.
    worker: Atomic<usize>,
    queue: OwnedQueue,
}

impl_has_work! {
    impl HasWork<Self> for CallbackWork { self.work }
}

impl CallbackWork {
    /// Sets the work up. May sleep.
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                work <- new_work!("dm_io_rust::CallbackWork"),
                ended: ManuallyDrop::new(LList::new()),
                worker: Atomic::new(0),
                queue: OwnedQueue::new(c"dm_io_rust")?,
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Returns whether a request that ends here, or is started here and may end so, is to be left to the
    /// work. Any context.
    pub(super) fn takes_over(&self) -> bool {
        bio_list::stack_will_be_short()
            || (self.worker.load(Relaxed) == Task::current_raw().addr()
                && !bio_list::is_within_submission())
    }

    /// Has a request ended that has completed. Any context.
    pub(super) fn add(self: Arc<Self>, request: IdleBio<Request>) {
        // The callback may have been called before this returns, and the module be about to go, for
        // which `drain` waits: this reference, which goes before the reader does, is never the last.
        let _reader = kernel::sync::rcu::read_lock();
        let this = self;
        this.ended.push(request);
        // If it is queued already it has yet to take them.
        let _ = this.queue.enqueue(this.clone());
    }

    /// Waits until all callbacks have returned, and nobody has a reference but the caller. May sleep.
    pub(crate) fn drain(&self) {
        rcu::synchronize();
        self.queue.drain();
    }
}

impl WorkItem for CallbackWork {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.worker.store(Task::current_raw().addr(), Relaxed);
        let mut ended = this.ended.take();
        while let Some(request) = ended.pop_front() {
            Request::end(request);
        }
        // It is empty.
        mem::forget(ended);
        this.worker.store(0, Relaxed);
    }
}
