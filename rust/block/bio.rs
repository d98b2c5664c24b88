// SPDX-License-Identifier: GPL-2.0

//! Bios: I/O that is submitted to the block layer.
//!
//! C header: [`include/linux/bio.h`](srctree/include/linux/bio.h)
//!
//! # States of a bio
//!
//! 1. **Owned**: a [`Bio<P>`] or a [`StackBio<P>`](stack::StackBio). Its owner sets it up through a
//!    [`Draft`], and may chain to it.
//! 2. **In flight**: it was submitted, or ended by its owner without an I/O of its own. Nobody owns
//!    it; those who chained to it reach its payload, by [`Chained<P>`].
//! 3. **Ended**: its own I/O has, and no [`Chained`] is left. It is given to
//!    [`EndIo::end_io`], and is owned again; a bio on a stack wakes its owner.

pub(super) mod draft;
pub(super) mod leg;
pub(super) mod pool;
pub(super) mod stack;
mod tests;

pub(crate) use self::{
    draft::Draft,
    leg::{
        Leg,
        Parent, //
    }, //
};

use self::{
    pool::BioPool,
    stack::StackBio, //
};
use super::{
    block_device::MAX_BLOCK_SIZE,
    bvec::MAX_VECS,
    vector_table::VectorTable,
    BlockDevice,
    PageBuffer,
    Resources,
    Status, //
};
use crate::bindings;
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    mem::{
        ManuallyDrop,
        MaybeUninit, //
    },
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    page::PAGE_SIZE,
    sync::Arc,
    task::Task,
    types::Opaque, //
};

/// How many vectors a bio has without an allocation: as many as a logical block of any device takes,
/// wherever in a page it starts.
pub(crate) const INLINE_VECS: usize = MAX_BLOCK_SIZE.div_ceil(PAGE_SIZE) + 1;

/// The payload of a bio, which is told when the bio has ended.
pub(crate) trait EndIo: Sized + Send + Sync + 'static {
    /// Takes the bio back.
    ///
    /// Called in any context, hard interrupts included: it must not sleep.
    fn end_io(bio: Bio<Self>);
}

/// What all bios have, whatever their payload.
///
/// Only the bio's owner uses a header, but for the count `__bi_remaining`, which is atomic.
///
/// # Invariants
///
/// - `bio` is initialised, and its end function is that of the node that the header is in.
/// - While the bio is owned, `__bi_remaining` is 1 more than there are [`Chained`] of it.
/// - The vectors carry `filled` bytes, and the bio at most those.
/// - `bi_io_vec` is `inline_vecs`, or the memory of `table`, or vectors that stay until the bio has
///   ended; `bi_max_vecs` is how many vectors are there for this bio to fill in.
#[repr(C)]
struct Header {
    bio: Opaque<kernel::bindings::bio>,
    inline_vecs: UnsafeCell<[MaybeUninit<kernel::bindings::bio_vec>; INLINE_VECS]>,
    table: Option<VectorTable>,
    /// The bytes that the vectors carry.
    filled: Cell<u32>,
    /// Over what the bio carried when it was last submitted: its own iterator is spent afterwards.
    start: Cell<kernel::bindings::bvec_iter>,
}

impl Header {
    /// Memory for `vecs` vectors, if there is any and if the bio has not as many itself.
    fn table(resources: &Resources, vecs: usize) -> Option<VectorTable> {
        (vecs > INLINE_VECS)
            .then(|| VectorTable::try_new(&resources.tables))
            .flatten()
    }

    /// Sets up a bio for `device`, with the vectors of `table` or its own.
    ///
    /// # Safety
    ///
    /// `header` is memory for a header, which stays where it is from now on. `end_io` is its node's
    /// end function.
    unsafe fn init(
        header: *mut Self,
        device: Option<BlockDevice>,
        opf: u32,
        table: Option<VectorTable>,
        end_io: unsafe extern "C" fn(*mut kernel::bindings::bio),
    ) {
        // SAFETY: The fields are memory by this function's requirement; each is written before it is
        // read, but for those that are `MaybeUninit`.
        unsafe {
            let (vecs, max) = match &table {
                None => ((&raw mut (*header).inline_vecs).cast(), INLINE_VECS),
                Some(table) => (table.as_raw(), MAX_VECS),
            };
            (&raw mut (*header).table).write(table);
            (&raw mut (*header).filled).write(Cell::new(0));
            (&raw mut (*header).start).write(Cell::default());
            let bio = (&raw mut (*header).bio).cast();
            let device = device.map_or(core::ptr::null_mut(), BlockDevice::as_raw);
            // INVARIANT: The vectors are the header's own.
            kernel::bindings::bio_init(bio, device, vecs, max as u16, opf);
            (*bio).bi_end_io = Some(end_io);
        }
    }

    fn as_raw(&self) -> *mut kernel::bindings::bio {
        self.bio.get()
    }

    /// Submits the bio. From within the submission of another bio the block layer only puts it on
    /// the task's list, and looks at it after that other one.
    ///
    /// # Safety
    ///
    /// The bio is owned by the caller, which gives it up. The header stays where it is until the
    /// bio has ended.
    unsafe fn submit(&self) {
        // SAFETY: By this function's requirement.
        unsafe {
            self.start.set((*self.as_raw()).bi_iter);
            kernel::bindings::submit_bio(self.as_raw());
        }
    }

    /// Takes the bio back that has ended.
    ///
    /// # Safety
    ///
    /// The bio has ended, and nothing is chained to it.
    unsafe fn take_back(&self) {
        // SAFETY: By this function's requirement nobody else uses the bio.
        // INVARIANT: Nothing is chained to the bio.
        unsafe { (*self.as_raw()).__bi_remaining.counter = 1 }
    }

    /// Whether anything is chained to the bio, which is owned.
    fn is_chained(&self) -> bool {
        // SAFETY: The bio is initialised; others change the count while it is read.
        let count = unsafe { (&raw const (*self.as_raw()).__bi_remaining.counter).read_volatile() };
        count > 1
    }

    /// How the bio ended.
    fn status(&self) -> Status {
        // SAFETY: Only an owner calls this, so that nobody writes the field.
        Status::from_raw(unsafe { (*self.as_raw()).bi_status })
    }

    /// The number that the owner gave the bio.
    fn index(&self) -> usize {
        // SAFETY: Only an owner calls this, so that nobody writes the field.
        unsafe { (*self.as_raw()).bi_private.addr() }
    }

    /// Makes the bio one over vectors that are not its own.
    ///
    /// # Safety
    ///
    /// The vectors hold what `start` is over, and stay until the bio has ended.
    unsafe fn use_vectors(
        &self,
        vectors: *mut kernel::bindings::bio_vec,
        start: kernel::bindings::bvec_iter,
    ) {
        let bio = self.as_raw();
        // SAFETY: Only an owner calls this, so that nobody else uses the bio.
        // INVARIANT: The vectors stay, by this function's requirement.
        unsafe {
            (*bio).bi_io_vec = vectors;
            (*bio).bi_iter = start;
            (*bio).bi_max_vecs = 0;
            (*bio).bi_flags |= 1 << kernel::bindings::BIO_CLONED;
        }
        self.filled.set(start.bi_size);
    }

    /// Fills the memory that the bio last carried with zeroes if it is that of a read that failed.
    fn zero_what_was_not_read(&self) {
        // SAFETY: Only an owner calls this.
        let is_write = unsafe { (*self.as_raw()).bi_opf } & 1 != 0;
        if !is_write && !self.status().is_ok() {
            // SAFETY: The vectors are those that the bio was submitted with, and their pages are
            // valid until it has ended, which its owner has not said yet.
            unsafe {
                (*self.as_raw()).bi_iter = self.start.get();
                kernel::bindings::zero_fill_bio(self.as_raw());
            }
        }
    }
}

/// Calls `submit_and_wait` with the list of bios set aside that the current task has to submit.
///
/// Within a driver's `submit_bio` the task has such a list (`current->bio_list`), and a bio that it
/// submits goes there until that function has returned: to wait for the bio is to wait for ever.
/// Without the list it is submitted at once, one level deeper in the stack: see
/// [`is_too_deep`]. The bios on the list wait meanwhile. They are for the same devices or for ones
/// beneath, and have not reached them; what is submitted now goes to devices beneath, whose progress
/// does not depend on a bio that is still to come.
pub(crate) fn with_bio_list_set_aside<R>(submit_and_wait: impl FnOnce() -> R) -> R {
    let task = Task::current_raw();
    // SAFETY: The current task exists, and no other uses its list.
    let list = unsafe { core::ptr::replace(&raw mut (*task).bio_list, core::ptr::null_mut()) };
    let result = submit_and_wait();
    // SAFETY: As above. The list is that of a function which called this one, so that it is there.
    unsafe { (*task).bio_list = list };
    result
}

/// Whether the current task is within the submission of a bio, and so deep in its stack that another
/// one within it might not fit.
pub(crate) fn is_too_deep() -> bool {
    // SAFETY: The task is the current one, so it exists, and no other uses its list.
    let is_submitting = unsafe { !(*Task::current_raw()).bio_list.is_null() };
    // SAFETY: May be called by any task.
    is_submitting && unsafe { bindings::dm_io_rust_stack_is_short() }
}

/// A bio with its payload.
#[repr(C)]
struct Node<P> {
    header: Header,
    payload: P,
    /// Where the node's memory goes back to; [`None`] on a stack.
    pool: Option<Arc<BioPool<P>>>,
}

impl<P> Node<P> {
    /// The node that a bio is the first field of.
    fn of(bio: *mut kernel::bindings::bio) -> *mut Self {
        bio.cast()
    }
}

/// An owned bio from a [`BioPool`], not in flight, with a payload.
///
/// # Invariants
///
/// The pointer is a node of a pool, whose bio is not in flight and not owned by anything else.
pub(crate) struct Bio<P: EndIo>(NonNull<Node<P>>);

// SAFETY: A bio that is not in flight may be used from any thread, and its payload is `Send`.
unsafe impl<P: EndIo> Send for Bio<P> {}
// SAFETY: A shared borrow gives the payload, which is `Sync`, and what only an owner changes.
unsafe impl<P: EndIo> Sync for Bio<P> {}

impl<P: EndIo> Bio<P> {
    /// What may be set before the bio is submitted.
    pub(crate) fn draft(&mut self) -> Draft<'_> {
        Draft::new(self.header())
    }

    /// Adds memory of the payload's buffer to the bio: up to `max` bytes, and as many as its
    /// vectors hold. Returns how many.
    pub(crate) fn fill_from(&mut self, max: u32, buffer: fn(&P) -> &PageBuffer) -> u32 {
        let buffer = buffer(self);
        if let Some(zeroes) = buffer.as_zeroes() {
            let (vectors, bytes) = zeroes.as_raw();
            let start = kernel::bindings::bvec_iter {
                bi_size: bytes.min(max),
                ..Default::default()
            };
            // SAFETY: The buffer is the payload's, which lives until the bio has ended.
            unsafe { self.header().use_vectors(vectors, start) };
            return start.bi_size;
        }
        let mut pages = 0;
        Draft::new(self.header()).fill(max, true, |rest| {
            // SAFETY: The buffer is the payload's, which lives until the bio has ended, and of
            // which only shared borrows are given out.
            let segment = unsafe { buffer.segment_from(pages) }?.truncate(rest);
            pages += segment.len() as usize / kernel::page::PAGE_SIZE;
            Some(segment)
        })
    }

    /// Makes the bio one to `device` over `bytes` bytes, from `skip` on, of the memory that it was
    /// filled with, or as much of that as there is. Nothing may be chained to it.
    pub(crate) fn reuse(&mut self, device: BlockDevice, opf: u32, skip: u32, bytes: u32) {
        let header = self.header();
        let filled = header.filled.get();
        let skip = skip.min(filled);
        if kernel::warn_on!(header.is_chained()) {
            return;
        }
        // SAFETY: Valid and owned by the type invariant; the vectors and the end function stay, so
        // that the header's invariants hold.
        unsafe {
            let bio = header.as_raw();
            let (vecs, max, count) = ((*bio).bi_io_vec, (*bio).bi_max_vecs, (*bio).bi_vcnt);
            let end_io = (*bio).bi_end_io;
            kernel::bindings::bio_uninit(bio);
            kernel::bindings::bio_init(bio, device.as_raw(), vecs, max, opf);
            (*bio).bi_vcnt = count;
            (*bio).bi_end_io = end_io;
            (*bio).bi_iter.bi_size = filled;
            if skip > 0 {
                kernel::bindings::__bio_advance(bio, skip);
            }
            (*bio).bi_iter.bi_size = bytes.min(filled - skip);
        }
    }

    /// Makes this bio one over what `other` is going to carry.
    ///
    /// # Safety
    ///
    /// The payload is chained to `other`, which is owned, and keeps the vectors until this bio has
    /// ended.
    unsafe fn share_vectors(&mut self, other: &Header) {
        let other = other.as_raw();
        // SAFETY: By this function's requirement.
        unsafe {
            self.header()
                .use_vectors((*other).bi_io_vec, (*other).bi_iter);
        }
    }

    /// Keeps the bio from ending.
    pub(crate) fn chained(&self) -> Chained<P> {
        // SAFETY: The node is valid, and its bio is not in flight, by the type invariant.
        unsafe { Chained::new(self.0) }
    }

    /// Submits the bio. From within the submission of another it is looked at after that: whoever
    /// waits for this one uses [`with_bio_list_set_aside`]. May sleep.
    pub(crate) fn submit(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: The bio is owned, by the type invariant, and given up.
        unsafe { this.header().submit() }
    }

    /// Gives the bio up without an I/O of its own: it ends when nothing is chained to it any more.
    pub(crate) fn end(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: The bio is owned, by the type invariant, and given up.
        unsafe { kernel::bindings::bio_endio(this.header().as_raw()) }
    }

    /// How the bio ended.
    pub(crate) fn status(&self) -> Status {
        self.header().status()
    }

    /// The number that the bio was given in its [`Draft`].
    pub(crate) fn index(&self) -> usize {
        self.header().index()
    }

    /// Fills what the bio carried with zeroes if it is that of a read that failed.
    pub(crate) fn zero_what_was_not_read(&mut self) {
        self.header().zero_what_was_not_read();
    }

    fn header(&self) -> &Header {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).header }
    }

    /// Takes a bio back.
    ///
    /// # Safety
    ///
    /// Called when a bio that has this end function has ended.
    unsafe extern "C" fn end_io(bio: *mut kernel::bindings::bio) {
        // SAFETY: The function is that of a node of a pool's, and the block layer calls it when the
        // bio has ended and nothing is chained to it.
        // INVARIANT: Hence nobody owns the bio.
        let this = Self(unsafe { NonNull::new_unchecked(Node::of(bio)) });
        // SAFETY: As above.
        unsafe { this.header().take_back() };
        P::end_io(this)
    }

    /// Gives the bio to someone who knows its address only.
    pub(crate) fn into_raw(self) -> NonNull<kernel::bindings::bio> {
        ManuallyDrop::new(self).0.cast()
    }

    /// Takes back what [`Self::into_raw`] gave.
    ///
    /// # Safety
    ///
    /// `bio` came from [`Self::into_raw`], and is not used by anybody else.
    pub(crate) unsafe fn from_raw(bio: NonNull<kernel::bindings::bio>) -> Self {
        // INVARIANT: By this function's requirement.
        Self(bio.cast())
    }
}

impl<P: EndIo> Deref for Bio<P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: Valid by the type invariant.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P: EndIo> Drop for Bio<P> {
    fn drop(&mut self) {
        // What is chained to the bio still uses it. Nothing in this crate drops such a bio.
        if kernel::warn_on!(self.header().is_chained()) {
            return;
        }
        // SAFETY: The node is valid, and owned, by the type invariant.
        unsafe {
            kernel::bindings::bio_uninit(self.header().as_raw());
            let Node {
                header,
                payload,
                pool,
            } = self.0.read();
            if let Some(pool) = &pool {
                pool.free(self.0.cast());
            }
            // The payload may be the last that holds up another bio, whose owner is told of it: by
            // then this one's memory is given back. The owner has the pool, so that the reference
            // here is not the last, for which this may not be the place.
            drop(header);
            drop(pool);
            drop(payload);
        }
    }
}

/// A handle that keeps a bio from ending, and its payload alive.
///
/// # Invariants
///
/// The pointer is a node whose bio has one count of `__bi_remaining` for this value.
pub(crate) struct Chained<P>(NonNull<Node<P>>);

// SAFETY: The payload is `Sync`, and a bio may be ended from any thread.
unsafe impl<P: Sync> Send for Chained<P> {}
// SAFETY: As for `Send`.
unsafe impl<P: Sync> Sync for Chained<P> {}

impl<P> Chained<P> {
    /// # Safety
    ///
    /// The node is valid, and its bio not in flight. Unless it is on a stack it is one of a pool's.
    unsafe fn new(node: NonNull<Node<P>>) -> Self {
        // SAFETY: By this function's requirement.
        unsafe { bindings::dm_io_rust_bio_inc_remaining(node.as_ptr().cast()) };
        // INVARIANT: The count was just added.
        Self(node)
    }
}

impl<P> Deref for Chained<P> {
    type Target = P;

    fn deref(&self) -> &P {
        // SAFETY: The node is valid by the type invariant: its bio has not ended.
        unsafe { &(*self.0.as_ptr()).payload }
    }
}

impl<P> Drop for Chained<P> {
    fn drop(&mut self) {
        // SAFETY: The count is this value's by the type invariant.
        unsafe { kernel::bindings::bio_endio(self.0.as_ptr().cast()) }
    }
}
