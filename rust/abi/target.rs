// SPDX-License-Identifier: GPL-2.0

//! What both APIs of dm-io check.

use super::regions::regions;
use crate::{
    bindings::io_region,
    block::block_device::SECTOR_SHIFT,
    io::{
        source::NoData,
        Failures,
        Io,
        Notify,
        Op,
        Refusal,
        Regions,
        Source, //
    }, //
};
use kernel::ffi::{
    c_uint,
    c_ulong, //
};

/// The regions that a call names, and what to do with them.
pub(super) struct Target<'a, N: Notify> {
    io: &'a Io<N>,
    op: Op,
    regions: Regions<'a>,
}

impl<'a, N: Notify> Target<'a, N> {
    /// Checks what does not depend on the buffer.
    ///
    /// # Safety
    ///
    /// `regions` is null or has `count` elements, which do not change during `'a`; a device in them
    /// is open until all I/O with its region has ended.
    // Three callers, each of which would copy the result: 37 instructions of a call.
    #[inline]
    pub(super) unsafe fn new(
        io: &'a Io<N>,
        count: c_uint,
        raw_regions: *const io_region,
        opf: u32,
    ) -> Result<Self, Refusal> {
        if count == 0 || count > c_ulong::BITS {
            return Err(Refusal::invalid(c"num_regions: not 1 to BITS_PER_LONG"));
        }
        let op = Op::from_raw(opf)?;
        if count > 1 && !op.is_write() {
            return Err(Refusal::failed(c"num_regions: a read takes one region"));
        }
        let null = Refusal::invalid(c"where is NULL");
        // SAFETY: By this function's requirement.
        let regions = unsafe { regions(raw_regions, count as usize, null) }?;
        Ok(Self {
            io,
            op,
            regions: Regions::new(regions),
        })
    }

    /// The same, with a priority.
    pub(super) fn with_priority(self, priority: u16) -> Self {
        Self {
            op: self.op.with_priority(priority),
            ..self
        }
    }

    /// Whether there must be a buffer.
    fn needs_buffer(&self) -> bool {
        self.op.carries_data() && self.regions.longest() > 0
    }

    /// Runs the request, and waits unless there is someone to tell. What failed is told to one of
    /// the two.
    ///
    /// `source` makes the buffer, and is told how many bytes of it are needed; it is not called if
    /// none are. One that has fewer is refused as `too_short`.
    pub(super) fn run<S: Source>(
        &self,
        source: impl FnOnce(u64) -> Result<S, Refusal>,
        too_short: Refusal,
        notify: Option<N>,
    ) -> Result<Failures, Refusal> {
        if !self.needs_buffer() {
            return Ok(self.run_with(&NoData, notify));
        }
        let bytes = self.regions.longest() << SECTOR_SHIFT;
        let source = source(bytes)?;
        if !source.covers(bytes) {
            return Err(too_short);
        }
        Ok(self.run_with(&source, notify))
    }

    fn run_with(&self, source: &impl Source, notify: Option<N>) -> Failures {
        match notify {
            Some(notify) => {
                self.io.start(self.op, self.regions, source, notify);
                Failures::NONE
            }
            None => self.io.sync(self.op, self.regions, source),
        }
    }
}
