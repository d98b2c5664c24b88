// SPDX-License-Identifier: GPL-2.0

//! Child bios: bios that another bio waits for.

use super::{
    Bio,
    BioPool,
    Chained,
    EndIo,
    IdleBio,
    SharedBio, //
};
use crate::{
    block::{
        BlockDevice,
        Op,
        Status, //
    },
    memory::Wait, //
};
use kernel::sync::Arc;

/// The payload of a bio that has children.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_shared_bio_ends_when_its_children_have`.
pub(crate) trait Parent: EndIo {
    /// Records how a child's I/O completed; `index` is the number that the child was given.
    ///
    /// Called in any context, hard interrupts included: it must not sleep.
    fn record_status(&self, index: usize, status: Status);
}

/// The payload of a child bio: it keeps its parent from ending, and reports its status to it.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_child_that_is_dropped_keeps_nothing`.
pub(crate) struct Child<P: Parent> {
    parent: Chained<P>,
    index: usize,
}

impl<P: Parent> SharedBio<P> {
    /// Allocates a child with up to `vecs` vectors of its own, as [`BioPool::alloc`].
    pub(crate) fn child(
        &self,
        pool: &Arc<BioPool<Child<P>>>,
        device: BlockDevice,
        op: Op,
        vecs: usize,
        index: usize,
        wait: Wait,
    ) -> Option<Bio<'static, Child<P>>> {
        let parent = self.chained();
        let child = || Child { parent, index };
        BioPool::alloc(pool, (device, op), vecs, (), child, wait)
    }

    /// Allocates a child over the same memory as this bio, if there is memory. Does not sleep.
    fn child_over_data(
        &self,
        pool: &Arc<BioPool<Child<P>>>,
        device: BlockDevice,
        op: Op,
        index: usize,
    ) -> Option<Bio<'static, Child<P>>> {
        let child = self.child(pool, device, op, 0, index, Wait::No)?;
        let (head, parent) = (child.head(), self.head());
        // SAFETY: The bio is initialised, and this is its owner.
        let vectors = unsafe { (*parent.as_raw()).bi_io_vec };
        // SAFETY: The vectors do not change while a bio is shared, and stay until the parent has
        // ended, which the child is chained to.
        unsafe { head.set_data(vectors, parent.data.get(), parent.kind_for_children()) };
        Some(child)
    }

    /// Submits a child over the same memory as this bio to `sector`, as far as `bytes` bytes. Returns
    /// false if there is no memory for it. May sleep.
    pub(crate) fn submit_child(
        &self,
        pool: &Arc<BioPool<Child<P>>>,
        (device, sector, bytes): (BlockDevice, u64, u32),
        op: Op,
        index: usize,
    ) -> bool {
        let child = self.child_over_data(pool, device, op, index);
        let is_submitted = child.is_some();
        if let Some(mut child) = child {
            child.set_target(sector, 0, bytes);
            child.submit();
        }
        is_submitted
    }
}

impl<P: Parent> EndIo for Child<P> {
    type Owned = ();

    fn end_io(bio: IdleBio<Self>) {
        bio.parent.record_status(bio.index, bio.status());
    }
}
