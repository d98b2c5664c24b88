// SPDX-License-Identifier: GPL-2.0

//! What a client has to do and could not do at once.

use super::{
    job::Job,
    sub_job::SubJob, //
};
use crate::{
    block::IdleBio,
    memory::{
        Fifo,
        Shared, //
    }, //
};
use core::mem;

/// After so many ranges there may be memory for jobs that found too little: the kernel does not say when.
const RANGES_UNTIL_RETRY: u8 = 16;

/// Jobs of which sub-jobs have not taken all, and sub-jobs that are to go on.
pub(super) struct Waiting {
    /// Jobs that have no sub-job.
    new: Fifo<Shared<Job>>,
    /// Jobs that have some, and may have more.
    growing: Fifo<Shared<Job>>,
    /// Jobs that have as many as they are to have.
    full: Fifo<Shared<Job>>,
    pub(super) sub_jobs: Fifo<IdleBio<SubJob>>,
    /// Whether a sub-job has taken another range since a job had its turn to begin.
    owes_turn: bool,
    /// Whether the first new job has found no memory since a sub-job gave up its own.
    needs_memory: bool,
    /// Whether a job may not be on the list where it belongs.
    is_unsorted: bool,
    /// How many ranges were taken, modulo 256.
    ranges: u8,
    /// Whether a sub-job with little memory is to give that up, for another may have more.
    renews: bool,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self {
            new: Fifo::new(),
            growing: Fifo::new(),
            full: Fifo::new(),
            sub_jobs: Fifo::new(),
            owes_turn: false,
            needs_memory: false,
            is_unsorted: false,
            ranges: 0,
            renews: false,
        }
    }

    /// Adds a job behind others like it, unless nothing of it is left, or it is stopped: that ends
    /// with the last of its sub-jobs.
    pub(super) fn add(&mut self, job: Shared<Job>) {
        if job.is_stopped() || job.state(self).left() == 0 {
            return;
        }
        let list = if !job.state(self).has_sub_jobs() {
            &mut self.new
        } else if job.takes_sub_jobs(self) {
            &mut self.growing
        } else {
            &mut self.full
        };
        list.push_back(job);
    }

    /// Puts back a job for which there is no memory. Returns whether it can do without: those sub-jobs
    /// that it has will do.
    pub(super) fn put_back(&mut self, job: Shared<Job>) -> bool {
        if job.state(self).has_sub_jobs() {
            self.full.push_back(job);
            return true;
        }
        self.new.push_front(job);
        self.needs_memory = true;
        false
    }

    /// Takes the job that is to begin a sub-job, if one is to begin before sub-jobs go on: a new one
    /// when that has its turn, and any when there are none that go on.
    pub(super) fn pop_job(&mut self) -> Option<Shared<Job>> {
        let is_turn = mem::take(&mut self.owes_turn) && !self.new.is_empty();
        if !is_turn {
            if !self.sub_jobs.is_empty() {
                return None;
            }
            if let Some(job) = self.growing.pop_front() {
                return Some(job);
            }
        }
        self.needs_memory = false;
        self.new.pop_front()
    }

    /// Records that a sub-job has taken another range: a new job is to begin before it goes on.
    pub(super) fn owe_turn(&mut self) {
        self.owes_turn = true;
        self.ranges = self.ranges.wrapping_add(1);
        if self.ranges % RANGES_UNTIL_RETRY == 0 && !self.needs_memory {
            self.is_unsorted = true;
            self.renews = true;
        }
    }

    /// Returns whether a sub-job that is through with its range is to give up its memory, for the
    /// turn of a job that has none, or for another of its own job, if it has `little`.
    pub(super) fn wants_memory(&mut self, little: bool) -> bool {
        let wants = mem::take(&mut self.needs_memory);
        self.owes_turn |= wants;
        wants || (little && mem::take(&mut self.renews))
    }

    /// Records that a job has stopped, or that its last sector was taken, or that it has a sub-job
    /// less.
    pub(super) fn job_has_changed(&mut self) {
        self.is_unsorted = true;
    }

    /// Puts the jobs that have changed where they belong.
    pub(super) fn sort(&mut self) {
        if !mem::take(&mut self.is_unsorted) {
            return;
        }
        let growing = mem::replace(&mut self.growing, Fifo::new());
        let full = mem::replace(&mut self.full, Fifo::new());
        self.add_all(growing);
        self.add_all(full);
    }

    fn add_all(&mut self, mut jobs: Fifo<Shared<Job>>) {
        while let Some(job) = jobs.pop_front() {
            self.add(job);
        }
    }
}
