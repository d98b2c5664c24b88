// SPDX-License-Identifier: GPL-2.0

//! Bios: I/O that is submitted to the block layer.
//!
//! C header: [`include/linux/bio.h`](srctree/include/linux/bio.h)
//!
//! # States of a bio
//!
//! 1. **Unique**: a [`Bio`] owns it, and nobody else uses it. It can be filled with memory.
//! 2. **Shared**: a [`SharedBio`] owns it. Child bios, which may be in flight, see its payload by a
//!    [`Chained`], and may use its vectors, which do not change any more.
//! 3. **In flight**: it was submitted, or ended without an I/O of its own. Nobody owns it.
//! 4. **Idle**: its own I/O has ended, and no [`Chained`] is left. It is given to [`EndIo::end_io`] as
//!    an [`IdleBio`], which [`IdleBio::reset`] makes a [`Bio`] again; or if it is on a stack, its owner
//!    is woken.
//!
//! # Payload
//!
//! A bio carries a payload of two halves: the one that all who know of the bio see, of type `P`, and
//! [`EndIo::Owned`], which its owner alone sees and may change.

pub(crate) mod child;
pub(crate) mod data;
pub(crate) mod pool;
mod stack;
mod tests;

pub(crate) use self::stack::{
    on_stack,
    Vectors, //
};

use self::{
    data::BioData,
    pool::BioPool, //
};
use super::{
    block_device::{
        MAX_BLOCK_SIZE,
        SECTOR_SIZE, //
    },
    bvec_table::BvecTable,
    BlockDevice,
    Op,
    Status,
    ZeroVectors, //
};
use crate::{
    bindings::{
        self,
        bio_vec,
        bvec_iter,
        llist_node, //
    },
    memory::{
        segment::MemoryPage,
        CompleteArray,
        Linked,
        PageBuffer,
        Segment, //
    }, //
};
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    marker::PhantomData,
    mem::{
        offset_of,
        ManuallyDrop,
        MaybeUninit, //
    },
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    page::PAGE_SIZE,
    sync::Arc,
    types::Opaque, //
};

pub(crate) use super::bvec_table::MAX_VECS;

/// How many vectors a bio has without an allocation: as many as a logical block of any device takes,
/// wherever in a page it starts.
pub(crate) const INLINE_VECS: usize = MAX_BLOCK_SIZE.div_ceil(PAGE_SIZE) + 1;

/// The shared half of a bio's payload, which decides what happens when the bio has ended.
///
/// # Examples
///
/// See the KUnit cases `dm_io_rust_bio.a_bio_ends_when_its_io_has`
/// and `dm_io_rust_bio.a_payload_has_a_half_for_the_owner`.
pub(crate) trait EndIo: Sized + Send + Sync + 'static {
    /// The other half, which only the bio's owner sees.
    type Owned: Send;

    /// Takes the bio back.
    ///
    /// Called in any context, hard interrupts included: it must not sleep.
    fn end_io(bio: IdleBio<Self>);
}

/// For bios that have no payload, and are waited for.
impl EndIo for () {
    type Owned = ();

    fn end_io(_bio: IdleBio<Self>) {}
}

/// A bio with its vectors.
///
/// Only the bio's owner uses a head, but for the count `__bi_remaining`, which is atomic.
///
/// # Invariants
///
/// - `bio` is initialised. `bi_io_vec` are the vectors of `table`, or if there is none
///   `inline_vecs`, or vectors that stay until the bio has ended. `bi_max_vecs` is no more than the
///   first two have.
/// - `data` is over vectors that are initialised, whose memory stays until the bio has ended.
/// - `bi_iter` is over a part of `data`, or the bio's operation carries none.
#[repr(C)]
struct Head {
    bio: Opaque<bindings::bio>,
    inline_vecs: UnsafeCell<[MaybeUninit<bio_vec>; INLINE_VECS]>,
    table: Option<BvecTable>,
    data: Cell<bvec_iter>,
    /// How far into `data` the I/O starts, in bytes, and how long it is.
    skipped: Cell<u32>,
    len: Cell<u32>,
    /// How many of its own vectors the bio was filled with.
    count: Cell<u16>,
    /// Whether the vectors are not the bio's own.
    is_borrowed: Cell<bool>,
    /// Whether the memory may be written to a device only.
    is_read_only: Cell<bool>,
    /// Whether the memory is part of the payload: any other is its owner's again when the I/O has
    /// completed.
    is_payloads: Cell<bool>,
}

impl Head {
    /// Initialises a bio for `device`.
    ///
    /// # Safety
    ///
    /// `head` is memory for a head, which is not moved from now on.
    unsafe fn init(head: *mut Self, device: BlockDevice, op: Op, table: Option<(BvecTable, u16)>) {
        let (table, capacity) = match table {
            Some((table, capacity)) => (Some(table), capacity),
            None => (None, INLINE_VECS as u16),
        };
        // SAFETY: The caller owns the memory; each field is written before it is read, but for
        // vectors, which are `MaybeUninit`.
        unsafe {
            (&raw mut (*head).table).write(table);
            (&raw mut (*head).data).write(Cell::new(bvec_iter::default()));
            (&raw mut (*head).skipped).write(Cell::new(0));
            (&raw mut (*head).len).write(Cell::new(0));
            (&raw mut (*head).count).write(Cell::new(0));
            (&raw mut (*head).is_borrowed).write(Cell::new(false));
            (&raw mut (*head).is_read_only).write(Cell::new(false));
            (&raw mut (*head).is_payloads).write(Cell::new(false));
        }
        let bio: *mut bindings::bio = head.cast();
        // SAFETY: All fields but `bio` were just initialised, and vectors are in an `UnsafeCell`.
        let vectors = unsafe { (*head).own_vectors() };
        // SAFETY: `bio` is memory for a bio, the head's first field; the device is valid.
        unsafe { bindings::bio_init(bio, device.as_raw(), vectors, capacity, op.opf()) };
        // SAFETY: The bio was just initialised.
        unsafe { (*bio).bi_ioprio = op.priority() };
    }

    fn as_raw(&self) -> *mut bindings::bio {
        self.bio.get()
    }

    /// The vectors that the bio may be filled with.
    fn own_vectors(&self) -> *mut bio_vec {
        match &self.table {
            Some(table) => table.as_raw(),
            None => self.inline_vecs.get().cast(),
        }
    }

    /// How many of them there are; none of a bio that is over another's data.
    fn capacity(&self) -> usize {
        // SAFETY: The bio is initialised, and only its owner calls this.
        unsafe { (*self.as_raw()).bi_max_vecs.into() }
    }

    /// Makes the bio one over `vectors`; it is pointed at them by [`Self::set_target`], and empty
    /// until then. What protects the data of another bio does not fit them: with that it stays empty.
    ///
    /// # Safety
    ///
    /// The caller owns the bio. The vectors hold what `data` is over; unless they are the bio's own
    /// they stay until it has ended, and so does the memory.
    unsafe fn set_data(&self, vectors: *mut bio_vec, data: bvec_iter, is_borrowed: bool) {
        let bio = self.as_raw();
        // SAFETY: The bio is initialised, and the caller owns it.
        // INVARIANT: An empty iterator is over a part of anything.
        let is_protected = unsafe {
            (*bio).bi_io_vec = vectors;
            (*bio).bi_iter.bi_size = 0;
            (*bio).bi_opf & Op::INTEGRITY != 0
        };
        self.is_borrowed.set(is_borrowed);
        self.is_read_only.set(false);
        self.is_payloads.set(false);
        // INVARIANT: The caller guarantees it.
        self.data.set(if is_protected {
            bvec_iter::default()
        } else {
            data
        });
    }

    /// Points the bio at `sector`, with up to `bytes` bytes of its data from `skip` bytes on; if its
    /// operation carries no data it becomes so long. Both in whole sectors.
    fn set_target(&self, sector: u64, skip: u32, bytes: u32) {
        let bio = self.as_raw();
        let mut iter = self.data.get();
        let rest = iter.bi_size.saturating_sub(skip);
        if skip > 0 && rest > 0 {
            // SAFETY: `data` is over the bio's vectors, and longer.
            unsafe { bindings::bvec_iter_advance((*bio).bi_io_vec, &mut iter, skip) };
        }
        // SAFETY: The bio is initialised, and only its owner calls this.
        let has_no_data = Op::has_no_data(unsafe { (*bio).bi_opf });
        let len = if has_no_data { bytes } else { bytes.min(rest) };
        let len = len & !(SECTOR_SIZE - 1);
        iter.bi_sector = sector;
        iter.bi_size = len;
        self.skipped.set(skip);
        self.len.set(len);
        // SAFETY: As above.
        // INVARIANT: The iterator is over a part of the data.
        unsafe {
            (*bio).bi_iter = iter;
            (*bio).bi_vcnt = self.count.get();
        }
        if self.is_borrowed.get() {
            // SAFETY: As above.
            unsafe { bindings::bio_set_flag(bio, bindings::BIO_CLONED) };
        }
    }

    /// Submits the bio, or ends it if it is none that the block layer may have.
    ///
    /// # Safety
    ///
    /// `head` is valid, and the caller owns its bio, and gives it up. The head stays where it is until
    /// the bio has ended.
    // There is no reference to the head when the bio ends, which may free it.
    unsafe fn submit(head: NonNull<Self>) {
        // CAST: The bio is the first field.
        let bio: *mut bindings::bio = head.as_ptr().cast();
        // SAFETY: The head is valid.
        if unsafe { head.as_ref() }.may_be_submitted() {
            // SAFETY: The caller gives the bio up. Its memory is what its operation needs.
            unsafe { bindings::submit_bio(bio) };
        } else {
            // SAFETY: The caller owns the bio, and gives it up.
            unsafe {
                (*bio).bi_status = bindings::BLK_STS_INVAL;
                bindings::bio_endio(bio);
            }
        }
    }

    /// Returns whether drivers can rely on the bio: its size is not 0, but for a flush, which NVMe would
    /// take for 65536 blocks; and it does not read into memory that is only read.
    #[inline]
    fn may_be_submitted(&self) -> bool {
        let bio = self.as_raw();
        // SAFETY: The bio is initialised, and only its owner calls this.
        let (opf, bytes) = unsafe { ((*bio).bi_opf, (*bio).bi_iter.bi_size) };
        let has_size = bytes != 0 || Op::is_flush(opf);
        // Memory that is only read is not the bio's own.
        has_size && (!self.is_borrowed.get() || opf & 1 != 0 || !self.is_read_only.get())
    }

    fn status(&self) -> Status {
        // SAFETY: Only an owner calls this, so that nobody writes the field.
        Status::from_raw(unsafe { (*self.as_raw()).bi_status })
    }

    /// Clears the memory of a read that failed.
    fn zero_fill_on_error(&self) {
        // SAFETY: The bio is initialised, and only its owner calls this.
        let is_write = unsafe { (*self.as_raw()).bi_opf } & 1 != 0;
        if !is_write && !self.status().is_ok() && !self.is_read_only.get() {
            self.zero_fill();
        }
    }

    #[cold]
    #[inline(never)]
    fn zero_fill(&self) {
        self.set_target(0, self.skipped.get(), self.len.get());
        // SAFETY: The bio is initialised, and only its owner calls this. It is over data again, whose
        // memory stays until the owner has passed on that the I/O completed.
        unsafe { bindings::zero_fill_bio(self.as_raw()) };
    }
}

/// A bio with its payload.
#[repr(C)]
struct Node<P: EndIo> {
    head: Head,
    /// Where the node's memory goes back to; [`None`] on a stack.
    pool: Option<Arc<BioPool<P>>>,
    owned: P::Owned,
    payload: P,
}

// A node has the address of its bio, and of its link.
const _: () = assert!(offset_of!(Head, bio) == 0 && offset_of!(bindings::bio, bi_next) == 0);

/// A bio that nobody else uses. Dropping it frees it, or if it is on a stack ends it.
///
/// Vectors that it borrows live for `'a`.
///
/// # Invariants
///
/// The pointer is a node whose bio is not in flight, and which nothing is chained to.
///
/// # Examples
///
/// See the KUnit cases `dm_io_rust_bio.a_bio_ends_when_its_io_has`
/// and `dm_io_rust_bio.a_bio_that_is_dropped_has_not_ended`.
pub(crate) struct Bio<'a, P: EndIo>(NonNull<Node<P>>, PhantomData<fn(&'a ())>);

// SAFETY: Both halves of the payload are `Send`, and a bio may be used from any thread.
unsafe impl<P: EndIo> Send for Bio<'_, P> {}

impl<P: EndIo> Bio<'static, P> {
    /// Puts a bio aside that has not been submitted.
    pub(crate) fn idle(self) -> IdleBio<P> {
        IdleBio(self)
    }
}

impl<'a, P: EndIo> Bio<'a, P> {
    fn head(&self) -> &Head {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).head }
    }

    /// Returns the bio without its payload.
    pub(crate) fn as_mut(&mut self) -> BioMut<'_, 'a> {
        // INVARIANT: Nobody else uses the bio while it is borrowed exclusively.
        BioMut(self.head(), PhantomData)
    }

    /// Makes the bio one over the pages of its payload's buffer, up to `max` bytes and as many as its
    /// vectors hold. Returns the number of bytes.
    pub(crate) fn fill_from(&mut self, max: u32, buffer: fn(&P) -> Option<&PageBuffer>) -> u32 {
        // SAFETY: The payload is valid by the type invariant, and stays as it is until the bio is
        // freed: nobody ever has it by `&mut`.
        let payload: &P = unsafe { &(*self.0.as_ptr()).payload };
        let buffer = buffer(payload);
        // SAFETY: The buffer is part of the payload, which lives until the bio has ended.
        let first = buffer.and_then(|buffer| unsafe { buffer.segment_from(0) });
        if let Some(all) = first.filter(|first| first.len() >= max && max > 0) {
            let bytes = self.as_mut().fill_one(all.truncate(max));
            self.head().is_payloads.set(true);
            return bytes;
        }
        let mut page = 0;
        let bytes = self.as_mut().fill(max, |rest| {
            // SAFETY: The buffer is part of the payload, which lives until the bio has ended.
            let segment = unsafe { buffer?.segment_from(page) }?.truncate(rest);
            page += segment.len() as usize / PAGE_SIZE;
            Some(segment)
        });
        self.head().is_payloads.set(true);
        bytes
    }

    /// Makes the bio one over its payload's zeroes, up to `max` bytes: it may only be written. Returns
    /// the number of bytes.
    pub(crate) fn fill_with_zeroes(
        &mut self,
        max: u32,
        zeroes: fn(&P) -> Option<&ZeroVectors>,
    ) -> u32 {
        let Some((vectors, bytes)) = zeroes(self).map(ZeroVectors::as_raw) else {
            return 0;
        };
        let data = bvec_iter {
            bi_size: bytes.min(max),
            ..Default::default()
        };
        let head = self.head();
        head.count.set(0);
        // SAFETY: The vectors are part of the payload, which lives until the bio has ended.
        unsafe { head.set_data(vectors, data, true) };
        head.is_read_only.set(true);
        head.is_payloads.set(true);
        data.bi_size
    }

    /// Points the bio at `sector`, with up to `bytes` bytes of its data from `skip` bytes on; if its
    /// operation carries no data it becomes so long. A bio that was not pointed anywhere is empty.
    pub(crate) fn set_target(&mut self, sector: u64, skip: u32, bytes: u32) {
        self.head().set_target(sector, skip, bytes);
    }

    /// Returns the owner's half of the payload.
    pub(crate) fn owned_mut(&mut self) -> &mut P::Owned {
        // SAFETY: Valid by the type invariant, and only the owner uses it.
        unsafe { &mut (*self.0.as_ptr()).owned }
    }

    /// Lets the bio have children.
    pub(crate) fn share(self) -> SharedBio<P> {
        // INVARIANT: The bio is not in flight.
        SharedBio(ManuallyDrop::new(self).0)
    }

    /// Submits the bio. One that is empty but no flush, or that reads into zeroes, ends with
    /// [`Status::INVALID`]. May sleep.
    ///
    /// From within the submission of another it is looked at after that: whoever waits for this one
    /// uses [`set_aside`](super::bio_list::set_aside).
    pub(crate) fn submit(self) {
        self.share().submit();
    }

    /// The end function of bios that come from a pool.
    ///
    /// # Safety
    ///
    /// Called by the block layer for a bio that has this end function, when it has ended.
    unsafe extern "C" fn end_io(bio: *mut bindings::bio) {
        // SAFETY: The bio is the first field of a node.
        let node: NonNull<Node<P>> = unsafe { NonNull::new_unchecked(bio.cast()) };
        // INVARIANT: The bio is not in flight, and nothing is chained to it.
        let bio = Bio(node, PhantomData);
        if !bio.head().is_payloads.get() {
            bio.head().zero_fill_on_error();
        }
        P::end_io(IdleBio(bio));
    }
}

/// A [`Bio`] without its payload.
///
/// # Invariants
///
/// The head is that of a bio which nobody else uses.
///
/// # Examples
///
/// See the KUnit cases `dm_io_rust_bio.a_bio_has_as_many_vectors_as_asked_for`
/// and `dm_io_rust_bio.adjacent_pages_share_a_vector`.
pub(crate) struct BioMut<'b, 'a>(&'b Head, PhantomData<fn(&'a ())>);

impl<'a> BioMut<'_, 'a> {
    /// Makes the bio one over memory, up to `max` bytes and as much as its vectors hold; `next`
    /// returns the following run of at most the bytes that it is given. Returns the number of bytes.
    // Inlined, the loop would have too few registers.
    #[inline(never)]
    pub(crate) fn fill(&mut self, max: u32, mut next: impl FnMut(u32) -> Option<Segment>) -> u32 {
        let (vectors, capacity) = (self.0.own_vectors(), self.0.capacity());
        let mut bytes = 0;
        let mut count = 0;
        while bytes < max && count < capacity {
            let Some(segment) = next(max - bytes) else {
                break;
            };
            // SAFETY: There are `capacity` vectors, which nobody else uses, and `count` is below.
            unsafe { vectors.add(count).write(segment.as_bvec()) };
            count += 1;
            bytes += segment.len().min(max - bytes);
        }
        self.set_own_data(count, bytes)
    }

    /// Makes the bio one over a run of memory. Returns the number of bytes.
    pub(crate) fn fill_one(&mut self, run: Segment) -> u32 {
        // SAFETY: There is a vector at the least, which nobody else uses.
        unsafe { self.0.own_vectors().write(run.as_bvec()) };
        self.set_own_data(1, run.len())
    }

    /// As [`Self::fill`], over pages from `offset` bytes into the first on; `next` returns the
    /// following page. Adjacent pages share a vector.
    // Inlined, the loop would have too few registers.
    #[inline(never)]
    pub(crate) fn fill_pages(
        &mut self,
        max: u32,
        offset: usize,
        mut next: impl FnMut() -> Option<MemoryPage>,
    ) -> u32 {
        let (vectors, capacity) = (self.0.own_vectors(), self.0.capacity());
        let mut rest = max as usize;
        let mut count = 0;
        let mut offset = offset % PAGE_SIZE;
        let mut following = core::ptr::null_mut();
        while rest > 0 {
            let Some(page) = next() else {
                break;
            };
            let len = rest.min(PAGE_SIZE - offset);
            if page.as_raw() == following {
                // SAFETY: The last vector was written. It does not get longer than `max`.
                unsafe { (*vectors.wrapping_add(count).wrapping_sub(1)).bv_len += len as u32 };
            } else if count < capacity {
                let vector = bio_vec {
                    bv_page: page.as_raw(),
                    bv_len: len as u32,
                    bv_offset: offset as u32,
                };
                // SAFETY: There are `capacity` vectors, which nobody else uses.
                unsafe { vectors.wrapping_add(count).write(vector) };
                count += 1;
            } else {
                break;
            }
            following = page.following();
            rest -= len;
            offset = 0;
        }
        self.set_own_data(count, max - rest as u32)
    }

    /// Makes the bio one over the first `count` vectors of its own, which carry `bytes` bytes.
    fn set_own_data(&mut self, count: usize, bytes: u32) -> u32 {
        self.0.count.set(count as u16);
        let data = bvec_iter {
            bi_size: bytes,
            ..Default::default()
        };
        // SAFETY: The vectors were written, and their memory stays, by the invariants of `Segment` and
        // `MemoryPage`.
        unsafe { self.0.set_data(self.0.own_vectors(), data, false) };
        bytes
    }

    /// Makes the bio one over an array, whose elements serve as its vectors, up to `max` bytes.
    /// Returns the number of bytes.
    pub(crate) fn borrow(&mut self, array: CompleteArray<'_, 'a>, max: u32) -> u32 {
        let (vectors, data) = array.as_vectors(max);
        self.0.count.set(0);
        // SAFETY: The array has elements for `data`, by its type invariant, and lives for `'a`, and
        // hence until the bio has ended.
        unsafe { self.0.set_data(vectors, data, true) };
        data.bi_size
    }

    /// Makes the bio one to `device` over the data of another, and takes over what protects that data.
    /// Fails without memory for the latter. May sleep, but causes no I/O.
    pub(crate) fn clone_data(
        &mut self,
        device: BlockDevice,
        op: Op,
        data: &BioData,
    ) -> Result<(), Status> {
        let head = self.0;
        let bio = head.as_raw();
        // SAFETY: The bio is initialised and nobody else uses it, by the type invariant.
        let (end_io, private) = unsafe { ((*bio).bi_end_io, (*bio).bi_private) };
        // SAFETY: As above; both are valid bios, the device is valid, and a bio may be initialised
        // anew when `bio_uninit` was called.
        let error = unsafe {
            bindings::bio_uninit(bio);
            bindings::bio_init_clone(device.as_raw(), bio, data.as_raw(), bindings::GFP_NOIO)
        };
        // SAFETY: As above.
        // INVARIANT: The vectors are those of the other bio, which stay, by the invariants of
        // `BioData`, or there are none.
        unsafe {
            if error != 0 {
                bindings::bio_init(bio, device.as_raw(), core::ptr::null_mut(), 0, op.opf());
            }
            // What protects the data has a flag, which goes with it.
            (*bio).bi_opf = op.opf() | ((*bio).bi_opf & Op::INTEGRITY);
            (*bio).bi_ioprio = op.priority();
            (*bio).bi_end_io = end_io;
            (*bio).bi_private = private;
            head.data.set((*bio).bi_iter);
            (*bio).bi_iter.bi_size = 0;
        }
        head.count.set(0);
        head.is_borrowed.set(true);
        head.is_read_only.set(false);
        if error != 0 {
            return Err(Status::FAILED);
        }
        Ok(())
    }

    /// As [`Bio::set_target`].
    pub(crate) fn set_target(&mut self, sector: u64, skip: u32, bytes: u32) {
        self.0.set_target(sector, skip, bytes);
    }

    /// Returns the number of bytes that the bio is over.
    pub(crate) fn len(&self) -> u32 {
        self.0.data.get().bi_size
    }
}

impl<P: EndIo> Deref for Bio<'_, P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P: EndIo> Drop for Bio<'_, P> {
    fn drop(&mut self) {
        let bio = self.head().as_raw();
        // SAFETY: The node is valid by the type invariant.
        if unsafe { (*self.0.as_ptr()).pool.is_none() } {
            // SAFETY: The bio is given up: `on_stack` waits for it.
            unsafe { bindings::bio_endio(bio) };
            return;
        }
        // SAFETY: The bio is initialised, and nobody else uses it, by the type invariant.
        unsafe { bindings::bio_uninit(bio) };
        // SAFETY: As above; the node is not used afterwards.
        let Node {
            head,
            pool,
            owned,
            payload,
        } = unsafe { self.0.read() };
        drop(head);
        if let Some(pool) = pool {
            // SAFETY: The memory came from the pool, and its content was moved out.
            unsafe { pool.free(self.0.cast()) };
        }
        drop(owned);
        // The payload may be the last that keeps another bio from ending: by then this one's memory
        // was given back.
        drop(payload);
    }
}

/// A bio between two I/Os: it has ended, or was never submitted. Dropping it frees it, or if it is on a
/// stack ends it.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_bio_is_reset_for_its_next_io`.
pub(crate) struct IdleBio<P: EndIo>(Bio<'static, P>);

impl<P: EndIo> IdleBio<P> {
    /// Makes the bio one to `device`, over the memory of its payload if it was over that before, or else
    /// over none.
    pub(crate) fn reset(self, device: BlockDevice, op: Op) -> Bio<'static, P> {
        let head = self.0.head();
        let bio = head.as_raw();
        // SAFETY: The bio is initialised and nobody else uses it, by the invariant of `Bio`; the
        // device is valid. `bio_reset` keeps the vectors.
        unsafe {
            let (end_io, private) = ((*bio).bi_end_io, (*bio).bi_private);
            bindings::bio_reset(bio, device.as_raw(), op.opf());
            (*bio).bi_ioprio = op.priority();
            (*bio).bi_end_io = end_io;
            (*bio).bi_private = private;
        }
        if !head.is_payloads.get() {
            head.data.set(bvec_iter::default());
        }
        self.0
    }

    /// Returns how the bio's own I/O completed.
    pub(crate) fn status(&self) -> Status {
        self.0.head().status()
    }

    /// Clears the memory of the payload if the bio is a read into that, and failed. Any other memory
    /// is cleared by then.
    pub(crate) fn zero_fill_on_error(&mut self) {
        let head = self.0.head();
        if head.is_payloads.get() {
            head.zero_fill_on_error();
        }
    }

    /// Returns the owner's half of the payload.
    pub(crate) fn owned(&self) -> &P::Owned {
        // SAFETY: Valid by the invariant of `Bio`, and only the owner uses it.
        unsafe { &(*self.0 .0.as_ptr()).owned }
    }

    /// Returns both halves of the payload.
    pub(crate) fn halves(&mut self) -> (&mut P::Owned, &P) {
        let node = self.0 .0.as_ptr();
        // SAFETY: Valid by the invariant of `Bio`, and only the owner uses its half.
        unsafe { (&mut (*node).owned, &(*node).payload) }
    }
}

impl<P: EndIo> Deref for IdleBio<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

// SAFETY: `bi_next` is for the owner's use, and there is one owner.
unsafe impl<P: EndIo> Linked for IdleBio<P> {
    fn into_link(self) -> NonNull<llist_node> {
        ManuallyDrop::new(self.0).0.cast()
    }

    unsafe fn from_link(link: NonNull<llist_node>) -> Self {
        // SAFETY: The link is that of a bio that was given up for it.
        unsafe { (*link.as_ptr()).next = core::ptr::null_mut() };
        // INVARIANT: It was that of an `IdleBio`.
        Self(Bio(link.cast(), PhantomData))
    }
}

/// A bio that may have children. Dropping it ends it without an I/O of its own.
///
/// # Invariants
///
/// The pointer is a node whose bio is not in flight, and not owned by anything else.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_shared_bio_ends_when_its_children_have`.
pub(crate) struct SharedBio<P: EndIo>(NonNull<Node<P>>);

// SAFETY: As for `Bio`, and what others see of the payload is `Sync`.
unsafe impl<P: EndIo> Send for SharedBio<P> {}

impl<P: EndIo> SharedBio<P> {
    fn head(&self) -> &Head {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).head }
    }

    /// Creates a handle that keeps the bio from ending.
    fn chained(&self) -> Chained<P> {
        // SAFETY: The node is valid, and its bio not in flight, by the type invariant.
        unsafe { bindings::bio_inc_remaining(self.head().as_raw()) };
        // INVARIANT: The count was just added.
        Chained(self.0)
    }

    /// As [`Bio::set_target`].
    pub(crate) fn set_target(&mut self, sector: u64, skip: u32, bytes: u32) {
        self.head().set_target(sector, skip, bytes);
    }

    /// Returns the owner's half of the payload.
    pub(crate) fn owned_mut(&mut self) -> &mut P::Owned {
        // SAFETY: Valid by the type invariant, and only the owner uses it.
        unsafe { &mut (*self.0.as_ptr()).owned }
    }

    /// As [`Bio::submit`].
    pub(crate) fn submit(self) {
        let head = ManuallyDrop::new(self).0.cast();
        // SAFETY: The head is the first field of a node, which does not move. The bio is owned, by
        // the type invariant, and given up.
        unsafe { Head::submit(head) }
    }
}

impl<P: EndIo> Deref for SharedBio<P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P: EndIo> Drop for SharedBio<P> {
    fn drop(&mut self) {
        // SAFETY: The bio is owned, by the type invariant, and given up.
        unsafe { bindings::bio_endio(self.head().as_raw()) }
    }
}

/// Keeps a bio from ending, and gives access to the shared half of its payload.
///
/// # Invariants
///
/// The pointer is a node whose bio has one count of `__bi_remaining` for this value.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_child_that_is_dropped_keeps_nothing`.
pub(crate) struct Chained<P: EndIo>(NonNull<Node<P>>);

// SAFETY: The payload is `Sync`, and a bio may be ended from any thread.
unsafe impl<P: EndIo> Send for Chained<P> {}
// SAFETY: As for `Send`.
unsafe impl<P: EndIo> Sync for Chained<P> {}

impl<P: EndIo> Deref for Chained<P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: The node is valid: by the type invariant its bio has not ended.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P: EndIo> Drop for Chained<P> {
    fn drop(&mut self) {
        // SAFETY: The count is this value's by the type invariant.
        unsafe { bindings::bio_endio(self.0.as_ptr().cast()) }
    }
}
