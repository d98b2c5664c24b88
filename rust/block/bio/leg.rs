// SPDX-License-Identifier: GPL-2.0

//! Bios that are parts of another.

use super::{
    super::Status,
    Bio,
    BioPool,
    Chained,
    EndIo,
    Header,
    StackBio, //
};
use crate::block::BlockDevice;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The payload of a bio that has legs.
pub(crate) trait Parent: EndIo {
    /// A leg has ended; `index` is the number that it was given.
    ///
    /// Called in any context, hard interrupts included: it must not sleep.
    fn leg_ended(&self, index: usize, status: Status);
}

/// The payload of a bio that is a part of another, its parent: it keeps the parent from ending, and
/// tells it how it ended itself.
pub(crate) struct Leg<P: Parent> {
    parent: Chained<P>,
}

impl<P: Parent> Leg<P> {
    /// Makes a leg, if there is memory for it. Does not sleep.
    pub(crate) fn new(
        pool: &Arc<BioPool<Self>>,
        parent: Chained<P>,
        device: Option<BlockDevice>,
        opf: u32,
        vecs: usize,
    ) -> Option<Bio<Self>> {
        BioPool::try_alloc(pool, device, opf, vecs, Self { parent })
    }

    /// Makes a leg over what its parent is going to carry, if there is memory for it. Does not sleep.
    ///
    /// # Safety
    ///
    /// `header` is that of the parent, which is owned.
    unsafe fn sharing(
        pool: &Arc<BioPool<Self>>,
        parent: Chained<P>,
        header: &Header,
        device: BlockDevice,
        opf: u32,
    ) -> Option<Bio<Self>> {
        let mut leg = Self::new(pool, parent, Some(device), opf, 0)?;
        // SAFETY: The leg is chained to its parent, whose header this is.
        unsafe { leg.share_vectors(header) };
        Some(leg)
    }
}

impl<P: Parent> Bio<P> {
    /// Makes a leg of this bio to `device` over what this bio is going to carry, if there is memory
    /// for it. Does not sleep.
    pub(crate) fn leg(
        &mut self,
        pool: &Arc<BioPool<Leg<P>>>,
        device: BlockDevice,
        opf: u32,
    ) -> Option<Bio<Leg<P>>> {
        // SAFETY: The bio is owned, and the header its own.
        unsafe { Leg::sharing(pool, self.chained(), self.header(), device, opf) }
    }
}

impl<P: Parent> StackBio<P> {
    /// As [`Bio::leg`].
    pub(crate) fn leg(
        mut self: Pin<&mut Self>,
        pool: &Arc<BioPool<Leg<P>>>,
        device: BlockDevice,
        opf: u32,
    ) -> Option<Bio<Leg<P>>> {
        let parent = self.as_mut().chained();
        // SAFETY: The bio is owned, and the header its own.
        unsafe { Leg::sharing(pool, parent, self.header(), device, opf) }
    }
}

impl<P: Parent> EndIo for Leg<P> {
    fn end_io(mut bio: Bio<Self>) {
        bio.zero_what_was_not_read();
        bio.parent.leg_ended(bio.index(), bio.status());
    }
}
