// SPDX-License-Identifier: GPL-2.0

//! Callbacks that the stack of the task which started the request has no room for.

use super::request::Request;
use crate::{
    block::{
        workqueue::OwnedQueue,
        IdleBio, //
    },
    memory::LList, //
};
use kernel::{
    impl_has_work,
    new_work,
    prelude::*,
    sync::Arc,
    workqueue::{
        Work,
        WorkItem, //
    }, //
};

/// The work that ends requests which were started where the stack is nearly used up.
///
/// One that ends before its call returns would call back in that stack, and the callback may start the
/// next.
#[pin_data]
pub(crate) struct CallbackWork {
    #[pin]
    work: Work<Self>,
    ended: LList<IdleBio<Request>>,
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
                ended: LList::new(),
                queue: OwnedQueue::new(c"dm_io_rust")?,
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Has a request ended that has completed. Any context.
    pub(super) fn add(self: Arc<Self>, request: IdleBio<Request>) {
        self.ended.push(request);
        let queue = &self.queue;
        // If it is queued already it has yet to take them.
        let _ = queue.enqueue(self.clone());
    }

    /// Waits until all callbacks have returned, so that whoever drops the work last is not the work. May
    /// sleep.
    pub(crate) fn drain(&self) {
        self.queue.drain();
    }
}

impl WorkItem for CallbackWork {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let mut ended = this.ended.take();
        while let Some(request) = ended.pop_front() {
            Request::end(request);
        }
    }
}
