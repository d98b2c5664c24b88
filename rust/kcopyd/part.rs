// SPDX-License-Identifier: GPL-2.0

//! A part of a job: what is in a buffer at one time.

use super::{
    job::{
        Job,
        MAX_DESTS,
        SOURCE, //
    },
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
        PageBuffer,
        PageReserve,
        Parent,
        Resources,
        Status, //
    },
    io::{
        error_set::ErrorSet,
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
/// All fields but `job` and `failed` are protected by `Client::waiting`.
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
    /// The sectors of the next read of a range that was cut.
    step: Atomic<u64>,
    is_writing: Atomic<bool>,
    /// Where in the job the piece is that is being written: all of the range, unless a destination's
    /// write of that failed.
    piece_start: Atomic<u64>,
    piece_count: Atomic<u64>,
    /// The destinations that the piece is still to be written to, as bits.
    unwritten: Atomic<usize>,
    /// Those that it could not be written to, if errors are ignored.
    failed: ErrorSet,
    /// Those whose write of the range failed, as bits; the first one is written piece by piece.
    retried: Atomic<usize>,
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
            step: Atomic::new(0),
            is_writing: Atomic::new(false),
            piece_start: Atomic::new(0),
            piece_count: Atomic::new(0),
            unwritten: Atomic::new(0),
            failed: ErrorSet::new(),
            retried: Atomic::new(0),
        };
        let mut bio = BioPool::try_alloc(&means.parts, None, 0, vecs, part)?;
        let filled = bio.fill_from(bytes as u32, |part| &part.buffer);
        let capacity = match job.write_op().kind() {
            Kind::WriteZeroes => job.max_sectors_without_data(means.max_sectors),
            // The client's reserve has enough, once no other part uses it, in no more blocks than a
            // bio has vectors of its own.
            _ if (filled as usize) < bytes && job.overlaps() => 0,
            _ if (filled as usize) < bytes => job.whole_blocks(filled),
            _ => (filled >> SECTOR_SHIFT).into(),
        };
        bio.capacity.store(capacity, Relaxed);
        (capacity > 0).then_some(bio)
    }

    /// Decides how to go on with a part whose I/O has ended. [`None`] if it is through, and gone.
    pub(super) fn advance(mut bio: Bio<Self>) -> Option<Bio<Self>> {
        if bio.is_writing.load(Relaxed) {
            bio.note_write(bio.index(), bio.status());
        } else if Self::read_ended(&mut bio) {
            return Some(bio);
        }
        if bio.job.is_stopped() {
            return None;
        }
        if bio.unwritten.load(Relaxed) != 0 || bio.next_write() {
            return Some(bio);
        }
        Self::take(bio)
    }

    /// Takes the rest of a range that was cut, or another range of the job. Lets the part go if
    /// there is neither.
    pub(super) fn take(bio: Bio<Self>) -> Option<Bio<Self>> {
        let (done, end) = (bio.range().end, bio.end.load(Relaxed));
        let range = if done < end {
            done..done.saturating_add(bio.step.load(Relaxed)).min(end)
        } else {
            let range = bio.job.take_range(bio.capacity.load(Relaxed))?;
            bio.end.store(range.end, Relaxed);
            bio.step.store(0, Relaxed);
            range
        };
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
        self.is_writing.store(true, Relaxed);
        self.set_piece(self.range(), self.job.all_dests());
    }

    /// Decides how to go on when a read has ended. If errors are ignored, a range that could not be
    /// read is read again in halves, and behind a block that is lost in pieces that double: what is
    /// lost in the end is the blocks that the device cannot read. Returns whether there is another
    /// read to be made.
    fn read_ended(bio: &mut Bio<Self>) -> bool {
        let range = bio.range();
        let sectors = range.end - range.start;
        let is_cut = bio.step.load(Relaxed) > 0;
        let step = if bio.status().is_ok() {
            if bio.job.ignores_errors() {
                bio.job.note_lost(SOURCE, false);
            }
            sectors.saturating_mul(2)
        } else {
            // A half would be written before the other is read.
            let halves = bio.job.retries(SOURCE) && !bio.job.overlaps();
            if let Some(half) = bio.job.half_of(sectors).filter(|_| halves) {
                bio.step.store(half, Relaxed);
                bio.begin(range.start..range.start + half);
                return true;
            }
            bio.job.note_read_error(1);
            bio.zero_what_was_not_read();
            bio.step_behind_lost(SOURCE)
        };
        if is_cut {
            bio.step.store(step, Relaxed);
        }
        bio.begin_writing();
        false
    }

    /// Notes that a piece is lost on a destination, or the [`SOURCE`]. Returns how many sectors are
    /// tried next.
    fn step_behind_lost(&self, place: usize) -> u64 {
        self.job.note_lost(place, true);
        if self.job.retries(place) {
            self.job.block_sectors()
        } else {
            u64::MAX
        }
    }

    /// Notes how the write of a piece to a destination ended. Any context.
    fn note_write(&self, dest: usize, status: Status) {
        if status.is_ok() {
            return;
        }
        // What a device does not support it does not support in pieces, either.
        if self.job.ignores_errors() && status != Status::UNSUPPORTED {
            self.failed.insert(dest);
        } else {
            self.job.note_write_error(dest);
        }
    }

    /// Decides what to write when a piece was written to all that were to get it. If errors are
    /// ignored, a range that could not be written to a destination is written to it in pieces, as
    /// it is read. Returns false when the range is through.
    fn next_write(&self) -> bool {
        let failed = self.failed.take();
        match self.retried_dest() {
            None => {
                self.retried.store(failed, Relaxed);
                if self.job.ignores_errors() {
                    (0..MAX_DESTS)
                        .filter(|dest| failed & (1 << dest) == 0)
                        .for_each(|dest| self.job.note_lost(dest, false));
                }
            }
            Some(dest) => {
                if self.next_piece(dest, failed != 0) {
                    return true;
                }
                self.end_retry(dest);
            }
        }
        while let Some(dest) = self.retried_dest() {
            // The range as a whole is the first piece, and has failed.
            self.set_piece(self.range(), 0);
            if self.next_piece(dest, true) {
                return true;
            }
            self.end_retry(dest);
        }
        false
    }

    /// Chooses the piece of the range that a destination gets: after one that it got one twice as
    /// long, after one that failed the first half of that, and after a block that is lost the next
    /// block. Returns false if there is none.
    fn next_piece(&self, dest: usize, has_failed: bool) -> bool {
        let (piece, end) = (self.piece(), self.range().end);
        let sectors = piece.end - piece.start;
        let halves = has_failed && self.job.retries(dest);
        let next = if let Some(half) = self.job.half_of(sectors).filter(|_| halves) {
            piece.start..piece.start + half
        } else {
            let step = if has_failed {
                self.job.note_write_error(dest);
                self.step_behind_lost(dest)
            } else {
                self.job.note_lost(dest, false);
                sectors.saturating_mul(2)
            };
            piece.end..piece.end.saturating_add(step).min(end)
        };
        let is_any = !next.is_empty();
        if is_any {
            self.set_piece(next, 1 << dest);
        }
        is_any
    }

    /// The destination that is written piece by piece.
    fn retried_dest(&self) -> Option<usize> {
        let retried = self.retried.load(Relaxed);
        (retried != 0).then(|| retried.trailing_zeros() as usize)
    }

    fn end_retry(&self, dest: usize) {
        let retried = self.retried.load(Relaxed);
        self.retried.store(retried & !(1 << dest), Relaxed);
    }

    /// Starts the I/O that was decided on.
    pub(super) fn submit(mut bio: Bio<Self>, means: &Means<N>) {
        if bio.is_writing.load(Relaxed) {
            return Self::write(bio, means);
        }
        if let Some(from) = bio.job.from().copied() {
            let range = bio.range();
            Self::aim(&mut bio, &from.part(&range), 0, Op::READ);
            bio.submit();
        }
    }

    /// Writes the piece to one destination by the part's bio, and to all others by legs as far as
    /// there is memory for them.
    fn write(mut bio: Bio<Self>, means: &Means<N>) {
        let op = bio.job.write_op();
        let Some((index, dest)) = bio.next_dest() else {
            return bio.end();
        };
        let skip = bio.piece().start - bio.range().start;
        Self::aim(&mut bio, &dest, skip, op);
        bio.draft().set_index(index);
        bio.mark_written(index);
        while let Some((index, dest)) = bio.next_dest() {
            let Some(mut leg) = bio.leg(&means.legs, dest.device(), op.opf()) else {
                break;
            };
            leg.draft().set_sector(dest.sector());
            leg.draft().set_index(index);
            bio.mark_written(index);
            leg.submit();
        }
        bio.submit();
    }

    /// The next destination that the piece is to be written to: its number, and where.
    fn next_dest(&self) -> Option<(usize, Region)> {
        let index = self.unwritten.load(Relaxed).trailing_zeros() as usize;
        let dest = self.job.dest(index)?;
        Some((index, dest.part(&self.piece())))
    }

    /// Makes the bio one of `op` to `region`, with what is `skip` sectors into the buffer.
    fn aim(bio: &mut Bio<Self>, region: &Region, skip: u64, op: Op) {
        let (skip, bytes) = ((skip as u32) << SECTOR_SHIFT, region.bytes() as u32);
        bio.reuse(region.device(), op.opf(), skip, bytes);
        let mut draft = bio.draft();
        draft.set_size_without_data(bytes);
        draft.set_sector(region.sector());
    }

    /// Where in the job the part is, in sectors.
    fn range(&self) -> Range<u64> {
        let start = self.start.load(Relaxed);
        start..start + self.count.load(Relaxed)
    }

    /// Where in the job the piece is that is being written, in sectors.
    fn piece(&self) -> Range<u64> {
        let start = self.piece_start.load(Relaxed);
        start..start + self.piece_count.load(Relaxed)
    }

    fn set_piece(&self, piece: Range<u64>, dests: usize) {
        self.piece_start.store(piece.start, Relaxed);
        self.piece_count.store(piece.end - piece.start, Relaxed);
        self.unwritten.store(dests, Relaxed);
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
        self.note_write(index, status);
    }
}
