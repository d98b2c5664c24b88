// SPDX-License-Identifier: GPL-2.0

//! Where bios come from.

use super::{
    super::{
        bvec_table::BvecTable,
        BlockDevice,
        Op, //
    },
    Bio,
    EndIo,
    Head,
    Node,
    INLINE_VECS, //
};
use crate::memory::{
    Mempool,
    Wait, //
};
use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// Memory for bios with a payload, with a reserve.
///
/// What `struct bio_set` is in C, but that a bio_set's reserve serves only those who can wait.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.pools_are_as_large_as_asked_for`.
#[pin_data]
pub(crate) struct BioPool<P: EndIo> {
    #[pin]
    nodes: Mempool<Node<P>>,
}

impl<P: EndIo> BioPool<P> {
    /// Creates a pool with memory for `reserve` bios set aside, at least 1. May sleep.
    pub(crate) fn new(reserve: usize) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self { nodes <- Mempool::new(reserve) }? Error),
            GFP_KERNEL,
        )
    }

    /// Changes for how many bios memory is set aside, or fails and leaves it as it was. May sleep.
    pub(crate) fn resize(&self, reserve: usize) -> Result {
        self.nodes.resize(reserve)
    }

    /// Allocates a bio for a device, with up to `vecs` vectors, or if memory is short
    /// [`INLINE_VECS`]; as [`Mempool::alloc`].
    #[inline]
    pub(crate) fn alloc(
        this: &Arc<Self>,
        target: (BlockDevice, Op),
        vecs: usize,
        owned: P::Owned,
        payload: impl FnOnce() -> P,
        wait: Wait,
    ) -> Option<Bio<'static, P>> {
        let node = this.nodes.alloc(wait)?;
        Some(Self::init(this, node, target, vecs, owned, payload))
    }

    #[inline]
    fn init(
        this: &Arc<Self>,
        node: NonNull<MaybeUninit<Node<P>>>,
        (device, op): (BlockDevice, Op),
        vecs: usize,
        owned: P::Owned,
        payload: impl FnOnce() -> P,
    ) -> Bio<'static, P> {
        let table = (vecs > INLINE_VECS)
            .then(|| BvecTable::try_new(vecs))
            .flatten();
        let node: NonNull<Node<P>> = node.cast();
        let at = node.as_ptr();
        // SAFETY: The node is memory from the pool, which is not moved.
        unsafe { Head::init(&raw mut (*at).head, device, op, table) };
        // SAFETY: As above; the bio was just initialised.
        unsafe {
            (*at.cast::<crate::bindings::bio>()).bi_end_io = Some(Bio::<P>::end_io);
            (&raw mut (*at).pool).write(Some(this.clone()));
            (&raw mut (*at).owned).write(owned);
            (&raw mut (*at).payload).write(payload());
        }
        // INVARIANT: The node is complete, and nobody else knows of it.
        Bio(node, PhantomData)
    }

    /// Takes the memory of a bio back.
    ///
    /// # Safety
    ///
    /// `node` came from this pool, and is not used afterwards.
    pub(super) unsafe fn free(&self, node: NonNull<MaybeUninit<Node<P>>>) {
        // SAFETY: The node is one of this pool, which the caller gives up.
        unsafe { self.nodes.free(node) }
    }
}
