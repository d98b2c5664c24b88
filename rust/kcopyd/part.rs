// SPDX-License-Identifier: GPL-2.0

//! A part of a copy: what is in a buffer at one time.

use super::{
    job::Job,
    Notify, //
};
use crate::{
    block::{
        block_device::SECTOR_SHIFT,
        Bio,
        BioPool,
        Chained,
        EndIo,
        Leg,
        OwnedQueue,
        PageBuffer,
        PageReserve,
        Parent,
        Status, //
    },
    io::{
        Op,
        Region, //
    }, //
};
use core::ops::Range;
use kernel::{
    page::PAGE_SIZE,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu,
        Arc, //
    }, //
};

/// The most sectors of a part: 512 KiB.
const MAX_SECTORS: u64 = 1024;

/// A part: the payload of the bio that reads it, and writes it.
///
/// Only the client's progress work uses what is not the job's.
pub(super) struct Part<N: Notify> {
    job: Chained<Job<N>>,
    buffer: PageBuffer,
    /// How many sectors a range may have: what the bio's vectors carry.
    capacity: Atomic<u64>,
    /// Where in the job the part is, in sectors, and how many it reads and writes there.
    start: Atomic<u64>,
    count: Atomic<u64>,
    /// Where the range ends that the part has taken.
    end: Atomic<u64>,
    /// The destinations that are still to be written, as bits.
    unwritten: Atomic<usize>,
    is_writing: Atomic<bool>,
}

/// What parts need from their client.
pub(super) struct Means<N: Notify> {
    pub(super) parts: Arc<BioPool<Part<N>>>,
    pub(super) legs: Arc<BioPool<Leg<Part<N>>>>,
    pub(super) pages: Arc<PageReserve>,
    pub(super) queue: OwnedQueue,
}

impl<N: Notify> Part<N> {
    /// Makes a part of `job`, if there is memory for it.
    pub(super) fn new(means: &Means<N>, job: &Bio<Job<N>>) -> Option<Bio<Self>> {
        let bytes = (job.rest().min(MAX_SECTORS) as usize) << SECTOR_SHIFT;
        let buffer = PageBuffer::new(&means.pages, bytes.div_ceil(PAGE_SIZE))?;
        let vecs = buffer.pieces();
        let device = Some(job.from().device());
        let part = Self {
            job: job.chained(),
            buffer,
            capacity: Atomic::new(0),
            start: Atomic::new(0),
            count: Atomic::new(0),
            end: Atomic::new(0),
            unwritten: Atomic::new(0),
            is_writing: Atomic::new(false),
        };
        let mut bio = BioPool::try_alloc(&means.parts, device, Op::READ.opf(), vecs, part).ok()?;
        let filled = bio.fill_from(bytes as u32, |part| &part.buffer);
        let usable = if (filled as usize) < bytes {
            job.whole_blocks(filled)
        } else {
            filled
        };
        bio.capacity
            .store(u64::from(usable >> SECTOR_SHIFT), Relaxed);
        (usable > 0).then_some(bio)
    }

    /// Starts on what is next: the rest of a range that was cut, or another range of the job. Lets
    /// the part go if there is neither.
    pub(super) fn go_on(bio: Bio<Self>, means: &Means<N>) {
        let (done, end) = (bio.range().end, bio.end.load(Relaxed));
        if done < end {
            return Self::read(bio, done..end, means);
        }
        if let Some(range) = bio.job.take_range(bio.capacity.load(Relaxed)) {
            bio.end.store(range.end, Relaxed);
            Self::read(bio, range, means);
        }
    }

    fn read(mut bio: Bio<Self>, range: Range<u64>, means: &Means<N>) {
        bio.start.store(range.start, Relaxed);
        bio.count.store(range.end - range.start, Relaxed);
        bio.is_writing.store(false, Relaxed);
        let from = *bio.job.from();
        bio.reuse(from.device(), Op::READ.opf());
        aim(&mut bio, &from, &range);
        bio.submit(&means.queue);
    }

    /// Goes on with a part whose I/O has ended.
    pub(super) fn advance(bio: Bio<Self>, means: &Means<N>) {
        if bio.is_writing.load(Relaxed) {
            if !bio.status().is_ok() {
                bio.job.note_write_error(bio.index());
            }
            Self::write_next(bio, means);
        } else {
            Self::read_ended(bio, means);
        }
    }

    /// Begins to write what was read. If errors are ignored, a range that could not be read is read
    /// again in halves: what is lost in the end is the blocks that the device cannot read.
    fn read_ended(mut bio: Bio<Self>, means: &Means<N>) {
        if !bio.status().is_ok() {
            let range = bio.range();
            let half = bio.job.half_of(range.end - range.start);
            if let (true, Some(half)) = (bio.job.ignores_errors(), half) {
                return Self::read(bio, range.start..range.start + half, means);
            }
            bio.job.note_read_error();
            bio.zero_what_was_not_read();
        }
        let all = (1 << bio.job.dests().len()) - 1;
        bio.unwritten.store(all, Relaxed);
        bio.is_writing.store(true, Relaxed);
        Self::write_next(bio, means);
    }

    /// Writes to the destinations that remain, or goes on when none does.
    fn write_next(bio: Bio<Self>, means: &Means<N>) {
        if bio.job.is_stopped() {
            return;
        }
        match bio.next_dest() {
            Some((index, dest)) => Self::write(bio, index, dest, means),
            None => Self::go_on(bio, means),
        }
    }

    /// Writes to the destination `index` by the part's bio, and to all others by legs as far as
    /// there is memory for them.
    fn write(mut bio: Bio<Self>, index: usize, dest: Region, means: &Means<N>) {
        let range = bio.range();
        bio.reuse(dest.device(), Op::WRITE.opf());
        aim(&mut bio, &dest, &range);
        bio.draft().set_index(index);
        bio.mark_written(index);
        while let Some((index, dest)) = bio.next_dest() {
            let Some(mut leg) = Leg::sharing(&means.legs, &bio, dest.device(), Op::WRITE.opf())
            else {
                break;
            };
            leg.draft().set_sector(dest.sector() + range.start);
            leg.draft().set_index(index);
            bio.mark_written(index);
            leg.submit(&means.queue);
        }
        bio.submit(&means.queue);
    }

    /// The next destination that the range is to be written to. One that cannot be written at all
    /// is an error of its own, and passed over.
    fn next_dest(&self) -> Option<(usize, Region)> {
        loop {
            let index = self.unwritten.load(Relaxed).trailing_zeros() as usize;
            let dest = self.job.dests().get(index)?;
            if dest.hindrance(Op::WRITE).is_none() {
                return Some((index, *dest));
            }
            self.job.note_write_error(index);
            self.mark_written(index);
        }
    }

    /// Where in the job the part is, in sectors.
    fn range(&self) -> Range<u64> {
        let start = self.start.load(Relaxed);
        start..start + self.count.load(Relaxed)
    }

    fn mark_written(&self, index: usize) {
        let unwritten = self.unwritten.load(Relaxed);
        self.unwritten.store(unwritten & !(1 << index), Relaxed);
    }
}

/// Points a bio at a range of `region`, in sectors from its start.
fn aim<N: Notify>(bio: &mut Bio<Part<N>>, region: &Region, range: &Range<u64>) {
    let mut draft = bio.draft();
    draft.truncate(((range.end - range.start) as u32) << SECTOR_SHIFT);
    draft.set_sector(region.sector() + range.start);
}

impl<N: Notify> EndIo for Part<N> {
    fn end_io(bio: Bio<Self>) {
        // The client's work may be done with the part, and with the last job, before this function
        // returns: `Client::drain` waits for readers, so that this reference is never the last.
        let _reader = rcu::read_lock();
        let client = bio.job.client().clone();
        client.part_ended(bio);
    }
}

impl<N: Notify> Parent for Part<N> {
    fn leg_ended(&self, index: usize, status: Status) {
        if !status.is_ok() {
            self.job.note_write_error(index);
        }
    }
}
