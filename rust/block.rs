// SPDX-License-Identifier: GPL-2.0

//! Safe owners of the block layer's objects.
//!
//! Nothing here knows of device mapper: it is meant for the kernel crate. A file holds one object,
//! under the name that it has in C. How the pieces go together:
//!
//! - A [`Bio<P>`](Bio) is a bio that is not in flight, with a payload `P` of its owner. It comes
//!   from a [`BioPool<P>`](BioPool), which has a reserve. Submitting it gives it away; when it has
//!   ended, [`EndIo::end_io`] gets it back.
//! - A [`StackBio<P>`](StackBio) lives on its owner's stack, needs no memory, and is waited for.
//! - Both can be *chained* to: a [`Chained<P>`](Chained) keeps a bio from ending and its payload
//!   alive. A [`Leg`] is a bio that holds such a handle on its parent, and tells it how it ended.
//! - A [`Draft`] is what of a bio may be set before it is submitted.
//! - [`BioQueue`] and [`BioList`] hold bios in order, the latter without a lock and from any
//!   context.

pub(crate) mod bio;
pub(crate) mod bio_data;
pub(crate) mod bio_list;
pub(crate) mod blk_status;
pub(crate) mod block_device;
pub(crate) mod bvec;
pub(crate) mod bvec_array;
pub(crate) mod jiffies;
pub(crate) mod linear;
pub(crate) mod mempool;
pub(crate) mod pages;
pub(crate) mod rcu;
pub(crate) mod resources;
pub(crate) mod slab;
mod vector_table;
pub(crate) mod vmalloc;
pub(crate) mod workqueue;
pub(crate) mod zero_vectors;

pub(crate) use self::{
    bio::{
        pool::BioPool,
        stack::StackBio,
        Bio,
        Chained,
        Draft,
        EndIo,
        Leg,
        Parent, //
    },
    bio_data::BioData,
    bio_list::{
        BioList,
        BioQueue, //
    },
    blk_status::Status,
    block_device::BlockDevice,
    bvec::Segment,
    bvec_array::BvecArray,
    linear::LinearRange,
    pages::{
        PageBuffer,
        PageReserve, //
    },
    resources::Resources,
    slab::Slab,
    vmalloc::{
        VmallocPages,
        VmallocRange, //
    },
    workqueue::OwnedQueue,
    zero_vectors::ZeroVectors, //
};
