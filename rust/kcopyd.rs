// SPDX-License-Identifier: GPL-2.0

//! The copy service.
//!
//! # Lifetime of a copy
//!
//! A copy is a [`Job`], the payload of a bio that is never submitted: what is chained to it keeps it
//! from ending. The work is done by [`Part`]s, each with a buffer and a bio that is chained to the
//! job's. A part takes one range of the job after the other, and reads and writes it.
//!
//! A job is
//!
//! 1. **Accepted**: the arguments make sense, and the job is on the client's list.
//! 2. **Waiting** for its parts, in the order of acceptance. It begins with as many as the range, the
//!    limit and memory allow, but at least with one; it has no more need of memory from then on.
//! 3. **Begun**: its parts alone hold it up. No range is taken any more after an error, unless
//!    errors are to be ignored.
//! 4. **Done**: the last part has gone, and the job is on the list of callbacks.
//! 5. **Called back**: the job's memory was given back before the callback is called.
//!
//! A part is
//!
//! 1. **Reading** its range into its buffer. If that fails and errors are to be ignored, it reads the
//!    first half, and so on down to a block, which if it cannot be read is zeroes.
//! 2. **Writing** it to one destination by its own bio, and to others by legs over the same vectors.
//!    Destinations for which there is no memory for a leg are next. If that fails and errors are to
//!    be ignored, it is written to each destination that failed in pieces, as it is read.
//! 3. **Ended**, from where it goes on with the rest of a range that was cut, or another range, or
//!    goes, and its buffer with it.
//!
//! Both states end in an interrupt or anywhere else, where the part is put on the client's list; all
//! decisions are taken by the client's *progress* work, and none by a caller, who may hold locks that
//! a device wants. *Callbacks* are a work of their own, on a queue of their own, so that one that
//! sleeps does not hold up the I/O of other jobs.
//!
//! Nothing in that progress waits for memory. A job that gets none waits for a part to end,
//! whose memory it gets; that there is a part in flight, or else memory for one, is what the
//! client's reserve is for.
//!
//! A device's limits may change at any time. A job reads them when it is accepted, and is cut by
//! them; what a device does not take any more fails, and never makes the job wait.

#![deny(unsafe_code)]

mod client;
mod job;
mod part;
pub(crate) mod throttle;

pub(crate) use self::{
    client::Client,
    job::{
        Job,
        MAX_DESTS, //
    }, //
};

/// How the end of a copy is told.
pub(crate) trait Notify: Copy + Send + Sync + 'static {
    /// Told once, in process context, and not while another of the same client is being told.
    /// `read_error` is not 0 if any part of the source could not be read; bit i of `write_errors` is
    /// set if any part of destination i could not be written.
    fn notify(self, read_error: i32, write_errors: usize);
}

/// How a job is to be done.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flags {
    /// Copy what can be copied.
    pub(crate) ignore_errors: bool,
    /// Write each destination from its start to its end, one write after the other.
    pub(crate) in_order: bool,
}
