// SPDX-License-Identifier: GPL-2.0

//! What is to be copied or zeroed, and how far that has come.

use super::{
    client::Client,
    method::Method,
    waiting::Waiting,
    Flags, //
};
use crate::{
    bindings,
    block::BlockDevice,
    dm::{
        Bits,
        CopyCallback,
        Refusal,
        Region, //
    },
    memory::{
        Pooled,
        Release, //
    }, //
};
use core::ops::Range;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu,
        Arc,
        LockedBy, //
    }, //
};

/// The most destinations of a job.
pub(crate) const MAX_DESTS: usize = bindings::DM_KCOPYD_MAX_REGIONS as usize;

/// The sub-jobs of a job that are in flight at a time.
const MAX_SUB_JOBS: u32 = 8;

/// The number of the source among the places of [`State::lost`].
pub(super) const SOURCE: usize = MAX_DESTS;

/// After so many lost blocks in a row a device is taken for gone: what fails there is not tried in
/// pieces any more, each of which might take its time to fail.
const MAX_LOST: u32 = 1024;

/// A copy, or a zeroing.
pub(crate) struct Job {
    client: Arc<Client>,
    /// [`None`] if the destinations are to be zeroes, or if there are none.
    from: Option<Region>,
    dests: Dests,
    method: Method,
    flags: Flags,
    callback: CopyCallback,
    state: LockedBy<State, Waiting>,
    read_error: Atomic<i32>,
    write_errors: Bits,
}

/// How far a job has come.
pub(super) struct State {
    /// The sectors that sub-jobs have taken.
    taken: u64,
    /// Those that are left.
    left: u64,
    /// The sub-jobs that the job has, or had when its last sectors were taken.
    sub_jobs: u32,
    /// The blocks in a row that were lost on each destination, and on the [`SOURCE`].
    lost: [u32; MAX_DESTS + 1],
}

impl State {
    /// Takes the next range, of at most `max` sectors, unless there is none.
    pub(super) fn take_range(&mut self, max: u64) -> Option<Range<u64>> {
        let start = self.taken;
        let sectors = self.left.min(max);
        self.taken += sectors;
        self.left -= sectors;
        (sectors > 0).then_some(start..self.taken)
    }

    /// Returns the sectors that no sub-job has taken.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Counts another sub-job.
    pub(super) fn count_sub_job(&mut self) {
        self.sub_jobs += 1;
    }

    /// Counts one less, which gives up its memory before the job is through.
    pub(super) fn uncount_sub_job(&mut self) {
        self.sub_jobs -= 1;
    }

    /// Returns whether the job has any sub-job.
    pub(super) fn has_sub_jobs(&self) -> bool {
        self.sub_jobs > 0
    }

    /// Records whether what was tried on a destination, or on the [`SOURCE`], is lost.
    pub(super) fn record_lost(&mut self, place: usize, is_lost: bool) {
        if let Some(lost) = self.lost.get_mut(place) {
            *lost = if is_lost { lost.saturating_add(1) } else { 0 };
        }
    }
}

/// Up to [`MAX_DESTS`] regions of one length.
struct Dests {
    regions: [Option<Region>; MAX_DESTS],
    count: u64,
}

impl Dests {
    /// Checks destinations that are to hold the content of `from`, or zeroes.
    fn check(from: Option<&Region>, dests: &[Region]) -> Result<(), Refusal> {
        let (Some(first), true) = (dests.first(), dests.len() <= MAX_DESTS) else {
            return Err(Refusal::invalid(
                c"num_dests: not 1 to the most there may be",
            ));
        };
        let count = from.unwrap_or(first).count();
        if dests.iter().any(|dest| dest.count() != count) {
            return Err(Refusal::invalid(c"dests: the lengths differ"));
        }
        Ok(())
    }

    fn init(dests: &[Region]) -> impl Init<Self> + use<'_> {
        init!(Self {
            regions <- pin_init::init_array_from_fn(|index| dests.get(index).copied()),
            count: dests.first().map_or(0, Region::count),
        })
    }
}

impl Job {
    /// Checks a copy, or if there is no source a zeroing.
    pub(super) fn new<'a>(
        client: Arc<Client>,
        from: Option<Region>,
        dests: &'a [Region],
        flags: Flags,
        callback: CopyCallback,
    ) -> Result<impl Init<Self> + use<'a>, Refusal> {
        Dests::check(from.as_ref(), dests)?;
        let method = Method::new(from.as_ref(), dests);
        // A hole in what must be written in order would be the end of it.
        let in_order = flags.in_order || dests.iter().any(|dest| dest.device().is_zoned());
        let flags = Flags {
            in_order,
            ignore_errors: flags.ignore_errors && !in_order,
        };
        Ok(Self::init(client, (from, dests), method, flags, callback))
    }

    /// Creates a job that has nothing to do but to call back.
    pub(super) fn callback_only(client: Arc<Client>, callback: CopyCallback) -> impl Init<Self> {
        Self::init(
            client,
            (None, &[]),
            Method::NONE,
            Flags::default(),
            callback,
        )
    }

    fn init<'a>(
        client: Arc<Client>,
        (from, dests): (Option<Region>, &'a [Region]),
        method: Method,
        flags: Flags,
        callback: CopyCallback,
    ) -> impl Init<Self> + use<'a> {
        let state = client.lock(State {
            taken: 0,
            left: dests.first().map_or(0, Region::count),
            sub_jobs: 0,
            lost: [0; MAX_DESTS + 1],
        });
        init!(Self {
            client,
            from,
            dests <- Dests::init(dests),
            method,
            flags,
            callback,
            state,
            read_error: Atomic::new(0),
            write_errors: Bits::new(),
        })
    }

    /// Returns the client.
    pub(super) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Returns the source, if there is one.
    pub(super) fn from(&self) -> Option<&Region> {
        self.from.as_ref()
    }

    /// Returns a destination.
    pub(super) fn dest(&self, index: usize) -> Option<&Region> {
        self.dests.regions.get(index)?.as_ref()
    }

    /// Returns all destinations, as bits.
    pub(super) fn all_dests(&self) -> usize {
        (1 << self.dests.regions.iter().flatten().count()) - 1
    }

    /// Returns the device of the job's first I/O.
    pub(super) fn device(&self) -> Option<BlockDevice> {
        self.from().or(self.dest(0)).map(Region::device)
    }

    /// Returns the length in sectors.
    pub(super) fn sectors(&self) -> u64 {
        self.dests.count
    }

    /// Returns how ranges are cut and written.
    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the callback.
    pub(super) fn callback(&self) -> CopyCallback {
        self.callback
    }

    /// Returns how far the job has come.
    pub(super) fn state<'a>(&'a self, waiting: &'a mut Waiting) -> &'a mut State {
        self.state.access_mut(waiting)
    }

    /// Returns whether what cannot be copied is left out.
    pub(super) fn ignores_errors(&self) -> bool {
        self.flags.ignore_errors
    }

    /// Returns whether what failed on a destination, or on the [`SOURCE`], is tried in pieces.
    pub(super) fn retries(&self, waiting: &mut Waiting, place: usize) -> bool {
        self.ignores_errors()
            && self
                .state(waiting)
                .lost
                .get(place)
                .is_some_and(|&lost| lost < MAX_LOST)
    }

    /// Returns whether no further range is taken because of an error.
    pub(super) fn is_stopped(&self) -> bool {
        !self.ignores_errors() && (self.read_error() != 0 || self.write_errors() != 0)
    }

    /// Returns whether the job may have another sub-job.
    pub(super) fn takes_sub_jobs(&self, waiting: &mut Waiting) -> bool {
        let is_one_by_one = self.flags.in_order || self.method.overlaps();
        let most = if is_one_by_one { 1 } else { MAX_SUB_JOBS };
        let state = self.state(waiting);
        state.left > 0 && state.sub_jobs < most && !self.is_stopped()
    }

    /// Records that the source could not be read. Any context.
    pub(super) fn record_read_error(&self, error: i32) {
        self.read_error.store(error, Relaxed);
    }

    /// Records that destination `dest` could not be written. Any context.
    pub(super) fn record_write_error(&self, dest: usize) {
        self.write_errors.insert(dest);
    }

    /// Returns not 0 if the source could not be read.
    pub(super) fn read_error(&self) -> i32 {
        self.read_error.load(Relaxed)
    }

    /// Returns the destinations that could not be written, as bits.
    pub(super) fn write_errors(&self) -> usize {
        self.write_errors.get()
    }
}

impl Release for Job {
    fn release(job: Pooled<Self>) {
        // The client's work may be done with the last job before this function returns:
        // `Client::drain` waits for readers, so that this reference is never the last.
        let _reader = rcu::read_lock();
        let client = job.client.clone();
        client.job_done(job);
    }
}
