// SPDX-License-Identifier: GPL-2.0

//! The state of a request while its I/O is in flight.

use super::CallbackWorks;
use crate::{
    block::{
        bio_list,
        EndIo,
        IdleBio,
        Parent,
        Status, //
    },
    dm::{
        ErrorBits,
        IoCallback, //
    },
    memory::VmallocRange, //
};
use kernel::sync::Arc;

/// The payload of a request's own bio.
pub(crate) struct Request {
    pub(super) errors: ErrorBits,
    /// The number of the region that the request's own bio goes to.
    pub(super) index: usize,
    /// [`None`] if the caller waits.
    callback: Option<IoCallback>,
    /// What may call it instead of whoever learns that the request has completed.
    works: Option<Arc<CallbackWorks>>,
    /// What the caches must forget when a read has completed.
    invalidate: Option<VmallocRange>,
}

impl Request {
    pub(super) fn new(
        index: usize,
        callback: Option<IoCallback>,
        works: Option<Arc<CallbackWorks>>,
        invalidate: Option<VmallocRange>,
    ) -> Self {
        Self {
            errors: ErrorBits::new(),
            index,
            callback,
            works,
            invalidate,
        }
    }

    /// Ends a request all of whose I/O has completed, but for its callback; `status` is how that of
    /// its own bio did.
    pub(super) fn complete(&self, status: Status) {
        self.errors.record_status(self.index, status);
        if let Some(range) = self.invalidate {
            range.invalidate();
        }
    }

    /// Returns the works that may end the request, if there are any.
    pub(super) fn works(&self) -> Option<Arc<CallbackWorks>> {
        self.works.clone()
    }

    /// Ends a request whose caller does not wait. Any context.
    pub(super) fn end(bio: IdleBio<Self>) {
        bio.complete(bio.status());
        let (callback, failures) = (bio.callback, bio.errors.get());
        // The callback may start another request, which is to find this one's memory.
        drop(bio);
        if let Some(callback) = callback {
            callback.call(failures);
        }
    }
}

impl EndIo for Request {
    type Owned = ();

    fn end_io(bio: IdleBio<Self>) {
        match bio.works().filter(|_| bio_list::stack_will_be_short()) {
            Some(works) => works.add(bio),
            None => Self::end(bio),
        }
    }
}

impl Parent for Request {
    fn record_status(&self, index: usize, status: Status) {
        self.errors.record_status(index, status);
    }
}
