// SPDX-License-Identifier: GPL-2.0

//! A part of a job: what is in a buffer at one time.

use super::{
    job::Job,
    throttle::Throttle,
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
        Resources,
        Status, //
    },
    io::{
        op::Kind,
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

/// A part: the payload of the bio that reads it, and writes it.
///
/// Only who is at the client's jobs uses what is not the job's.
pub(super) struct Part<N: Notify> {
    job: Chained<Job<N>>,
    buffer: PageBuffer,
    /// How many sectors a range may have.
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
    pub(super) resources: Arc<Resources>,
    /// The most sectors of a part that has a buffer.
    pub(super) max_sectors: u64,
    pub(super) throttle: Option<Throttle>,
    pub(super) queue: OwnedQueue,
}

impl<N: Notify> Part<N> {
    /// Makes a part of `job`, if there is memory for it.
    pub(super) fn new(means: &Means<N>, job: &Bio<Job<N>>) -> Option<Bio<Self>> {
        let bytes = (job.part_sectors(means.max_sectors) as usize) << SECTOR_SHIFT;
        let buffer = match job.from() {
            Some(_) => PageBuffer::new(&means.pages, bytes.div_ceil(PAGE_SIZE))?,
            None => PageBuffer::zeroes(&means.resources),
        };
        let vecs = buffer.pieces();
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
        let mut bio = BioPool::try_alloc(&means.parts, None, 0, vecs, part)?;
        let filled = bio.fill_from(bytes as u32, |part| &part.buffer);
        let capacity = match job.write_op().kind() {
            Kind::WriteZeroes => job.max_write_zeroes_sectors(),
            _ if (filled as usize) < bytes => job.whole_blocks(filled) >> SECTOR_SHIFT,
            _ => filled >> SECTOR_SHIFT,
        };
        bio.capacity.store(capacity.into(), Relaxed);
        (capacity > 0).then_some(bio)
    }

    /// Decides how to go on with a part whose I/O has ended. [`None`] if it is through, and gone.
    pub(super) fn advance(mut bio: Bio<Self>) -> Option<Bio<Self>> {
        if bio.is_writing.load(Relaxed) {
            if !bio.status().is_ok() {
                bio.job.note_write_error(bio.index());
            }
        } else if Self::read_ended(&mut bio) {
            return Some(bio);
        }
        if bio.job.is_stopped() {
            return None;
        }
        if bio.unwritten.load(Relaxed) != 0 {
            return Some(bio);
        }
        Self::take(bio)
    }

    /// Takes the rest of a range that was cut, or another range of the job. Lets the part go if
    /// there is neither.
    pub(super) fn take(bio: Bio<Self>) -> Option<Bio<Self>> {
        let (done, end) = (bio.range().end, bio.end.load(Relaxed));
        let range = if done < end {
            done..end
        } else {
            bio.job.take_range(bio.capacity.load(Relaxed))?
        };
        bio.end.store(range.end, Relaxed);
        bio.begin(range);
        Some(bio)
    }

    /// Begins with a range: by reading it, or if there is nothing to read by writing.
    fn begin(&self, range: Range<u64>) {
        self.start.store(range.start, Relaxed);
        self.count.store(range.end - range.start, Relaxed);
        self.is_writing.store(false, Relaxed);
        if self.job.from().is_none() {
            self.begin_writing();
        }
    }

    fn begin_writing(&self) {
        self.unwritten.store(self.job.all_dests(), Relaxed);
        self.is_writing.store(true, Relaxed);
    }

    /// Decides how to go on when a read has ended. If errors are ignored, a range that could not be
    /// read is read again in halves: what is lost in the end is the blocks that the device cannot
    /// read. Returns whether there is another read to be made.
    fn read_ended(bio: &mut Bio<Self>) -> bool {
        if !bio.status().is_ok() {
            let range = bio.range();
            let half = bio.job.half_of(range.end - range.start);
            if let (true, Some(half)) = (bio.job.ignores_errors(), half) {
                bio.begin(range.start..range.start + half);
                return true;
            }
            bio.job.note_read_error(1);
            bio.zero_what_was_not_read();
        }
        bio.begin_writing();
        false
    }

    /// Starts the I/O that was decided on.
    pub(super) fn submit(mut bio: Bio<Self>, means: &Means<N>) {
        if bio.is_writing.load(Relaxed) {
            return Self::write(bio, means);
        }
        if let Some(from) = bio.job.from().copied() {
            Self::aim(&mut bio, &from, Op::READ);
            bio.submit(&means.queue);
        }
    }

    /// Writes to one destination by the part's bio, and to all others by legs as far as there is
    /// memory for them.
    fn write(mut bio: Bio<Self>, means: &Means<N>) {
        let op = bio.job.write_op();
        let Some((index, dest)) = bio.next_dest() else {
            // There is no I/O then, nor the status of one.
            bio.reset_status();
            return bio.end();
        };
        Self::aim(&mut bio, &dest, op);
        bio.draft().set_index(index);
        bio.mark_written(index);
        while let Some((index, dest)) = bio.next_dest() {
            let Some(mut leg) = bio.leg(&means.legs, dest.device(), op.opf()) else {
                break;
            };
            leg.draft().set_sector(dest.sector() + bio.range().start);
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
            let dest = self.job.dest(index)?;
            if dest.hindrance(self.job.write_op()).is_none() {
                return Some((index, *dest));
            }
            self.job.note_write_error(index);
            self.mark_written(index);
        }
    }

    /// Makes the bio one of `op` with the part's place in `region`.
    fn aim(bio: &mut Bio<Self>, region: &Region, op: Op) {
        let range = bio.range();
        let bytes = ((range.end - range.start) as u32) << SECTOR_SHIFT;
        bio.reuse(region.device(), op.opf());
        let mut draft = bio.draft();
        draft.truncate(bytes);
        draft.set_size_without_data(bytes);
        draft.set_sector(region.sector() + range.start);
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
