// SPDX-License-Identifier: GPL-2.0

//! How a request becomes bios.

use super::{
    request::Request,
    Buffer,
    CallbackWorks,
    Incomplete,
    IoArgs, //
};
use crate::{
    block::{
        bio::{
            on_stack,
            BioMut,
            Vectors,
            MAX_VECS, //
        },
        bio_list,
        block_device::SECTOR_SHIFT,
        op::Kind,
        Bio,
        BioPool,
        BlockDevice,
        Child,
        Op,
        Parent,
        SharedBio,
        Status, //
    },
    dm::{
        log,
        Failures,
        IoCallback,
        Region, //
    },
    memory::{
        pages::total_memory,
        VmallocRange,
        Wait, //
    },
    statistics, //
};
use kernel::sync::Arc;

/// The most bytes of data that a bio is given: a multiple of every logical block size.
const MAX_DATA: u32 = 1 << 30;

/// A request that is being made into bios.
pub(super) struct Dispatch<'a> {
    args: &'a IoArgs<'a>,
    op: Op,
    children: &'a Arc<BioPool<Child<Request>>>,
}

impl<'a> Dispatch<'a> {
    /// `op` is that of `args`, and may have flags more.
    pub(super) fn new(
        args: &'a IoArgs<'a>,
        op: Op,
        children: &'a Arc<BioPool<Child<Request>>>,
    ) -> Self {
        Self { args, op, children }
    }

    /// Returns the payload of the request's own bio.
    pub(super) fn request(
        &self,
        callback: Option<IoCallback>,
        works: Option<Arc<CallbackWorks>>,
    ) -> Request {
        let index = self.args.regions.last().0;
        Request::new(index, callback, works, self.invalidation())
    }

    /// Returns the device that the request's own bio goes to.
    pub(super) fn device(&self) -> BlockDevice {
        self.args.regions.last().1.device()
    }

    /// Returns the operation.
    pub(super) fn op(&self) -> Op {
        self.op
    }

    /// Returns how many vectors the request's own bio is to have: 0 if those for all of the buffer are
    /// too many.
    pub(super) fn vectors(&self) -> usize {
        let vectors = self.args.buffer.vectors(self.longest());
        if vectors > MAX_VECS {
            return 0;
        }
        vectors
    }

    /// As [`Self::vectors`], for a bio that an array can be lent to.
    pub(super) fn vectors_on_stack(&self) -> usize {
        match self.args.buffer {
            Buffer::Vectors(_) => 0,
            _ => self.vectors(),
        }
    }

    /// The bytes of data of the longest region.
    fn longest(&self) -> u64 {
        if self.op.carries_data() {
            self.args.regions.longest() << SECTOR_SHIFT
        } else {
            0
        }
    }

    /// What the caches must forget when the request has completed.
    fn invalidation(&self) -> Option<VmallocRange> {
        self.args
            .buffer
            .vmalloc_range()
            .filter(|_| !self.op.is_write())
    }

    /// Fills the request's own bio with the buffer from its start: for all regions at once, if its
    /// vectors are enough. Returns how many bytes it carries; refuses a buffer that ends too early.
    // Inlined for speed, as `Io::run`.
    #[inline(always)]
    pub(super) fn fill(&self, bio: &mut BioMut<'_, '_>) -> Result<u64, Incomplete> {
        let longest = self.longest();
        let filled = match &self.args.buffer {
            _ if longest == 0 => return Ok(0),
            Buffer::Bio(data) => bio
                .clone_data(self.device(), self.op, data)
                .map_or(0, |()| bio.len().into()),
            _ if longest > MAX_DATA.into() => 0,
            _ => self.args.buffer.fill(bio, longest as u32).into(),
        };
        if filled < longest && !self.args.buffer.is_complete() {
            return Err(Incomplete);
        }
        Ok(filled)
    }

    /// As [`Self::fill`], but lets an array serve as the bio's vectors.
    pub(super) fn lend(&self, bio: &mut BioMut<'_, 'a>) -> Result<u64, Incomplete> {
        match &self.args.buffer {
            Buffer::Vectors(array) => {
                let array = array.complete().ok_or(Incomplete)?;
                Ok(bio.borrow(array, MAX_DATA).into())
            }
            _ => self.fill(bio),
        }
    }

    /// Submits the request. `filled` is how many bytes its own bio carries.
    pub(super) fn submit(&self, bio: Bio<'_, Request>, filled: u64) {
        self.count();
        if let Some(range) = self.args.buffer.vmalloc_range() {
            range.flush();
        }
        let mut bio = bio.share();
        let (last, region) = self.args.regions.last();
        for (index, region) in self.args.regions.all().iter().enumerate().take(last) {
            self.submit_region(&bio, index, region, filled);
        }
        match self.check(region) {
            Some(Ok(limit)) if self.fits(region, filled, limit) => {
                bio.set_target(region.sector(), 0, region.bytes() as u32);
                bio.submit();
            }
            Some(Ok(limit)) => self.submit_pieces(&bio, last, region, limit),
            Some(Err(status)) => bio.record_status(last, status),
            None => {}
        }
    }

    /// Submits the I/O of a region by children of the request's own bio.
    fn submit_region(&self, bio: &SharedBio<Request>, index: usize, region: &Region, filled: u64) {
        let limit = match self.check(region) {
            Some(Ok(limit)) => limit,
            Some(Err(status)) => return bio.record_status(index, status),
            None => return,
        };
        if !self.fits(region, filled, limit) || !self.submit_child(bio, index, region) {
            self.submit_pieces(bio, index, region, limit);
        }
    }

    /// Checks a region as [`Region::precheck`]; [`None`] if there is nothing to be done.
    #[inline]
    fn check(&self, region: &Region) -> Option<Result<u32, Status>> {
        (region.count() > 0 || self.op.flushes()).then(|| region.precheck(self.op))
    }

    /// Returns whether a region needs one bio only, whose data is that of the request's own.
    fn fits(&self, region: &Region, filled: u64, limit: u32) -> bool {
        if self.op.carries_data() {
            region.bytes() <= filled
        } else {
            region.count() <= limit.into()
        }
    }

    /// Submits a child over the data of the request's own bio. Returns false if there is no memory for
    /// it, or if a caller's bio is cloned, which is not the request's own to share.
    fn submit_child(&self, bio: &SharedBio<Request>, index: usize, region: &Region) -> bool {
        let target = (region.device(), region.sector(), region.bytes() as u32);
        !matches!(self.args.buffer, Buffer::Bio(_))
            && bio.submit_child(self.children, target, self.op, index)
    }

    /// Submits a region's I/O as bios that each have memory of their own. What cannot be submitted
    /// fails.
    fn submit_pieces(&self, bio: &SharedBio<Request>, index: usize, region: &Region, limit: u32) {
        let mut rest = self.rest(index, region, limit);
        loop {
            let result = if rest.starts_beyond_device() {
                Err(Status::FAILED)
            } else if self.submit_piece(bio, &mut rest, Wait::No) {
                Ok(())
            } else {
                self.run_piece(bio, &mut rest)
            };
            if let Err(status) = result {
                bio.record_status(index, status);
                return rest.zero();
            }
            // An empty flush is one bio.
            if rest.sectors() == 0 {
                return;
            }
        }
    }

    fn rest<'b>(&self, index: usize, region: &'b Region, limit: u32) -> Rest<'b>
    where
        'a: 'b,
    {
        Rest {
            op: self.op,
            region,
            index,
            limit,
            at: 0,
            buffer: self.args.buffer.clone(),
        }
    }

    /// Submits the next bio of a region. Returns false if there is no memory for it, or too little
    /// to hold a block.
    fn submit_piece(&self, bio: &SharedBio<Request>, rest: &mut Rest<'_>, wait: Wait) -> bool {
        let (device, vectors) = (rest.region.device(), rest.vectors().min(MAX_VECS));
        let child = bio.child(self.children, device, self.op, vectors, rest.index, wait);
        let Some(mut child) = child else {
            return false;
        };
        let is_filled = rest.fill_next(&mut child.as_mut()).is_ok();
        if is_filled {
            child.submit();
        }
        is_filled
    }

    /// Does the next bio of a region from the stack, which needs no memory but for an atomic write; or
    /// where the stack is short, and nobody waits for it, submits it when there is memory.
    #[cold]
    #[inline(never)]
    fn run_piece<'b>(&self, bio: &SharedBio<Request>, rest: &mut Rest<'b>) -> Result<(), Status> {
        // What must not be split waits for its vectors' memory.
        let vectors = match self.args.buffer {
            Buffer::Vectors(_) => 0,
            _ if self.op.is_atomic() => rest.vectors(),
            _ => 0,
        };
        let (index, device) = (rest.index, rest.region.device());
        let run = |mut piece: Bio<'b, ()>| {
            rest.lend_next(&mut piece.as_mut())?;
            piece.submit();
            Ok(())
        };
        let vectors = Vectors::AtLeast(vectors);
        let done = |result: Result<_, _>, status, &mut (): &mut ()| {
            bio.record_status(index, status);
            result
        };
        match bio_list::set_aside(|| on_stack(device, self.op, vectors, (), run, done)) {
            Ok(result) => result,
            Err(bio_list::TooDeep) => {
                if self.submit_piece(bio, rest, Wait::Element) {
                    return Ok(());
                }
                log::stack_is_short();
                Err(Status::FAILED)
            }
        }
    }

    fn count(&self) {
        statistics::count_io(self.op.is_write(), self.args.regions.sectors());
    }

    /// Fails all of the request, of which nothing was submitted.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(&self) -> Result<Failures, Incomplete> {
        if !self.args.buffer.is_complete() {
            return Err(Incomplete);
        }
        log::stack_is_short();
        self.count();
        let mut failures = Failures::default();
        for (index, region) in self.args.regions.all().iter().enumerate() {
            if region.count() > 0 || self.op.flushes() {
                failures.failed |= 1 << index;
            }
            self.rest(index, region, 0).zero();
        }
        if let Some(range) = self.invalidation() {
            range.invalidate();
        }
        Ok(failures)
    }
}

/// The rest of a region that is done in pieces.
struct Rest<'a> {
    op: Op,
    region: &'a Region,
    index: usize,
    /// The most sectors of a bio without data. The device's limit may change at any time: a bio that
    /// is above it by then is split or failed by the block layer.
    limit: u32,
    /// The sectors that are done.
    at: u64,
    /// The buffer from there on.
    buffer: Buffer<'a>,
}

impl<'a> Rest<'a> {
    /// The sectors that remain.
    fn sectors(&self) -> u64 {
        self.region.count() - self.at
    }

    fn bytes(&self) -> u64 {
        self.sectors() << SECTOR_SHIFT
    }

    /// How many vectors the rest needs.
    fn vectors(&self) -> usize {
        self.buffer.vectors(self.bytes())
    }

    /// Returns whether the rest of a read is beyond the end of the device. The block layer would fail
    /// bio after bio; a caller's bio is one anyway.
    fn starts_beyond_device(&self) -> bool {
        self.op.kind() == Kind::Read
            && !matches!(self.buffer, Buffer::Bio(_))
            && self.region.sector() + self.at >= self.region.device().sectors()
    }

    /// Clears the memory of the rest of a read that cannot be done. A buffer that is longer than all
    /// memory is one that repeats itself.
    fn zero(&self) {
        if !self.op.is_write() {
            self.buffer.zero(self.bytes().min(total_memory()));
        }
    }

    /// Sets a bio up for as much of the rest as it holds, and leaves that behind. If it fails nothing
    /// has changed.
    fn fill_next(&mut self, bio: &mut BioMut<'_, '_>) -> Result<(), Status> {
        let filled = self.buffer.fill(bio, self.max_data());
        self.point(bio, filled)
    }

    /// As [`Self::fill_next`]. An array serves as the bio's vectors itself.
    fn lend_next(&mut self, bio: &mut BioMut<'_, 'a>) -> Result<(), Status> {
        let filled = self.buffer.lend(bio, self.max_data());
        self.point(bio, filled)
    }

    fn max_data(&self) -> u32 {
        self.bytes().min(MAX_DATA.into()) as u32
    }

    /// Points a bio, which was filled with `filled` bytes, at the start of the rest.
    fn point(&mut self, bio: &mut BioMut<'_, '_>, filled: u32) -> Result<(), Status> {
        let bytes = match &self.buffer {
            _ if !self.op.carries_data() => {
                (self.sectors().min(self.limit.into()) as u32) << SECTOR_SHIFT
            }
            Buffer::Bio(data) => {
                bio.clone_data(self.region.device(), self.op, data)?;
                self.bytes().min(bio.len().into()) as u32
            }
            _ if filled == self.max_data() => filled,
            // Whole blocks of the device, unless the region ends with less.
            _ => match self.region.device().whole_blocks(filled) {
                0 => return Err(Status::INVALID),
                blocks => blocks,
            },
        };
        let sectors = u64::from(bytes >> SECTOR_SHIFT);
        // Neither an atomic write nor a caller's bio is split.
        let is_whole = self.op.is_atomic() || matches!(self.buffer, Buffer::Bio(_));
        if is_whole && sectors < self.sectors() {
            return Err(Status::INVALID);
        }
        bio.set_target(self.region.sector() + self.at, 0, bytes);
        self.buffer.advance(bytes.into());
        self.at += sectors;
        Ok(())
    }
}
