// SPDX-License-Identifier: GPL-2.0

//! The copy service.
//!
//! # Lifetime of a job
//!
//! A [`Job`] is a copy or a zeroing. Its work is done by [`SubJob`]s, each with a bio and a buffer,
//! which hold a handle on the job. A sub-job takes one range of the job after the other, and reads
//! and writes it. A job is
//!
//! 1. **Accepted**: the arguments make sense, and the job is on the client's list.
//! 2. **Waiting** for its first sub-job, in the order of acceptance, and then for more. It gets as
//!    many as the range, the limit and memory allow, but at least one.
//! 3. **Released**: its last sector was taken, and its sub-jobs alone keep it from ending. So they do
//!    after an error, unless errors are ignored.
//! 4. **Done**: the last sub-job has gone, and the job is on the list of callbacks.
//! 5. **Called back**: the job's memory is freed before the callback is called.
//!
//! The states of a sub-job are those of [`Stage`](sub_job::Stage).
//!
//! # Context
//!
//! An I/O ends in an interrupt or anywhere else, where its sub-job is put on a list of the client; all
//! decisions are taken by the client's *progress* work, and none by a caller, who may hold locks that
//! a device wants. *Callbacks* are a work of their own, on a queue of their own: one that sleeps does not
//! hold up the I/O of other jobs, nor does a device that takes long to submit to hold up callbacks.
//!
//! Progress does not wait for memory. A job that gets none waits for a sub-job to be through with its
//! range, which then gives up its memory; the job of that one has another when it is its turn. That
//! there is a sub-job in flight, or else memory for one, is what the client's reserve is for. Nor does
//! a sub-job that has memory go on to the next range before a job that has no sub-job was tried.
//!
//! A device's limits may change at any time. A job reads them when it is accepted, and is cut by
//! them; what a device does not take any more fails, and never makes the job wait.

#![deny(unsafe_code)]

mod client;
mod job;
mod method;
mod sub_job;
pub(crate) mod throttle;
mod waiting;

pub(crate) use self::{
    client::Client,
    job::{
        Job,
        MAX_DESTS, //
    }, //
};

/// How a job is to be done.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flags {
    /// Copy what can be copied.
    pub(crate) ignore_errors: bool,
    /// Write each destination from its start to its end, one write after the other.
    pub(crate) in_order: bool,
}
