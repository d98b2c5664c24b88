// SPDX-License-Identifier: GPL-2.0

//! What is to be copied or zeroed, and how far that has come.

use super::{
    client::Client,
    Flags,
    Notify, //
};
use crate::{
    bindings,
    block::{
        bio::INLINE_VECS,
        block_device::SECTOR_SHIFT,
        pages::MIN_BLOCK,
        Bio,
        EndIo, //
    },
    io::{
        error_set::ErrorSet,
        Op,
        Refusal,
        Region, //
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
        Arc, //
    }, //
};

/// The most destinations of a job.
pub(crate) const MAX_DESTS: usize = bindings::KCOPYD_MAX_REGIONS as usize;
const _: () = assert!(MAX_DESTS == bindings::DM_KCOPYD_MAX_REGIONS as usize);

/// The most sectors of a part that is read as a whole before any of it is written: what lies in no
/// more blocks of a client's reserve than a bio has vectors of its own. That is 512 KiB where devices
/// may have blocks of 64 KiB.
const MAX_OVERLAPPING: u64 = (MIN_BLOCK * (INLINE_VECS - 1)) as u64 >> SECTOR_SHIFT;

/// The parts of a job that are in flight at a time.
const MAX_PARTS: u32 = 8;

/// A job: the payload of a bio that carries it.
///
/// Ranges are taken and parts counted under `Client::waiting`; errors come from anywhere.
pub(crate) struct Job<N: Notify> {
    client: Arc<Client<N>>,
    /// [`None`] if the destinations are to be zeroes, or if there are none.
    from: Option<Region>,
    dests: Dests,
    method: Method,
    flags: Flags,
    notify: N,
    /// Whether a destination has sectors of the source: then each part is read before it is written.
    overlaps: bool,
    /// The sectors that parts have taken.
    taken: Atomic<u64>,
    /// The parts that were begun.
    parts: Atomic<u32>,
    read_error: Atomic<i32>,
    write_errors: ErrorSet,
    /// The blocks in a row that were lost on each destination, and on the [`SOURCE`].
    lost: [Atomic<u32>; MAX_DESTS + 1],
}

/// The number of the source among the destinations of [`Job::retries`].
pub(super) const SOURCE: usize = MAX_DESTS;

/// After so many lost blocks in a row a device is taken for gone: what fails there is not tried in
/// pieces any more, each of which might take its time to fail.
const MAX_LOST: u32 = 1024;

/// How a job is written, by what the devices said when it was accepted: their limits may change at
/// any time, and a part that was cut for others fails, but is not cut anew.
#[derive(Clone, Copy)]
struct Method {
    /// A write, or a write of zeroes without data.
    op: Op,
    /// The sectors of the largest logical block of a device, a power of two.
    block_sectors: u64,
    /// The most sectors that all destinations can write as zeroes at once, if that is how.
    max_sectors: u64,
}

impl Method {
    /// How a job without destinations would be written.
    const NONE: Self = Self {
        op: Op::WRITE,
        block_sectors: 1,
        max_sectors: u64::MAX,
    };

    fn new(from: Option<&Region>, dests: &[Region]) -> Self {
        let block_sectors = Iterator::chain(from.into_iter(), dests)
            .map(|region| u64::from(region.device().logical_block_size() >> SECTOR_SHIFT))
            .fold(1, u64::max);
        let limit = dests
            .iter()
            .map(|dest| dest.device().max_write_zeroes_sectors())
            .fold(u32::MAX >> SECTOR_SHIFT, u32::min);
        if from.is_some() || limit == 0 {
            return Self {
                block_sectors,
                ..Self::NONE
            };
        }
        let mut this = Self {
            op: Op::WRITE_ZEROES,
            block_sectors,
            max_sectors: 0,
        };
        this.max_sectors = this.whole_blocks(limit.into()).max(block_sectors);
        this
    }

    /// The sectors of the whole blocks in `sectors`.
    fn whole_blocks(&self, sectors: u64) -> u64 {
        sectors & !self.block_sectors.wrapping_sub(1)
    }
}

/// Up to [`MAX_DESTS`] regions of one length.
pub(super) struct Dests {
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

    /// Takes destinations that were checked.
    fn init(dests: &[Region]) -> impl Init<Self> + use<'_> {
        init!(Self {
            regions <- pin_init::init_array_from_fn(|index| dests.get(index).copied()),
            count: dests.first().map_or(0, Region::count),
        })
    }

    fn iter(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter().flatten()
    }
}

impl<N: Notify> Job<N> {
    /// Checks a copy, or if there is no source a zeroing.
    pub(super) fn new<'a>(
        client: Arc<Client<N>>,
        from: Option<Region>,
        dests: &'a [Region],
        flags: Flags,
        notify: N,
    ) -> Result<impl Init<Self> + use<'a, N>, Refusal> {
        Dests::check(from.as_ref(), dests)?;
        let method = Method::new(from.as_ref(), dests);
        let overlaps = from.is_some_and(|from| dests.iter().any(|dest| dest.overlaps(&from)));
        // A hole in what must be written in order would be the end of it.
        let in_order = flags.in_order || dests.iter().any(|dest| dest.device().is_zoned());
        let flags = Flags {
            in_order,
            ignore_errors: flags.ignore_errors && !in_order,
        };
        Ok(Self::init(
            client,
            (from, dests, overlaps),
            method,
            flags,
            notify,
        ))
    }

    /// A job that has nothing to do but to call back.
    pub(super) fn callback(client: Arc<Client<N>>, notify: N) -> impl Init<Self> {
        Self::init(
            client,
            (None, &[], false),
            Method::NONE,
            Flags::default(),
            notify,
        )
    }

    fn init<'a>(
        client: Arc<Client<N>>,
        (from, dests, overlaps): (Option<Region>, &'a [Region], bool),
        method: Method,
        flags: Flags,
        notify: N,
    ) -> impl Init<Self> + use<'a, N> {
        init!(Self {
            client,
            from,
            dests <- Dests::init(dests),
            method,
            flags,
            notify,
            taken: Atomic::new(0),
            parts: Atomic::new(0),
            overlaps,
            read_error: Atomic::new(0),
            write_errors: ErrorSet::new(),
            lost <- pin_init::init_array_from_fn(|_| Atomic::new(0)),
        })
    }

    pub(super) fn client(&self) -> &Arc<Client<N>> {
        &self.client
    }

    pub(super) fn from(&self) -> Option<&Region> {
        self.from.as_ref()
    }

    pub(super) fn dest(&self, index: usize) -> Option<&Region> {
        self.dests.regions.get(index)?.as_ref()
    }

    /// All destinations, as bits.
    pub(super) fn all_dests(&self) -> usize {
        (1 << self.dests.iter().count()) - 1
    }

    /// By what the destinations are written.
    pub(super) fn write_op(&self) -> Op {
        self.method.op
    }

    pub(super) fn notify(&self) -> N {
        self.notify
    }

    /// The sectors of `bytes` bytes, in blocks that are whole ones to all devices: a range, unless it
    /// is the last, consists of such.
    pub(super) fn whole_blocks(&self, bytes: u32) -> u64 {
        self.method.whole_blocks((bytes >> SECTOR_SHIFT).into())
    }

    /// The sectors of the largest block of a device.
    pub(super) fn block_sectors(&self) -> u64 {
        self.method.block_sectors
    }

    /// The larger half of `sectors` in blocks that are whole ones to all devices; [`None`] if there
    /// is one block only.
    pub(super) fn half_of(&self, sectors: u64) -> Option<u64> {
        let up = self.method.block_sectors.wrapping_sub(1);
        let half = self
            .method
            .whole_blocks(sectors.div_ceil(2).wrapping_add(up));
        (half < sectors).then_some(half)
    }

    /// The sectors that a part needs a buffer for: at the most `most`, in blocks that are whole ones
    /// to all devices, but one of those at least.
    pub(super) fn part_sectors(&self, most: u64) -> u64 {
        let most = if self.overlaps {
            most.min(MAX_OVERLAPPING)
        } else {
            most
        };
        let most = self
            .method
            .whole_blocks(most)
            .max(self.method.block_sectors);
        self.rest().min(most)
    }

    /// The most sectors that all destinations can write as zeroes at once without data. If errors are
    /// ignored they are no more than the `most` of a part that has data, for it may have to be
    /// written block by block.
    pub(super) fn max_sectors_without_data(&self, most: u64) -> u64 {
        if self.ignores_errors() {
            self.part_sectors(most).min(self.method.max_sectors)
        } else {
            self.method.max_sectors
        }
    }

    pub(super) fn ignores_errors(&self) -> bool {
        self.flags.ignore_errors
    }

    /// Whether each part is to be read as a whole before any of it is written.
    pub(super) fn overlaps(&self) -> bool {
        self.overlaps
    }

    /// Whether what failed on a destination, or on the [`SOURCE`], is to be tried in pieces.
    pub(super) fn retries(&self, place: usize) -> bool {
        let lost = self.lost.get(place).map_or(0, |lost| lost.load(Relaxed));
        self.ignores_errors() && lost < MAX_LOST
    }

    /// Notes whether what was tried there is lost.
    pub(super) fn note_lost(&self, place: usize, is_lost: bool) {
        let Some(lost) = self.lost.get(place) else {
            return;
        };
        let sum = if is_lost {
            lost.load(Relaxed).saturating_add(1)
        } else {
            0
        };
        lost.store(sum, Relaxed);
    }

    /// The sectors that no part has taken.
    pub(super) fn rest(&self) -> u64 {
        self.dests.count - self.taken.load(Relaxed)
    }

    /// Takes the next range, of at most `max` sectors, unless there is none.
    pub(super) fn take_range(&self, max: u64) -> Option<Range<u64>> {
        let start = self.taken.load(Relaxed);
        let end = start + self.rest().min(max);
        self.taken.store(end, Relaxed);
        (end > start).then_some(start..end)
    }

    /// Whether no further range is to be taken because of an error.
    pub(super) fn is_stopped(&self) -> bool {
        !self.ignores_errors() && (self.read_error() != 0 || self.write_errors() != 0)
    }

    /// Whether the job may have another part.
    pub(super) fn takes_parts(&self) -> bool {
        let is_one_by_one = self.flags.in_order || self.overlaps;
        let most = if is_one_by_one { 1 } else { MAX_PARTS };
        self.rest() > 0 && self.parts() < most && !self.is_stopped()
    }

    /// Counts a part that begins.
    pub(super) fn count_part(&self) {
        self.parts.fetch_add(1, Relaxed);
    }

    /// How many parts have begun.
    pub(super) fn parts(&self) -> u32 {
        self.parts.load(Relaxed)
    }

    pub(super) fn note_read_error(&self, error: i32) {
        self.read_error.store(error, Relaxed);
    }

    pub(super) fn note_write_error(&self, dest: usize) {
        self.write_errors.insert(dest);
    }

    /// Adds to the destinations that could not be written, as bits.
    pub(super) fn note_write_errors(&self, dests: usize) {
        self.write_errors.insert_bits(dests);
    }

    /// Not 0 if the source could not be read.
    pub(super) fn read_error(&self) -> i32 {
        self.read_error.load(Relaxed)
    }

    /// The destinations that could not be written, as bits.
    pub(super) fn write_errors(&self) -> usize {
        self.write_errors.bits()
    }
}

impl<N: Notify> EndIo for Job<N> {
    fn end_io(bio: Bio<Self>) {
        // The client's work may be done with the last job before this function returns:
        // `Client::drain` waits for readers, so that this reference is never the last.
        let _reader = rcu::read_lock();
        let client = bio.client.clone();
        client.job_done(bio);
    }
}
