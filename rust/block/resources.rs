// SPDX-License-Identifier: GPL-2.0

//! What all pools of bios share.

use super::{
    bvec::MAX_VECS,
    Slab,
    ZeroVectors, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The bytes of the largest bio with its payload.
pub(super) const NODE_SIZE: usize = 784;

/// What all pools of bios share.
///
/// The kernel would clear the memory of each bio, for which there is no need: all of it that is read
/// is written first. Hence caches of our own.
pub(crate) struct Resources {
    /// The memory of bios.
    pub(super) nodes: Slab,
    /// The memory of vectors, for those bios that need more than they have in themselves.
    pub(super) tables: Slab,
    pub(crate) zeroes: ZeroVectors,
}

impl Resources {
    /// Makes them: a module does so once. May sleep.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let table_size = MAX_VECS * size_of::<kernel::bindings::bio_vec>();
        let resources = Self {
            nodes: Slab::new(c"dm_io_rust_bio", NODE_SIZE)?,
            tables: Slab::new(c"dm_io_rust_vectors", table_size)?,
            zeroes: ZeroVectors::new()?,
        };
        Ok(Arc::new(resources, GFP_KERNEL)?)
    }
}
