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
            Full, //
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
/// next. A callback may wait for an I/O that ends when another was called: each has a work to itself.
pub(crate) struct CallbackWorks {
    /// Requests that no work has taken; empty when the works go.
    waiting: ManuallyDrop<LList<IdleBio<Request>>>,
    first: Arc<CallbackWork>,
    queue: OwnedQueue,
}

#[pin_data]
struct CallbackWork {
    #[pin]
    work: Work<Self>,
    /// What it is to end, if it is queued.
    request: ManuallyDrop<LList<IdleBio<Request>>>,
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
        let works = Self {
            waiting: ManuallyDrop::new(LList::new()),
            first: first.ok_or(EINVAL)?,
            queue,
        };
        Ok(Arc::new(works, GFP_KERNEL)?)
    }

    /// Has a request ended that has completed. Any context.
    pub(super) fn add(self: Arc<Self>, request: IdleBio<Request>) {
        // The callback may have been called before this returns, and the module be about to go, for
        // which `drain` waits: this reference, which goes before the reader does, is never the last.
        let _reader = kernel::sync::rcu::read_lock();
        let this = self;
        this.waiting.push(request);
        this.hand_out();
    }

    /// Hands the requests that wait out to works that are idle. Called after an addition, and after a
    /// work has become idle, which are full barriers: the latter of the two sees the other.
    fn hand_out(&self) {
        while let Some(work) = self.claim() {
            let mut waiting = self.waiting.take();
            let request = waiting.pop_front();
            while let Some(other) = waiting.pop_front() {
                self.waiting.push(other);
            }
            // It is empty.
            mem::forget(waiting);
            if let Some(request) = request {
                work.request.push(request);
                // It is not queued.
                let _ = self.queue.enqueue(work.clone());
            } else {
                work.is_idle.xchg(true, Full);
                if self.waiting.is_empty() {
                    return;
                }
            }
        }
    }

    /// Returns a work that was idle, which the caller is to queue.
    fn claim(&self) -> Option<&Arc<CallbackWork>> {
        let mut work = &self.first;
        while !work.is_idle.xchg(false, Full) {
            work = work.next.as_ref()?;
        }
        Some(work)
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
                request: ManuallyDrop::new(LList::new()),
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
        let mut requests = this.request.take();
        if let Some(request) = requests.pop_front() {
            let works = request.works();
            Request::end(request);
            this.is_idle.xchg(true, Full);
            if let Some(works) = works {
                works.hand_out();
            }
        }
        // It is empty.
        mem::forget(requests);
    }
}
