// SPDX-License-Identifier: GPL-2.0

//! Bios that need no memory but their owner's stack, and are waited for.

use super::{
    super::{
        vector_table::VectorTable,
        BlockDevice,
        BvecArray,
        Resources,
        Status, //
    },
    with_bio_list_set_aside,
    Chained,
    Draft,
    Header,
    Node,
    INLINE_VECS, //
};
use core::{
    marker::PhantomPinned,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    types::Opaque, //
};

/// A bio on its owner's stack.
///
/// Dropping it waits until it has ended, so that nothing is chained to it, and the block layer does
/// not use it, when its memory goes.
///
/// # Invariants
///
/// - `node` is initialised and does not move.
/// - While `chained` is false nothing is chained to the bio, and it is not in flight.
#[repr(C)]
#[pin_data(PinnedDrop)]
pub(crate) struct StackBio<P> {
    node: Node<P>,
    ended: Opaque<kernel::bindings::completion>,
    chained: bool,
    #[pin]
    _pin: PhantomPinned,
}

impl<P> StackBio<P> {
    /// Makes a bio for `device`, with `vecs` vectors if there is memory for them, or else with
    /// [`INLINE_VECS`](super::INLINE_VECS).
    pub(crate) fn new(
        resources: &Resources,
        device: Option<BlockDevice>,
        opf: u32,
        vecs: usize,
        payload: P,
    ) -> impl PinInit<Self> {
        Self::with_table(device, opf, Header::table(resources, vecs), payload)
    }

    /// The same with at least `vecs` vectors, or as many as a bio may have. If those are more than
    /// [`INLINE_VECS`](super::INLINE_VECS) it waits for their memory. May sleep, but causes no I/O.
    pub(crate) fn with_vectors(
        resources: &Resources,
        device: Option<BlockDevice>,
        opf: u32,
        vecs: usize,
        payload: P,
    ) -> impl PinInit<Self> {
        let table = (vecs > INLINE_VECS)
            .then(|| VectorTable::new(&resources.tables))
            .flatten();
        Self::with_table(device, opf, table, payload)
    }

    fn with_table(
        device: Option<BlockDevice>,
        opf: u32,
        table: Option<VectorTable>,
        payload: P,
    ) -> impl PinInit<Self> {
        let init = move |slot: *mut Self| {
            // SAFETY: `slot` is memory that stays in place until it is dropped.
            // INVARIANT: All is initialised, and nobody knows of the bio yet.
            unsafe {
                Header::init(
                    &raw mut (*slot).node.header,
                    device,
                    opf,
                    table,
                    Self::end_io,
                );
                (&raw mut (*slot).node.payload).write(payload);
                (&raw mut (*slot).node.pool).write(None);
                kernel::bindings::init_completion(Opaque::cast_into(&raw const (*slot).ended));
                (&raw mut (*slot).chained).write(false);
            }
            Ok(())
        };
        // SAFETY: The closure initialises all of the fields that have a size.
        unsafe { pin_init::pin_init_from_closure(init) }
    }

    pub(super) fn header(&self) -> &Header {
        &self.node.header
    }

    /// What may be set before the bio is submitted.
    pub(crate) fn draft(self: Pin<&mut Self>) -> Draft<'_> {
        Draft::new(&self.into_ref().get_ref().node.header)
    }

    /// Makes the bio one over `bytes` bytes of an array, whose elements serve as its vectors.
    pub(crate) fn borrow_vectors(self: Pin<&mut Self>, array: &BvecArray, bytes: u32) {
        let (vectors, start) = array.as_vectors(bytes);
        // SAFETY: The array stays as it is while `array` is used, which whoever made this bio does:
        // he waits for it.
        unsafe { self.node.header.use_vectors(vectors, start) };
    }

    /// Keeps the bio from ending.
    pub(crate) fn chained(self: Pin<&mut Self>) -> Chained<P> {
        // SAFETY: Nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        this.chained = true;
        // SAFETY: The node is valid, and is waited for before it goes.
        unsafe { Chained::new(NonNull::from(&mut this.node)) }
    }

    /// Submits the bio, and waits for it and all that is chained to it. That must not be on the
    /// task's list of bios: see [`with_bio_list_set_aside`]. May sleep. Returns how the bio itself
    /// ended.
    pub(crate) fn submit_and_wait(self: Pin<&mut Self>) -> Status {
        // SAFETY: Nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        with_bio_list_set_aside(|| {
            // SAFETY: The bio is not in flight, and is waited for before anything else is done with
            // it.
            unsafe { this.node.header.submit() };
            this.wait();
        });
        this.node.header.zero_what_was_not_read();
        this.node.header.status()
    }

    /// Waits for all that is chained to the bio, which has no I/O of its own. May sleep.
    pub(crate) fn end_and_wait(self: Pin<&mut Self>) {
        // SAFETY: Nothing is moved.
        unsafe { self.get_unchecked_mut() }.end_chained();
    }

    fn end_chained(&mut self) {
        if self.chained {
            // SAFETY: The bio is not in flight: its owner gives it up, and gets it back below.
            unsafe { kernel::bindings::bio_endio(self.node.header.as_raw()) };
            self.wait();
        }
    }

    fn wait(&mut self) {
        // SAFETY: The completion is initialised by the type invariant.
        unsafe { kernel::bindings::wait_for_completion_io(self.ended.get()) };
        // SAFETY: The bio has ended, which it does when nothing is chained to it any more.
        unsafe { self.node.header.take_back() };
        self.chained = false;
    }

    /// Wakes the owner.
    ///
    /// # Safety
    ///
    /// Called when a bio that has this end function has ended.
    unsafe extern "C" fn end_io(bio: *mut kernel::bindings::bio) {
        let this: *mut Self = Node::<P>::of(bio).cast();
        // SAFETY: The bio is the first field of the first field of a `StackBio`, which stays until
        // it has seen the completion; the C code makes sure that this is when `complete` is done.
        unsafe { kernel::bindings::complete((*this).ended.get()) }
    }
}

impl<P> Deref for StackBio<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.node.payload
    }
}

#[pinned_drop]
impl<P> PinnedDrop for StackBio<P> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: Nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        this.end_chained();
        // SAFETY: The bio is initialised, and nobody uses it.
        unsafe { kernel::bindings::bio_uninit(this.node.header.as_raw()) }
    }
}
