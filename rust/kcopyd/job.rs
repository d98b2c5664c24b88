// SPDX-License-Identifier: GPL-2.0

//! What is to be copied, and how far that has come.

use super::{
    client::Client,
    Notify, //
};
use crate::{
    bindings,
    block::{
        block_device::SECTOR_SHIFT,
        Bio,
        EndIo, //
    },
    io::{
        error_set::ErrorSet,
        Refusal,
        Region, //
    }, //
};
use core::ops::Range;
use kernel::sync::{
    atomic::{
        Atomic,
        Relaxed, //
    },
    Arc, //
};

/// The most destinations of a copy.
pub(crate) const MAX_DESTS: usize = bindings::KCOPYD_MAX_REGIONS as usize;

/// A copy: the payload of a bio that carries it.
///
/// Only the client's progress work takes ranges and counts parts; errors come from anywhere.
pub(super) struct Job<N: Notify> {
    client: Arc<Client<N>>,
    from: Region,
    dests: [Region; MAX_DESTS],
    num_dests: usize,
    ignore_errors: bool,
    notify: N,
    /// The sectors that parts have taken.
    taken: Atomic<u64>,
    /// The parts that were begun.
    parts: Atomic<u32>,
    read_failed: Atomic<bool>,
    write_errors: ErrorSet,
}

impl<N: Notify> Job<N> {
    /// Checks a copy.
    pub(super) fn new(
        client: Arc<Client<N>>,
        from: Region,
        dests: &[Region],
        ignore_errors: bool,
        notify: N,
    ) -> Result<Self, Refusal> {
        let (Some(first), true) = (dests.first(), dests.len() <= MAX_DESTS) else {
            return Err(Refusal::invalid(c"num_dests: not 1 to KCOPYD_MAX_REGIONS"));
        };
        if dests.iter().any(|dest| dest.count() != from.count()) {
            return Err(Refusal::invalid(c"dests: one is not as long as the source"));
        }
        if dests.iter().any(|dest| dest.overlaps(&from)) {
            return Err(Refusal::invalid(c"dests: one overlaps the source"));
        }
        let mut all = [*first; MAX_DESTS];
        all.iter_mut().zip(dests).for_each(|(to, dest)| *to = *dest);
        Ok(Self {
            client,
            from,
            dests: all,
            num_dests: dests.len(),
            ignore_errors,
            notify,
            taken: Atomic::new(0),
            parts: Atomic::new(0),
            read_failed: Atomic::new(false),
            write_errors: ErrorSet::new(),
        })
    }

    pub(super) fn client(&self) -> &Arc<Client<N>> {
        &self.client
    }

    pub(super) fn from(&self) -> &Region {
        &self.from
    }

    pub(super) fn dests(&self) -> &[Region] {
        self.dests.get(..self.num_dests).unwrap_or_default()
    }

    pub(super) fn notify(&self) -> N {
        self.notify
    }

    /// The bytes of the logical blocks in `bytes` that are whole ones to all devices: a range,
    /// unless it is the last, consists of such.
    pub(super) fn whole_blocks(&self, bytes: u32) -> u32 {
        core::iter::once(&self.from)
            .chain(self.dests())
            .fold(bytes, |bytes, region| region.device().whole_blocks(bytes))
    }

    /// Half of `sectors`, if that is a whole number of blocks to all devices.
    pub(super) fn half_of(&self, sectors: u64) -> Option<u64> {
        let bytes = u32::try_from(sectors << SECTOR_SHIFT).ok()? / 2;
        let half = self.whole_blocks(bytes) >> SECTOR_SHIFT;
        (half > 0).then_some(half.into())
    }

    pub(super) fn ignores_errors(&self) -> bool {
        self.ignore_errors
    }

    /// The sectors that no part has taken.
    pub(super) fn rest(&self) -> u64 {
        self.from.count() - self.taken.load(Relaxed)
    }

    /// Takes the next range, of at most `max` sectors, unless there is none or the copy is to stop.
    pub(super) fn take_range(&self, max: u64) -> Option<Range<u64>> {
        let start = self.taken.load(Relaxed);
        let end = start + self.rest().min(max);
        if end == start || self.is_stopped() {
            return None;
        }
        self.taken.store(end, Relaxed);
        Some(start..end)
    }

    /// Whether no further range is to be taken because of an error.
    pub(super) fn is_stopped(&self) -> bool {
        !self.ignore_errors && (self.read_failed() || self.write_errors() != 0)
    }

    /// Counts a part that begins, and returns how many have.
    pub(super) fn count_part(&self) -> u32 {
        self.parts.fetch_add(1, Relaxed) + 1
    }

    /// How many parts have begun.
    pub(super) fn parts(&self) -> u32 {
        self.parts.load(Relaxed)
    }

    pub(super) fn note_read_error(&self) {
        self.read_failed.store(true, Relaxed);
    }

    pub(super) fn note_write_error(&self, dest: usize) {
        self.write_errors.insert(dest);
    }

    pub(super) fn read_failed(&self) -> bool {
        self.read_failed.load(Relaxed)
    }

    /// The destinations that could not be written, as bits.
    pub(super) fn write_errors(&self) -> usize {
        self.write_errors.bits()
    }
}

impl<N: Notify> EndIo for Job<N> {
    fn end_io(bio: Bio<Self>) {
        let client = bio.client.clone();
        client.job_done(bio);
    }
}
