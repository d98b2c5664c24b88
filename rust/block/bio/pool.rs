// SPDX-License-Identifier: GPL-2.0

//! Where bios come from.

use super::{
    super::{
        mempool::Mempool,
        vector_table::VectorTable,
        BlockDevice,
        Resources, //
    },
    Bio,
    EndIo,
    Header,
    Node, //
};
use core::{
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
/// The last reference must be given up where it may sleep.
#[pin_data]
pub(crate) struct BioPool<P> {
    #[pin]
    nodes: Mempool<Node<P>>,
    resources: Arc<Resources>,
}

impl<P> BioPool<P> {
    /// Takes the memory of a bio back.
    ///
    /// # Safety
    ///
    /// `node` came from this pool, and is not used afterwards.
    pub(super) unsafe fn free(&self, node: NonNull<MaybeUninit<Node<P>>>) {
        // SAFETY: By this function's requirement.
        unsafe { self.nodes.free(node) }
    }
}

impl<P: EndIo> BioPool<P> {
    /// Makes a pool with `reserve` bios set aside, at least 1. May sleep.
    pub(crate) fn new(resources: &Arc<Resources>, reserve: usize) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                nodes <- Mempool::new(resources.clone(), reserve),
                resources: resources.clone(),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Changes how many bios are set aside, or leaves it as it was and fails. May sleep.
    pub(crate) fn resize(&self, reserve: usize) -> Result {
        self.nodes.resize(reserve)
    }

    /// Makes a bio for `device`, with `vecs` vectors or, if memory is short, fewer; if there is any
    /// memory, even set aside. Does not sleep.
    pub(crate) fn try_alloc(
        this: &Arc<Self>,
        device: Option<BlockDevice>,
        opf: u32,
        vecs: usize,
        payload: impl Init<P>,
    ) -> Option<Bio<P>> {
        let node = this.nodes.try_alloc()?;
        let table = Header::table(&this.resources, vecs);
        Some(Self::make(this, node, device, opf, table, payload))
    }

    /// Makes a bio that will not be submitted, but be chained to. Without memory it waits for one
    /// of this pool's bios to be freed. May sleep.
    pub(crate) fn alloc_carrier(this: &Arc<Self>, payload: impl Init<P>) -> Option<Bio<P>> {
        let node = this.nodes.alloc()?;
        Some(Self::make(this, node, None, 0, None, payload))
    }

    /// The same for one who must not wait for bios to be freed: it waits for the kernel's memory.
    pub(crate) fn alloc_carrier_beyond_reserve(
        this: &Arc<Self>,
        payload: impl Init<P>,
    ) -> Option<Bio<P>> {
        let node = this.nodes.alloc_beyond_reserve()?;
        Some(Self::make(this, node, None, 0, None, payload))
    }

    fn make(
        this: &Arc<Self>,
        node: NonNull<MaybeUninit<Node<P>>>,
        device: Option<BlockDevice>,
        opf: u32,
        table: Option<VectorTable>,
        payload: impl Init<P>,
    ) -> Bio<P> {
        let node: NonNull<Node<P>> = node.cast();
        // SAFETY: The node is memory from the pool, which does not move.
        unsafe {
            let at = node.as_ptr();
            Header::init(&raw mut (*at).header, device, opf, table, Bio::<P>::end_io);
            let Ok(()) = payload.__init(&raw mut (*at).payload);
            (&raw mut (*at).pool).write(Some(this.clone()));
        }
        // INVARIANT: The node is complete, of a pool, and new.
        Bio(node)
    }
}
