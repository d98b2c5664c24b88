// SPDX-License-Identifier: GPL-2.0

//! Callbacks that the stack of the task which started the request has no room for.

use super::request::Request;
use crate::{
    block::{
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
            Full,
            Release, //
        },
        Arc, //
    },
    workqueue::{
        Work,
        WorkItem, //
    }, //
};

/// How many callbacks are called at a time, and may wait for each other.
const WORKS: usize = 16;

/// The works that end requests which end where the stack is nearly used up.
///
/// One that ends before its call returns would call back in that stack, and the callback may start the
/// next. A callback may wait for an I/O that ends when another was called: each has a work to itself, as
/// long as there are works.
pub(crate) struct CallbackWorks {
    first: Arc<CallbackWork>,
    queue: OwnedQueue,
}

#[pin_data]
struct CallbackWork {
    #[pin]
    work: Work<Self>,
    /// Empty when the work goes.
    ended: ManuallyDrop<LList<IdleBio<Request>>>,
    /// Whether it has nothing to do, but for the last of all works, whose value means nothing.
    is_idle: Atomic<bool>,
    next: Option<Arc<Self>>,
}

impl_has_work! {
    impl HasWork<Self> for CallbackWork { self.work }
}

impl CallbackWorks {
    /// Sets the works up. May sleep.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let queue = OwnedQueue::new(c"dm_io_rust")?;
        let mut first = None;
        for _ in 0..WORKS {
            first = Some(CallbackWork::new(first)?);
        }
        let first = first.ok_or(EINVAL)?;
        Ok(Arc::new(Self { first, queue }, GFP_KERNEL)?)
    }

    /// Has a request ended that has completed. Any context.
    pub(super) fn add(self: Arc<Self>, request: IdleBio<Request>) {
        // The callback may have been called before this returns, and the module be about to go, for
        // which `drain` waits: this reference, which goes before the reader does, is never the last.
        let _reader = kernel::sync::rcu::read_lock();
        let this = self;
        let mut work = &this.first;
        while !work.is_idle.xchg(false, Full) {
            let Some(next) = &work.next else { break };
            work = next;
        }
        work.ended.push(request);
        // If it is queued already it has yet to take them.
        let _ = this.queue.enqueue(work.clone());
    }

    /// Waits until all callbacks have returned, and nobody has a reference but the caller. May sleep.
    pub(crate) fn drain(&self) {
        rcu::synchronize();
        self.queue.drain();
    }
}

impl CallbackWork {
    fn new(next: Option<Arc<Self>>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                work <- new_work!("dm_io_rust::CallbackWork"),
                ended: ManuallyDrop::new(LList::new()),
                is_idle: Atomic::new(true),
                next,
            }),
            GFP_KERNEL,
        )
    }
}

impl WorkItem for CallbackWork {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let mut ended = this.ended.take();
        let first = ended.pop_front();
        // They came when no work was idle. By now one may be.
        while let Some(request) = ended.pop_front() {
            Request::leave_to_work(request);
        }
        // It is empty.
        mem::forget(ended);
        if let Some(request) = first {
            Request::end(request);
        }
        this.is_idle.store(true, Release);
    }
}
