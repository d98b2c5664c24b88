// SPDX-License-Identifier: GPL-2.0

//! Safe owners of the block layer's objects.
//!
//! Nothing here knows of device mapper: it is meant for the kernel crate. A file holds one object,
//! under the name that it has in C. How the pieces go together:
//!
//! - A [`Bio<P>`](Bio) is a bio that nobody else uses, with a payload `P`. It comes from a
//!   [`BioPool<P>`](BioPool), which has a reserve, or lives on the stack of
//!   [`on_stack`](bio::on_stack), which waits for it.
//! - A [`SharedBio<P>`](SharedBio) is one that may have child bios, which may be in flight and use its
//!   vectors. What those are over cannot be changed any more.
//! - A bio in flight has no type: whoever submits it gives it up, and gets it back as an
//!   [`IdleBio<P>`](IdleBio) when [`EndIo::end_io`] is called.
//! - An [`Op`] is an operation with flags that a bio may have.

pub(crate) mod bio;
pub(crate) mod bio_list;
pub(crate) mod blk_status;
pub(crate) mod block_device;
mod bvec_table;
pub(crate) mod jiffies;
pub(crate) mod op;
pub(crate) mod rcu;
#[cfg(CONFIG_KUNIT = "y")]
mod test_disk;
pub(crate) mod workqueue;
pub(crate) mod zero_vectors;

pub(crate) use self::{
    bio::{
        child::{
            Child,
            Parent, //
        },
        data::BioData,
        pool::BioPool,
        Bio,
        EndIo,
        IdleBio,
        SharedBio, //
    },
    blk_status::Status,
    block_device::BlockDevice,
    op::Op,
    workqueue::OwnedQueue,
    zero_vectors::ZeroVectors, //
};
