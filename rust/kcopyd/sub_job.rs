// SPDX-License-Identifier: GPL-2.0

//! The work on one range of a job at a time.

use super::{
    client::ClientCtx,
    job::{
        Job,
        MAX_DESTS,
        SOURCE, //
    },
    waiting::Waiting, //
};
use crate::{
    block::{
        bio::INLINE_VECS,
        block_device::SECTOR_SHIFT,
        op::Kind,
        Bio,
        BioPool,
        EndIo,
        IdleBio,
        Op,
        Parent,
        SharedBio,
        Status,
        ZeroVectors, //
    },
    dm::{
        Bits,
        Region, //
    },
    memory::{
        Handle,
        PageBuffer,
        Shared,
        Wait, //
    }, //
};
use core::ops::Range;
use kernel::{
    page::PAGE_SIZE,
    sync::{
        rcu,
        Arc, //
    }, //
};

/// A sub-job: the payload of the bio that reads its range, and writes it.
pub(super) struct SubJob {
    job: Handle<Job>,
    memory: Memory,
    /// The destinations whose last write failed, if errors are ignored.
    failed: Bits,
}

/// What a sub-job writes from.
enum Memory {
    Buffer(PageBuffer),
    Zeroes(Arc<ZeroVectors>),
}

/// How far a sub-job has come.
pub(super) struct State {
    /// How many sectors a range may have.
    capacity: u64,
    /// Whether there was less memory than for the ranges that the job would have.
    has_little: bool,
    /// Where in the job the range ends that the sub-job has taken, in sectors.
    end: u64,
    /// The part of it that is read and written at once: all of it, unless that could not be read.
    range: Range<u64>,
    /// If it could not, the sectors of the next part.
    step: Option<u64>,
    /// The destination that the bio itself is written to.
    dest: usize,
    stage: Stage,
}

/// What a sub-job does with its range.
pub(super) enum Stage {
    /// Reads it into the buffer. If that fails and errors are ignored, it reads the first half, and so
    /// on down to a block, which if it cannot be read is zeroes.
    Read,
    /// Writes it to one destination by its own bio, and to others by children over the same vectors.
    /// `unwritten` are those that are still to be written, for there was no memory for their children.
    Write { unwritten: usize },
    /// Writes it piece by piece to the first of `failed`, the destinations to which the write of all of
    /// it failed, if errors are ignored.
    Rewrite { failed: usize, piece: Range<u64> },
}

/// What comes next when an I/O has ended.
enum Next {
    /// The I/O that the stage says.
    Submit,
    /// The range is through.
    NextRange,
}

impl SubJob {
    /// Allocates a sub-job, if there is memory for it.
    pub(super) fn new(
        ctx: &ClientCtx,
        job: &Shared<Job>,
        waiting: &mut Waiting,
    ) -> Option<IdleBio<Self>> {
        let method = job.method();
        let sectors = method.buffer_sectors(job.state(waiting).left(), ctx.max_sectors);
        let bytes = (sectors as usize) << SECTOR_SHIFT;
        let (memory, vectors) = match job.from() {
            Some(_) => {
                let pages = bytes.div_ceil(PAGE_SIZE);
                let blocks = if method.overlaps() {
                    pages
                } else {
                    INLINE_VECS
                };
                let buffer = PageBuffer::new(&ctx.pages, pages, blocks)?;
                let vectors = buffer.runs();
                (Memory::Buffer(buffer), vectors)
            }
            None => (Memory::Zeroes(ctx.zeroes.clone()), 0),
        };
        let state = State {
            capacity: 0,
            has_little: false,
            end: 0,
            range: 0..0,
            step: None,
            dest: 0,
            stage: Stage::Read,
        };
        let this = Self {
            job: job.handle(),
            memory,
            failed: Bits::new(),
        };
        let device = job.device()?;
        let mut bio = BioPool::alloc(
            &ctx.sub_jobs,
            (device, method.op()),
            vectors,
            state,
            || this,
            Wait::No,
        )?;
        let capacity = Self::fill(&mut bio, bytes as u32, ctx);
        let state = bio.owned_mut();
        state.capacity = capacity;
        state.has_little = capacity < sectors && job.from().is_some();
        (capacity > 0).then(|| bio.idle())
    }

    /// Fills the bio with the buffer. Returns how many sectors a range may have, or 0 if the memory is
    /// too little.
    fn fill(bio: &mut Bio<'static, Self>, bytes: u32, ctx: &ClientCtx) -> u64 {
        let filled = match bio.memory {
            Memory::Buffer(_) => bio.fill_from(bytes, Self::buffer),
            Memory::Zeroes(_) => bio.fill_with_zeroes(bytes, Self::zeroes),
        };
        let (job, sectors) = (&bio.job, u64::from(filled >> SECTOR_SHIFT));
        let method = job.method();
        match method.op().kind() {
            // It may have to be written block by block.
            Kind::WriteZeroes if job.ignores_errors() => method
                .buffer_sectors(u64::MAX, ctx.max_sectors)
                .min(method.max_sectors()),
            Kind::WriteZeroes => method.max_sectors(),
            // The client's reserve has enough, once no other sub-job uses it, in no more blocks than
            // a bio has vectors of its own.
            _ if filled < bytes && method.overlaps() => 0,
            _ if filled < bytes => method.whole_blocks(sectors),
            _ => sectors,
        }
    }

    fn buffer(&self) -> Option<&PageBuffer> {
        match &self.memory {
            Memory::Buffer(buffer) => Some(buffer),
            Memory::Zeroes(_) => None,
        }
    }

    fn zeroes(&self) -> Option<&ZeroVectors> {
        match &self.memory {
            Memory::Buffer(_) => None,
            Memory::Zeroes(zeroes) => Some(zeroes),
        }
    }

    /// Decides how to go on when an I/O has ended. Returns false if the sub-job is through, or gives up
    /// its memory.
    pub(super) fn advance(bio: &mut IdleBio<Self>, waiting: &mut Waiting) -> bool {
        let next = Self::next(bio, waiting);
        if bio.job.is_stopped() {
            waiting.job_has_changed();
            return false;
        }
        if matches!(next, Next::Submit) {
            return true;
        }
        if Self::gives_way(bio, waiting) || !Self::take(bio, waiting) {
            return false;
        }
        waiting.owe_turn();
        if bio.job.state(waiting).left() == 0 {
            waiting.job_has_changed();
        }
        true
    }

    /// Decides whether the sub-job gives up its memory for a job that has none, or to ask for more: its
    /// own job has another when it is its turn.
    fn gives_way(bio: &IdleBio<Self>, waiting: &mut Waiting) -> bool {
        let state = bio.owned();
        if state.range.end < state.end
            || bio.job.state(waiting).left() == 0
            || !waiting.wants_memory(state.has_little)
        {
            return false;
        }
        bio.job.state(waiting).uncount_sub_job();
        waiting.job_has_changed();
        true
    }

    /// Takes the rest of a range that was cut, or another range of the job. Returns false if there is
    /// neither.
    pub(super) fn take(bio: &mut IdleBio<Self>, waiting: &mut Waiting) -> bool {
        let (state, this) = bio.halves();
        let done = state.range.end;
        state.range = if done < state.end {
            let step = state.step.unwrap_or(u64::MAX);
            done..done.saturating_add(step).min(state.end)
        } else {
            let Some(range) = this.job.state(waiting).take_range(state.capacity) else {
                return false;
            };
            state.end = range.end;
            state.step = None;
            range
        };
        state.stage = match this.job.from() {
            Some(_) => Stage::Read,
            None => this.write_all(),
        };
        true
    }

    fn write_all(&self) -> Stage {
        Stage::Write {
            unwritten: self.job.all_dests(),
        }
    }

    /// The transition: changes the stage by how the I/O has ended.
    fn next(bio: &mut IdleBio<Self>, waiting: &mut Waiting) -> Next {
        let status = bio.status();
        let (state, this) = bio.halves();
        match &state.stage {
            Stage::Read if status.is_ok() => {
                state.grow_step();
                if this.job.ignores_errors() {
                    this.job.state(waiting).record_lost(SOURCE, false);
                }
                state.stage = this.write_all();
                Next::Submit
            }
            Stage::Read => {
                if !this.halve_read(state, waiting) {
                    state.stage = this.write_all();
                    bio.zero_fill_on_error();
                }
                Next::Submit
            }
            &Stage::Write { unwritten } if unwritten != 0 => Next::Submit,
            Stage::Write { .. } => this.write_ended(state, waiting),
            &Stage::Rewrite { failed, ref piece } => {
                let (piece, has_failed) = (piece.clone(), this.failed.take() != 0);
                this.rewrite(state, waiting, failed, (piece, has_failed))
            }
        }
    }

    /// Reads the first half of a range that could not be read; behind a block that is lost pieces that
    /// double are read: what is lost in the end is the blocks that the device cannot read. Returns
    /// false if the range is lost.
    fn halve_read(&self, state: &mut State, waiting: &mut Waiting) -> bool {
        let sectors = state.range.end - state.range.start;
        // A half would be written before the other is read.
        let halves = self.job.retries(waiting, SOURCE) && !self.job.method().overlaps();
        if let Some(half) = self.job.method().half_of(sectors).filter(|_| halves) {
            state.step = Some(half);
            state.range.end = state.range.start + half;
            return true;
        }
        self.job.record_read_error(1);
        let step = self.step_behind_lost(waiting, SOURCE);
        state.step = state.step.map(|_| step);
        false
    }

    /// Records that a piece is lost on a destination, or on the [`SOURCE`]. Returns how many sectors
    /// are tried next.
    fn step_behind_lost(&self, waiting: &mut Waiting, place: usize) -> u64 {
        self.job.state(waiting).record_lost(place, true);
        if self.job.retries(waiting, place) {
            self.job.method().block_sectors()
        } else {
            u64::MAX
        }
    }

    /// Decides how to go on when the range was written to all destinations.
    fn write_ended(&self, state: &mut State, waiting: &mut Waiting) -> Next {
        if !self.job.ignores_errors() {
            return Next::NextRange;
        }
        let failed = self.failed.take();
        for dest in (0..MAX_DESTS).filter(|dest| failed & (1 << dest) == 0) {
            self.job.state(waiting).record_lost(dest, false);
        }
        let whole = (state.range.clone(), true);
        self.rewrite(state, waiting, failed, whole)
    }

    /// Chooses the next piece for the first of `failed`, or the first for the next of them.
    fn rewrite(
        &self,
        state: &mut State,
        waiting: &mut Waiting,
        mut failed: usize,
        (mut piece, mut has_failed): (Range<u64>, bool),
    ) -> Next {
        while failed != 0 {
            let dest = failed.trailing_zeros() as usize;
            let end = state.range.end;
            if let Some(piece) = self.next_piece(waiting, dest, &piece, has_failed, end) {
                state.stage = Stage::Rewrite { failed, piece };
                return Next::Submit;
            }
            failed &= failed - 1;
            // The range as a whole is the first piece, and has failed.
            (piece, has_failed) = (state.range.clone(), true);
        }
        Next::NextRange
    }

    /// Chooses what a destination gets behind `piece`: one twice as long, or after one that failed the
    /// first half of that, or after a block that is lost the next block. [`None`] at the end.
    fn next_piece(
        &self,
        waiting: &mut Waiting,
        dest: usize,
        piece: &Range<u64>,
        has_failed: bool,
        end: u64,
    ) -> Option<Range<u64>> {
        let sectors = piece.end - piece.start;
        let halves = has_failed && self.job.retries(waiting, dest);
        if let Some(half) = self.job.method().half_of(sectors).filter(|_| halves) {
            return Some(piece.start..piece.start + half);
        }
        let step = if has_failed {
            self.job.record_write_error(dest);
            self.step_behind_lost(waiting, dest)
        } else {
            self.job.state(waiting).record_lost(dest, false);
            sectors.saturating_mul(2)
        };
        let next = piece.end..piece.end.saturating_add(step).min(end);
        (!next.is_empty()).then_some(next)
    }

    /// Starts the I/O of the stage.
    pub(super) fn submit(mut bio: IdleBio<Self>, ctx: &ClientCtx) {
        let (state, this) = bio.halves();
        let (range, op) = (state.range.clone(), this.job.method().op());
        match &mut state.stage {
            Stage::Read => {
                if let Some(from) = this.job.from().copied() {
                    Self::point(bio, &from.part(&range), 0, Op::READ).submit();
                }
            }
            Stage::Write { unwritten } => {
                let Some((dest, region)) = this.next_dest(unwritten, &range) else {
                    return;
                };
                state.dest = dest;
                let bio = Self::point(bio, &region, 0, op);
                Self::write_others(bio.share(), &range, op, ctx);
            }
            Stage::Rewrite { failed, piece } => {
                let (dest, piece) = (failed.trailing_zeros() as usize, piece.clone());
                if let Some(region) = this.job.dest(dest).copied() {
                    state.dest = dest;
                    let skip = ((piece.start - range.start) as u32) << SECTOR_SHIFT;
                    Self::point(bio, &region.part(&piece), skip, op).submit();
                }
            }
        }
    }

    /// Writes the range to the destinations that are left, as far as there is memory for children, and
    /// submits the bio itself.
    fn write_others(mut bio: SharedBio<Self>, range: &Range<u64>, op: Op, ctx: &ClientCtx) {
        loop {
            let Stage::Write { unwritten } = bio.owned_mut().stage else {
                break;
            };
            let mut rest = unwritten;
            let Some((dest, region)) = bio.next_dest(&mut rest, range) else {
                break;
            };
            let target = (region.device(), region.sector(), region.bytes() as u32);
            if !bio.submit_child(&ctx.children, target, op, dest) {
                break;
            }
            bio.owned_mut().stage = Stage::Write { unwritten: rest };
        }
        bio.submit();
    }

    /// Takes the next destination from a set: its number, and where the range goes.
    fn next_dest(&self, dests: &mut usize, range: &Range<u64>) -> Option<(usize, Region)> {
        let index = dests.trailing_zeros() as usize;
        let region = self.job.dest(index)?.part(range);
        *dests &= *dests - 1;
        Some((index, region))
    }

    /// Points the bio at `region`, to do `op` with what is `skip` bytes into the buffer.
    fn point(bio: IdleBio<Self>, region: &Region, skip: u32, op: Op) -> Bio<'static, Self> {
        let mut bio = bio.reset(region.device(), op);
        bio.set_target(region.sector(), skip, region.bytes() as u32);
        bio
    }
}

impl State {
    /// Doubles the next part of a range that is read in parts.
    fn grow_step(&mut self) {
        let sectors = self.range.end - self.range.start;
        self.step = self.step.map(|_| sectors.saturating_mul(2));
    }
}

impl EndIo for SubJob {
    type Owned = State;

    fn end_io(bio: IdleBio<Self>) {
        let state = bio.owned();
        if !matches!(state.stage, Stage::Read) {
            bio.record_status(state.dest, bio.status());
        }
        // The client's work may be done with the sub-job, and with the last job, before this function
        // returns: `Client::drain` waits for readers, so that this reference is never the last.
        let _reader = rcu::read_lock();
        let client = bio.job.client().clone();
        client.sub_job_ended(bio);
    }
}

impl Parent for SubJob {
    fn record_status(&self, dest: usize, status: Status) {
        if status.is_ok() {
            return;
        }
        // What a device does not support it does not support in pieces, either.
        if self.job.ignores_errors() && status != Status::UNSUPPORTED {
            self.failed.insert(dest);
        } else {
            self.job.record_write_error(dest);
        }
    }
}
