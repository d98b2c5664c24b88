// SPDX-License-Identifier: GPL-2.0

//! What a request has to remember.

use super::{
    error_set::ErrorSet,
    Failures,
    Notify, //
};
use crate::block::{
    Bio,
    EndIo,
    Parent,
    Status,
    VmallocRange, //
};

/// The payload of a request's primary bio.
pub(crate) struct Request<N> {
    failed: ErrorSet,
    unsupported: ErrorSet,
    /// [`None`] if the caller waits.
    notify: Option<N>,
    /// The bytes that the caches must forget when a read has ended.
    invalidate: Option<(VmallocRange, usize)>,
}

impl<N: Notify> Request<N> {
    /// A request whose end is to be told.
    pub(super) fn new(notify: N, invalidate: Option<(VmallocRange, usize)>) -> Self {
        Self {
            failed: ErrorSet::new(),
            unsupported: ErrorSet::new(),
            notify: Some(notify),
            invalidate,
        }
    }

    /// A request that the caller waits for, and sees to the rest.
    pub(super) fn waited_for() -> Self {
        Self {
            failed: ErrorSet::new(),
            unsupported: ErrorSet::new(),
            notify: None,
            invalidate: None,
        }
    }

    /// Notes how a part of the region with number `index` ended.
    pub(super) fn note(&self, index: usize, status: Status) {
        if status.is_unsupported() {
            self.unsupported.insert(index);
        } else if !status.is_ok() {
            self.failed.insert(index);
        }
    }

    /// What failed, complete when the request has ended.
    pub(super) fn failures(&self) -> Failures {
        Failures {
            failed: self.failed.bits(),
            unsupported: self.unsupported.bits(),
        }
    }
}

impl<N: Notify> EndIo for Request<N> {
    fn end_io(mut bio: Bio<Self>) {
        bio.zero_what_was_not_read();
        bio.note(bio.index(), bio.status());
        if let Some((range, bytes)) = bio.invalidate {
            range.invalidate(bytes);
        }
        let (notify, failures) = (bio.notify, bio.failures());
        // The callback may start another request, which is to find this one's memory.
        drop(bio);
        if let Some(notify) = notify {
            notify.notify(failures);
        }
    }
}

impl<N: Notify> Parent for Request<N> {
    fn leg_ended(&self, index: usize, status: Status) {
        self.note(index, status);
    }
}
