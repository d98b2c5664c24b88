// SPDX-License-Identifier: GPL-2.0

//! Which bios a request consists of.

use super::{
    op::Kind,
    request::Request,
    Failures,
    Notify,
    Op,
    Region,
    Regions,
    Source, //
};
use crate::block::{
    bio::is_too_deep,
    block_device::SECTOR_SHIFT,
    bvec::MAX_VECS,
    pages::total_memory,
    Bio,
    BioPool,
    BlockDevice,
    BvecArray,
    Chained,
    Draft,
    Leg,
    Resources,
    StackBio,
    Status,
    VmallocRange, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The most bytes of data that a bio is given: a multiple of every logical block size.
const MAX_DATA: u32 = 1 << 30;

/// The bio that carries the request, wherever it lives.
pub(super) trait Primary<N: Notify> {
    fn draft(&mut self) -> Draft<'_>;
    fn chained(&mut self) -> Chained<Request<N>>;
    /// Makes a leg over what the primary is going to carry.
    fn leg(
        &mut self,
        pool: &Arc<BioPool<Leg<Request<N>>>>,
        device: BlockDevice,
        opf: u32,
    ) -> Option<Bio<Leg<Request<N>>>>;
    /// Makes the primary one over an array that stays until it has ended. Returns false if there is
    /// no knowing that it does.
    fn borrow(&mut self, array: &BvecArray, bytes: u32) -> bool;
    fn request(&self) -> &Request<N>;
}

impl<N: Notify> Primary<N> for Bio<Request<N>> {
    fn draft(&mut self) -> Draft<'_> {
        Bio::draft(self)
    }

    fn chained(&mut self) -> Chained<Request<N>> {
        Bio::chained(self)
    }

    fn leg(
        &mut self,
        pool: &Arc<BioPool<Leg<Request<N>>>>,
        device: BlockDevice,
        opf: u32,
    ) -> Option<Bio<Leg<Request<N>>>> {
        Bio::leg(self, pool, device, opf)
    }

    fn borrow(&mut self, _array: &BvecArray, _bytes: u32) -> bool {
        false
    }

    fn request(&self) -> &Request<N> {
        self
    }
}

impl<N: Notify> Primary<N> for Pin<&mut StackBio<Request<N>>> {
    fn draft(&mut self) -> Draft<'_> {
        StackBio::draft(self.as_mut())
    }

    fn chained(&mut self) -> Chained<Request<N>> {
        StackBio::chained(self.as_mut())
    }

    fn leg(
        &mut self,
        pool: &Arc<BioPool<Leg<Request<N>>>>,
        device: BlockDevice,
        opf: u32,
    ) -> Option<Bio<Leg<Request<N>>>> {
        StackBio::leg(self.as_mut(), pool, device, opf)
    }

    fn borrow(&mut self, array: &BvecArray, bytes: u32) -> bool {
        self.as_mut().borrow_vectors(array, bytes);
        true
    }

    fn request(&self) -> &Request<N> {
        self
    }
}

/// A request that is being made into bios.
pub(super) struct Dispatch<'a, N: Notify, S> {
    op: Op,
    /// The number of the last region that has an I/O, or that of the first if none has.
    last: usize,
    regions: Regions<'a>,
    source: &'a S,
    legs: &'a Arc<BioPool<Leg<Request<N>>>>,
    resources: &'a Resources,
}

impl<'a, N: Notify, S: Source> Dispatch<'a, N, S> {
    /// Makes ready, which includes the caches.
    pub(super) fn new(
        op: Op,
        regions: Regions<'a>,
        source: &'a S,
        legs: &'a Arc<BioPool<Leg<Request<N>>>>,
        resources: &'a Resources,
    ) -> Self {
        let has_io = |region: &Region| region.count() > 0 || op.flushes();
        let this = Self {
            op,
            last: regions.all().iter().rposition(has_io).unwrap_or(0),
            regions,
            source,
            legs,
            resources,
        };
        if let Some((range, bytes)) = this.vmap() {
            range.flush(bytes);
        }
        this
    }

    /// The bytes that the caches must forget when the request has ended.
    pub(super) fn invalidation(&self) -> Option<(VmallocRange, usize)> {
        self.vmap().filter(|_| !self.op.is_write())
    }

    fn vmap(&self) -> Option<(VmallocRange, usize)> {
        let range = self.source.vmap()?;
        Some((range, usize::try_from(self.regions.longest_bytes()).ok()?))
    }

    /// The number of the region whose I/O the primary is.
    pub(super) fn last(&self) -> usize {
        self.last
    }

    /// For which device the primary is to be made.
    pub(super) fn device(&self) -> Option<BlockDevice> {
        self.regions
            .get(self.last)
            .and_then(|region| self.device_of(region))
    }

    /// With how many vectors the primary is to be made.
    pub(super) fn vecs(&self) -> usize {
        let bytes = self.regions.get(self.last).map_or(0, Region::bytes);
        let vecs = self.pieces(self.source, bytes);
        if vecs <= MAX_VECS {
            vecs
        } else {
            0
        }
    }

    /// The same for one whose owner waits: it can carry an array of vectors as it is.
    pub(super) fn vecs_on_stack(&self) -> usize {
        match self.source.as_array() {
            Some(_) => 0,
            None => self.vecs(),
        }
    }

    /// For which device a bio for a region is to be made. One that shares the caller's bio gets its
    /// device from [`Self::share`].
    fn device_of(&self, region: &Region) -> Option<BlockDevice> {
        match self.source.as_bio() {
            Some(_) if self.op.carries_data() => None,
            _ => Some(region.device()),
        }
    }

    /// Submits all of the request but what it leaves to the primary. Returns whether it left
    /// anything: then the primary is to be submitted, or else to be ended.
    pub(super) fn run(&self, primary: &mut impl Primary<N>) -> bool {
        let last = self.last;
        if let Some(region) = self.regions.get(last) {
            self.share(&mut primary.draft(), region);
        }
        let common = self.fill(primary);
        let mut left = false;
        for (index, region) in self.regions.all().iter().enumerate().take(last + 1) {
            if region.count() == 0 && !self.op.flushes() {
                continue;
            }
            let limit = match region.precheck(self.op) {
                Ok(limit) => limit,
                Err(status) => {
                    primary.request().note(index, status);
                    continue;
                }
            };
            if region.bytes() <= common && index == last {
                self.aim(&mut primary.draft(), index, region);
                left = true;
            } else if region.bytes() > common || !self.submit_shared(index, region, primary) {
                let leg = self.plan(index, region, limit);
                left = self.region(leg, index == last, primary);
            }
        }
        left
    }

    /// Makes a new bio one over the caller's, if that is the buffer.
    fn share(&self, bio: &mut Draft<'_>, region: &Region) {
        if let Some(data) = self.source.as_bio().filter(|_| self.op.carries_data()) {
            bio.share(data, region.device());
        }
    }

    /// Lets the primary carry the buffer from its start, for all regions at once, if it can carry what
    /// the last region is to get. Returns how many bytes it carries.
    fn fill(&self, primary: &mut impl Primary<N>) -> u64 {
        if !self.op.carries_data() {
            return 0;
        }
        if self.source.as_bio().is_some() {
            return primary.draft().truncate(u32::MAX).into();
        }
        let needed = self.regions.get(self.last).map_or(0, Region::bytes);
        if needed > MAX_DATA.into() {
            return 0;
        }
        let most = self.regions.longest_bytes().min(MAX_DATA.into()) as u32;
        if let Some(array) = self.source.as_array() {
            if primary.borrow(array, most) {
                return most.into();
            }
        }
        let mut bio = primary.draft();
        if self.source.pieces(needed) > bio.capacity() {
            return 0;
        }
        let mut source = self.source.clone();
        let filled = bio
            .fill(most, S::MERGES, move |max| source.next(max))
            .into();
        if filled < needed {
            return 0;
        }
        filled
    }

    /// Points a bio that carries the buffer from its start at a region.
    fn aim(&self, bio: &mut Draft<'_>, index: usize, region: &Region) {
        bio.truncate(region.bytes() as u32);
        bio.set_index(index);
        bio.set_priority(self.op.priority());
        bio.set_sector(region.sector());
    }

    /// Submits a region's bio over what the primary carries. Returns false if there is no memory for
    /// it, or if what goes along with the memory is not the primary's to share.
    fn submit_shared(&self, index: usize, region: &Region, primary: &mut impl Primary<N>) -> bool {
        if self.source.as_bio().is_some() {
            return false;
        }
        let leg = primary.leg(self.legs, region.device(), self.op.opf());
        let Some(mut leg) = leg else {
            return false;
        };
        self.aim(&mut leg.draft(), index, region);
        leg.submit();
        true
    }

    /// Fails all of the request, of which nothing was submitted.
    pub(super) fn fail(&self) -> Failures {
        let mut failed = 0;
        for (index, region) in self.regions.all().iter().enumerate() {
            if region.count() > 0 || self.op.flushes() {
                failed |= 1 << index;
            }
            if !self.op.is_write() {
                self.plan(index, region, 0).zero_rest();
            }
        }
        if let Some((range, bytes)) = self.invalidation() {
            range.invalidate(bytes);
        }
        Failures {
            failed,
            ..Failures::NONE
        }
    }

    fn plan<'b>(&self, index: usize, region: &'b Region, limit: u32) -> LegPlan<'b, S> {
        LegPlan {
            op: self.op,
            region,
            index,
            limit,
            at: 0,
            source: self.source.clone(),
        }
    }

    /// Submits a region's bios; what remains of the last one is left to the primary if it fits. What
    /// cannot be submitted fails.
    fn region(
        &self,
        mut leg: LegPlan<'_, S>,
        is_last: bool,
        primary: &mut impl Primary<N>,
    ) -> bool {
        self.submit_region(&mut leg, is_last, primary)
            .unwrap_or_else(|status| {
                primary.request().note(leg.index, status);
                if !self.op.is_write() {
                    leg.zero_rest();
                }
                false
            })
    }

    fn submit_region(
        &self,
        leg: &mut LegPlan<'_, S>,
        is_last: bool,
        primary: &mut impl Primary<N>,
    ) -> Result<bool, Status> {
        // An empty flush has nothing left, either: that is one bio.
        loop {
            if leg.starts_beyond_device() {
                return Err(Status::FAILED);
            }
            if is_last && leg.fits(primary.draft().capacity()) {
                leg.draw(&mut primary.draft())?;
                return Ok(true);
            }
            if !self.submit_leg(leg, primary.chained()) {
                self.run_leg(leg, primary.request())?;
            }
            if leg.rest() == 0 {
                return Ok(false);
            }
        }
    }

    /// Submits the next bio of a region. Returns false if there is no memory for it, or too little
    /// to hold a block.
    fn submit_leg(&self, leg: &mut LegPlan<'_, S>, parent: Chained<Request<N>>) -> bool {
        let device = self.device_of(leg.region);
        let vecs = self.pieces(&leg.source, leg.rest() << SECTOR_SHIFT);
        let bio = Leg::new(self.legs, parent, device, self.op.opf(), vecs.min(MAX_VECS));
        let Some(mut bio) = bio else {
            return false;
        };
        self.share(&mut bio.draft(), leg.region);
        let is_drawn = leg.draw(&mut bio.draft()).is_ok();
        if is_drawn {
            bio.submit();
        }
        is_drawn
    }

    /// Does the next bio of a region from the stack, which needs no memory but for an atomic write.
    #[cold]
    #[inline(never)]
    fn run_leg(&self, leg: &mut LegPlan<'_, S>, request: &Request<N>) -> Result<(), Status> {
        if is_too_deep() {
            return Err(Status::FAILED);
        }
        let device = self.device_of(leg.region);
        // What must not be split waits for its vectors' memory.
        let vecs = if self.op.is_atomic() && self.source.as_array().is_none() {
            self.pieces(&leg.source, leg.rest() << SECTOR_SHIFT)
        } else {
            0
        };
        pin_init::stack_pin_init!(
            let bio = StackBio::with_vectors(self.resources, device, self.op.opf(), vecs, ())
        );
        self.share(&mut bio.as_mut().draft(), leg.region);
        leg.draw_on_stack(bio.as_mut())?;
        request.note(leg.index, bio.as_mut().submit_and_wait());
        Ok(())
    }

    /// How many vectors the next `bytes` take.
    fn pieces(&self, source: &S, bytes: u64) -> usize {
        if self.op.carries_data() {
            source.pieces(bytes)
        } else {
            0
        }
    }
}

/// A region, and how far its bios have come.
struct LegPlan<'a, S> {
    op: Op,
    region: &'a Region,
    index: usize,
    /// The most sectors of a bio without data. The device's limit may change at any time: a bio that
    /// is above it by then is split or failed by the block layer.
    limit: u32,
    /// The sectors that are done.
    at: u64,
    /// The buffer from there on.
    source: S,
}

impl<S: Source> LegPlan<'_, S> {
    /// The sectors that remain.
    fn rest(&self) -> u64 {
        self.region.count() - self.at
    }

    /// Whether a bio with `capacity` vectors holds all that remains.
    fn fits(&self, capacity: usize) -> bool {
        let rest = self.rest() << SECTOR_SHIFT;
        match self.op.kind() {
            Kind::Read | Kind::Write if self.source.as_bio().is_some() => true,
            Kind::Read | Kind::Write => {
                rest <= u64::from(MAX_DATA) && self.source.pieces(rest) <= capacity
            }
            Kind::Discard | Kind::WriteZeroes => self.rest() <= u64::from(self.limit),
        }
    }

    /// Whether what remains of a read is beyond the end of the device. The block layer would fail
    /// bio after bio; a caller's bio is one anyway.
    fn starts_beyond_device(&self) -> bool {
        self.op.kind() == Kind::Read
            && self.source.as_bio().is_none()
            && self.region.sector() + self.at >= self.region.device().sectors()
    }

    /// Clears what remains of the buffer of a read that cannot be made. A buffer that is longer than
    /// all memory is one that repeats itself.
    fn zero_rest(&mut self) {
        let rest = self.rest() << SECTOR_SHIFT;
        self.source.zero(rest.min(total_memory()));
    }

    /// Sets a bio up for as much of what remains as it holds, and goes on behind that. If it fails
    /// nothing has changed.
    fn draw(&mut self, bio: &mut Draft<'_>) -> Result<(), Status> {
        let start = self.source.clone();
        let sectors = if self.op.carries_data() {
            self.draw_data(bio)?
        } else {
            let sectors = self.rest().min(self.limit.into());
            bio.set_size_without_data((sectors as u32) << SECTOR_SHIFT);
            sectors
        };
        // An atomic write must not be torn.
        if self.op.is_atomic() && sectors < self.rest() {
            self.source = start;
            return Err(Status::INVALID);
        }
        self.aim(bio);
        self.at += sectors;
        Ok(())
    }

    /// As [`Self::draw`]. An array serves as the bio's vectors itself, however small its pieces are.
    fn draw_on_stack(&mut self, mut bio: Pin<&mut StackBio<()>>) -> Result<(), Status> {
        let rest = self.rest() << SECTOR_SHIFT;
        let bytes = rest.min(MAX_DATA.into()) as u32;
        let must_not_split = self.op.is_atomic() && u64::from(bytes) < rest;
        let Some(array) = self.source.as_array().filter(|_| !must_not_split) else {
            return self.draw(&mut bio.draft());
        };
        bio.as_mut().borrow_vectors(array, bytes);
        self.aim(&mut bio.draft());
        skip(&mut self.source, bytes);
        self.at += u64::from(bytes >> SECTOR_SHIFT);
        Ok(())
    }

    /// Points a bio at what remains.
    fn aim(&self, bio: &mut Draft<'_>) {
        bio.set_index(self.index);
        bio.set_priority(self.op.priority());
        bio.set_sector(self.region.sector() + self.at);
    }

    /// Adds memory to a bio; a whole number of the device's blocks, unless the region ends with
    /// less. Returns its sectors.
    fn draw_data(&mut self, bio: &mut Draft<'_>) -> Result<u64, Status> {
        let rest = self.rest() << SECTOR_SHIFT;
        if self.source.as_bio().is_some() {
            let bytes = u64::from(bio.truncate(rest.min(u32::MAX.into()) as u32));
            return if bytes == rest {
                Ok(self.rest())
            } else {
                Err(Status::FAILED)
            };
        }
        let max = rest.min(MAX_DATA.into()) as u32;
        let start = self.source.clone();
        let bytes = bio.fill(max, S::MERGES, |max| self.source.next(max));
        if bytes == max {
            return Ok(u64::from(bytes >> SECTOR_SHIFT));
        }
        let blocks = self.region.device().whole_blocks(bytes);
        if blocks < bytes {
            bio.truncate(blocks);
            self.source = start;
            skip(&mut self.source, blocks);
        }
        if blocks == 0 {
            return Err(Status::INVALID);
        }
        Ok(u64::from(blocks >> SECTOR_SHIFT))
    }
}

/// Goes over the next `bytes` of a buffer.
fn skip(source: &mut impl Source, mut bytes: u32) {
    while bytes > 0 {
        match source.next(bytes) {
            Some(piece) => bytes -= piece.len().min(bytes),
            None => return,
        }
    }
}
