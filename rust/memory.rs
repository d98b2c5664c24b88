// SPDX-License-Identifier: GPL-2.0

//! Memory: what I/O is done with, and what it takes to do it.
//!
//! Nothing here knows of device mapper or of bios.
//!
//! - A [`Segment`] is a run of physically contiguous bytes. [`LinearBuffer`], [`VmallocBuffer`],
//!   [`BvecArray`] and [`PageBuffer`] yield them.
//! - A [`Mempool`] has memory for one type, and a reserve of it. [`Pooled`] and [`Shared`] own an
//!   object of a [`Pool`], the latter with counted [`Handle`]s.
//! - [`Fifo`] and [`LList`] are lists of owned objects.

pub(crate) mod bvec_array;
pub(crate) mod linear;
pub(crate) mod llist;
pub(crate) mod mempool;
pub(crate) mod pages;
pub(crate) mod pool;
pub(crate) mod segment;
pub(crate) mod vmalloc;

pub(crate) use self::{
    bvec_array::{
        BvecArray,
        CompleteArray, //
    },
    linear::LinearBuffer,
    llist::{
        Fifo,
        LList,
        Linked, //
    },
    mempool::{
        Mempool,
        Wait, //
    },
    pages::{
        PageBuffer,
        PageReserve, //
    },
    pool::{
        Handle,
        Pool,
        Pooled,
        Release,
        Shared, //
    },
    segment::Segment,
    vmalloc::{
        VmallocBuffer,
        VmallocRange, //
    },
};
