// SPDX-License-Identifier: GPL-2.0

//! The dm-io services: I/O between one buffer and one or many regions.
//!
//! # Lifetime of a request
//!
//! A request has a bio of its own, whose payload is the [`Request`]; every other of its bios is a
//! child of that one. The request's own bio carries the buffer from its start, if its vectors are
//! enough, and goes to the last region; children over the same vectors go to the others. What one bio
//! cannot carry, children with vectors of their own do piece by piece.
//!
//! 1. **Checked**: the arguments make sense, and nothing has been done.
//! 2. **Allocated**: the request's own bio exists, on the caller's stack if the caller waits, in
//!    memory of its own if not. Without memory for it, also reclaimed, the caller's stack serves all the
//!    same, and the callback is called before the service returns. A callback that starts the next
//!    request, which finds no memory either, would nest without end: where the stack is nearly used up
//!    it waits for memory, the kernel's or another request's.
//! 3. **Filled**: the bio carries the buffer, which turned out to be memory; or else the request is
//!    refused.
//! 4. **Submitted**: each child was submitted as soon as it was set up. A piece for which there is no
//!    memory is done from the stack, and waited for, or where that is too short, submitted when there
//!    is memory. At last the request's own bio was submitted, or ended if nothing was left for it.
//! 5. **Completed**: all of its bios have ended. Each that failed has recorded its region, and cleared
//!    what it did not read. The one that ends last wakes the caller, or frees the request and calls
//!    back. What was started and ends where the stack is nearly used up leaves that to the
//!    [`CallbackWorks`].
//!
//! No other step waits for memory that another request holds, nor for a task but theirs. Hence
//! requests cannot wait for each other, however they are stacked: from within the submission of a
//! bio, by a stacked device, a request that is waited for is submitted at once, one level deeper
//! in the stack of the same task, and any other after that submission, as the block layer does it.
//! Where the stack has less than a quarter left for another level, a request that is waited for
//! fails.

#![deny(unsafe_code)]

pub(crate) mod buffer;
mod callback_works;
mod dispatch;
mod request;
mod reservation;

pub(crate) use self::{
    buffer::Buffer,
    callback_works::CallbackWorks, //
};

use self::{
    dispatch::Dispatch,
    request::Request,
    reservation::Reservation, //
};
use crate::{
    block::{
        bio::{
            on_stack,
            Vectors, //
        },
        bio_list,
        Bio,
        BioPool,
        Child,
        Op, //
    },
    dm::{
        Failures,
        IoCallback,
        Regions, //
    },
    memory::Wait, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// What a request does, where, and with which memory.
pub(crate) struct IoArgs<'a> {
    pub(crate) op: Op,
    pub(crate) regions: Regions<'a>,
    /// As long as the longest region, if the operation carries data.
    pub(crate) buffer: Buffer<'a>,
}

/// The answer to a request whose buffer has less memory than its longest region.
pub(crate) struct Incomplete;

/// For how many requests memory is set aside when `ios` I/Os are reserved: as many again, for speed.
/// What is set aside is taken without the allocator, and a queue is as a rule deeper than a reserve.
fn requests_for(ios: usize) -> usize {
    ios.saturating_mul(2)
}

/// The dm-io services, with their memory.
#[pin_data]
pub(crate) struct Io {
    requests: Arc<BioPool<Request>>,
    children: Arc<BioPool<Child<Request>>>,
    #[pin]
    reservation: Reservation,
    works: Arc<CallbackWorks>,
}

impl Io {
    /// Sets up the services with a reserve for `ios` I/Os, which stays whatever is given back. May
    /// sleep.
    pub(crate) fn new(ios: usize, works: &Arc<CallbackWorks>) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            try_pin_init!(Self {
                requests: BioPool::new(requests_for(ios))?,
                children: BioPool::new(ios)?,
                reservation <- Reservation::new(ios),
                works: works.clone(),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Reserves memory for `pages` pages more of concurrent I/O, or fails and changes nothing.
    ///
    /// A page is at the most one request, and to each region one bio: memory is set aside for so many
    /// of both, at least, and a page to k regions counts k times.
    pub(crate) fn get(&self, pages: usize) -> Result {
        self.reservation.grow(pages, |total| self.resize(total))
    }

    /// Gives back what [`Self::get`] reserved. Returns false if that was less than `pages`.
    pub(crate) fn put(&self, pages: usize) -> bool {
        self.reservation.shrink(pages, |total| self.resize(total))
    }

    fn resize(&self, ios: usize) -> Result {
        self.requests.resize(requests_for(ios))?;
        self.children.resize(ios)
    }

    /// Does a request and waits for it, or starts it if there is a callback. May sleep.
    // Inlined for speed: each function between copies the arguments.
    #[inline(always)]
    pub(crate) fn run(
        &self,
        args: &IoArgs<'_>,
        callback: Option<IoCallback>,
    ) -> Result<Failures, Incomplete> {
        match callback {
            Some(callback) => self.start(&Dispatch::new(args, args.op, &self.children), callback),
            None => Self::wait(&Dispatch::new(args, args.op.with_sync(), &self.children)),
        }
    }

    /// Starts a request, and calls back when it has completed.
    fn start(&self, dispatch: &Dispatch<'_>, callback: IoCallback) -> Result<Failures, Incomplete> {
        let is_deep = bio_list::stack_will_be_short();
        let request = || dispatch.request(Some(callback), is_deep.then(|| self.works.clone()));
        let (device, op, vectors) = (dispatch.device(), dispatch.op(), dispatch.vectors());
        let wait = if is_deep {
            Wait::Element
        } else {
            Wait::Reclaim
        };
        let bio = BioPool::alloc(&self.requests, (device, op), vectors, (), request, wait);
        if let Some(mut bio) = bio {
            let filled = dispatch.fill(&mut bio.as_mut())?;
            dispatch.submit(bio, filled);
        } else {
            callback.call(Self::wait(dispatch)?);
        }
        Ok(Failures::default())
    }

    /// Does a request from the caller's stack, also from within the submission of another bio: unless
    /// that is one too many in this stack.
    fn wait<'a>(dispatch: &Dispatch<'a>) -> Result<Failures, Incomplete> {
        let (device, op) = (dispatch.device(), dispatch.op());
        let run = |mut bio: Bio<'a, Request>| {
            let filled = dispatch.lend(&mut bio.as_mut())?;
            dispatch.submit(bio, filled);
            Ok(())
        };
        let done = |result: Result<(), _>, status, request: &mut Request| {
            result?;
            request.complete(status);
            Ok(request.errors.get_mut())
        };
        let result = bio_list::set_aside(|| {
            let vectors = Vectors::UpTo(dispatch.vectors_on_stack());
            on_stack(device, op, vectors, dispatch.request(None, None), run, done)
        });
        result.unwrap_or_else(|bio_list::TooDeep| dispatch.fail())
    }
}
