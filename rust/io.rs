// SPDX-License-Identifier: GPL-2.0

//! The dm-io services: I/O between one buffer and one or many regions.
//!
//! # Lifetime of a request
//!
//! A request is a chain of bios. The first, the *primary*, has the [`Request`] for its payload;
//! every other is a [`Leg`] that is chained to it. What a region needs beyond one bio, and every
//! region but the last, is done by legs; what then remains and fits goes onto the primary itself, so
//! that a request of one bio consists of just that. If the primary can carry the buffer from its
//! start, as far as the last region goes, legs for regions that are no longer share its vectors.
//!
//! 1. **Checked**: the arguments make sense, and nothing has been done.
//! 2. **Made**: the primary exists, on the caller's stack if the caller waits, in memory of its own
//!    if not. Without memory for it the caller's stack serves all the same, and the callback is
//!    called before the service returns.
//! 3. **Dispatched**: the primary was filled if the legs can share that. Each leg was submitted as
//!    soon as it was made. A leg that there is no memory for is done from the stack, and waited for.
//!    At last the primary was submitted, or ended if nothing remained for it.
//! 4. **Ended**: primary and legs have. Each that failed has marked its region, and zeroed what it
//!    did not read. The one that ends last wakes the caller, or frees the request and notifies.
//!
//! No step waits for memory that another request holds, nor for another task. Hence requests cannot
//! wait for each other, however they are stacked: from within the submission of a bio, by a stacked
//! device, a request that is waited for is submitted at once, one level deeper in the stack of the
//! same task, and any other after that submission, as the block layer does it. Where the stack has
//! less than a quarter left for another level, the request fails.

#![deny(unsafe_code)]

mod dispatch;
pub(crate) mod error_set;
pub(crate) mod op;
pub(crate) mod refusal;
pub(crate) mod region;
mod regions;
mod request;
mod reservation;
pub(crate) mod source;

pub(crate) use self::{
    error_set::Failures,
    op::Op,
    refusal::Refusal,
    region::Region,
    regions::Regions,
    source::Source, //
};

use self::{
    dispatch::Dispatch,
    request::Request,
    reservation::Reservation, //
};
use crate::{
    block::{
        bio::{
            is_too_deep,
            with_bio_list_set_aside, //
        },
        BioPool,
        Leg,
        Resources,
        StackBio, //
    },
    statistics::{
        self,
        Counted, //
    }, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// How the end of an asynchronous request is told.
pub(crate) trait Notify: Copy + Send + Sync + 'static {
    /// Told once, in any context.
    fn notify(self, failures: Failures);
}

/// The dm-io services, with their memory.
#[pin_data]
pub(crate) struct Io<N: Notify> {
    requests: Arc<BioPool<Request<N>>>,
    legs: Arc<BioPool<Leg<Request<N>>>>,
    resources: Arc<Resources>,
    #[pin]
    reservation: Reservation,
}

impl<N: Notify> Io<N> {
    /// Sets up the services with a reserve for `ios` I/Os, which stays whatever is given back. May
    /// sleep.
    pub(crate) fn new(resources: &Arc<Resources>, ios: usize) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            try_pin_init!(Self {
                requests: BioPool::new(resources, ios)?,
                legs: BioPool::new(resources, ios)?,
                resources: resources.clone(),
                reservation <- Reservation::new(ios),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Reserves memory for `pages` pages more of concurrent I/O, or fails and changes nothing.
    ///
    /// A page is at the most one request, and to each region one bio: so many of both are set aside,
    /// and a page to k regions counts k times.
    pub(crate) fn get(&self, pages: usize) -> Result {
        self.reservation.grow(pages, |total| {
            self.requests.resize(total)?;
            self.legs.resize(total)
        })
    }

    /// Gives back what [`Self::get`] reserved. Returns false if that was less than `pages`.
    pub(crate) fn put(&self, pages: usize) -> bool {
        self.reservation.shrink(pages, |total| {
            self.requests.resize(total)?;
            self.legs.resize(total)
        })
    }

    /// Does a request and waits for it. May sleep.
    pub(crate) fn sync<S: Source>(&self, op: Op, regions: Regions<'_>, source: &S) -> Failures {
        count(op, regions);
        self.run(op.with_sync(), regions, source)
    }

    /// Starts a request, and notifies when it has ended. May sleep.
    pub(crate) fn start<S: Source>(&self, op: Op, regions: Regions<'_>, source: &S, notify: N) {
        count(op, regions);
        let dispatch = Dispatch::new(op, regions, source, &self.legs, &self.resources);
        let request = Request::new(notify, dispatch.invalidation());
        let (device, vecs) = (dispatch.device(), dispatch.vecs());
        match BioPool::try_alloc(&self.requests, device, op.opf(), vecs, request) {
            Some(mut primary) => {
                if dispatch.run(&mut primary) {
                    primary.submit();
                } else {
                    primary.end();
                }
            }
            None => notify.notify(self.run(op, regions, source)),
        }
    }

    /// Does a request from the caller's stack, from within the submission of another bio, too: unless
    /// that is one too many in this stack.
    fn run<S: Source>(&self, op: Op, regions: Regions<'_>, source: &S) -> Failures {
        if is_too_deep() {
            return Dispatch::new(op, regions, source, &self.legs, &self.resources).fail();
        }
        with_bio_list_set_aside(|| self.run_on_stack(op, regions, source))
    }

    fn run_on_stack<S: Source>(&self, op: Op, regions: Regions<'_>, source: &S) -> Failures {
        let dispatch = Dispatch::new(op, regions, source, &self.legs, &self.resources);
        pin_init::stack_pin_init!(
            let primary = StackBio::new(
                &self.resources,
                dispatch.device(),
                op.opf(),
                dispatch.vecs_on_stack(),
                Request::<N>::waited_for(),
            )
        );
        if dispatch.run(&mut primary) {
            let status = primary.as_mut().submit_and_wait();
            primary.note(dispatch.last(), status);
        } else {
            primary.as_mut().end_and_wait();
        }
        if let Some((range, bytes)) = dispatch.invalidation() {
            range.invalidate(bytes);
        }
        primary.failures()
    }
}

fn count(op: Op, regions: Regions<'_>) {
    let what = if op.is_write() {
        Counted::Write
    } else {
        Counted::Read
    };
    statistics::count(what, regions.sectors());
}
