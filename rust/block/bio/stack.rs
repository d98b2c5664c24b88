// SPDX-License-Identifier: GPL-2.0

//! Bios that need no memory but their owner's stack, and are waited for.

use super::{
    super::{
        bvec_table::BvecTable,
        BlockDevice,
        Op,
        Status, //
    },
    Bio,
    EndIo,
    Head,
    Node,
    INLINE_VECS, //
};
use crate::bindings;
use core::{
    ffi::c_void,
    marker::PhantomData,
    mem::{
        ManuallyDrop,
        MaybeUninit, //
    },
    ptr::NonNull, //
};

/// How many vectors a bio is to have, if those are more than [`INLINE_VECS`].
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio.a_bio_on_a_stack_that_is_dropped_has_ended`.
pub(crate) enum Vectors {
    /// So many if there is memory for them.
    UpTo(usize),
    /// At least so many, or as many as a bio may have: the memory is waited for.
    AtLeast(usize),
}

impl Vectors {
    fn table(self) -> Option<(BvecTable, u16)> {
        match self {
            Self::UpTo(vecs) if vecs > INLINE_VECS => BvecTable::try_new(vecs),
            Self::AtLeast(vecs) if vecs > INLINE_VECS => BvecTable::new(vecs),
            _ => None,
        }
    }
}

/// What [`on_stack`] calls.
struct Call<F, R> {
    run: ManuallyDrop<F>,
    op: Op,
    result: MaybeUninit<R>,
}

impl<F, R> Call<F, R> {
    /// Lets the bio's owner submit it.
    ///
    /// # Safety
    ///
    /// `bio` is that of a `Node<P>` that nobody else uses, and `call` is a `Call<F, R>` whose `run`
    /// was not called.
    unsafe extern "C" fn submit<'a, P: EndIo>(bio: *mut bindings::bio, call: *mut c_void)
    where
        F: FnOnce(Bio<'a, P>) -> R,
    {
        // SAFETY: The caller guarantees that it is one.
        let call = unsafe { &mut *call.cast::<Self>() };
        // `bio_await` adds REQ_SYNC, which is for the caller to decide.
        // SAFETY: The bio is initialised, and nobody else uses it.
        unsafe { (*bio).bi_opf = call.op.opf() };
        // SAFETY: The bio is the first field of a node.
        let node = unsafe { NonNull::new_unchecked(bio.cast()) };
        // SAFETY: This is done once.
        let run = unsafe { ManuallyDrop::take(&mut call.run) };
        // INVARIANT: Nobody else uses the node.
        call.result.write(run(Bio(node, PhantomData)));
    }
}

/// Lets `run` have a bio for `device` that is on the stack of this function, and waits until the bio
/// has ended: `run` submits it, or drops it, and may have children made before. A read that failed
/// has its memory cleared.
///
/// Returns what `then` does with the result of `run`, how the bio's own I/O completed, and the
/// payload.
///
/// `run` must see to it that the bio is not on the task's list of bios: see
/// [`set_aside`](crate::block::bio_list::set_aside). May sleep.
///
/// # Examples
///
/// See the KUnit cases `dm_io_rust_bio.a_bio_on_a_stack_is_waited_for_with_its_children`
/// and `dm_io_rust_bio.an_array_serves_as_the_vectors_of_a_bio`.
#[inline]
pub(crate) fn on_stack<'a, P: EndIo<Owned = ()>, R, F, T>(
    device: BlockDevice,
    op: Op,
    vectors: Vectors,
    payload: P,
    run: F,
    then: impl FnOnce(R, Status, &mut P) -> T,
) -> T
where
    F: FnOnce(Bio<'a, P>) -> R,
{
    let mut node = MaybeUninit::<Node<P>>::uninit();
    let at = node.as_mut_ptr();
    // SAFETY: The node is memory on this stack, which is not moved, and all of it is initialised.
    unsafe {
        Head::init(&raw mut (*at).head, device, op, vectors.table());
        (&raw mut (*at).pool).write(None);
        (&raw mut (*at).owned).write(());
        (&raw mut (*at).payload).write(payload);
    }
    let bio: *mut bindings::bio = at.cast();
    let mut call = Call {
        run: ManuallyDrop::new(run),
        op,
        result: MaybeUninit::uninit(),
    };
    // SAFETY: The bio is initialised; `call` is as `Call::submit` requires, and stays.
    unsafe { bindings::bio_await(bio, (&raw mut call).cast(), Some(Call::<F, R>::submit::<P>)) };
    // SAFETY: The node is initialised. The bio has ended, so that nobody else uses it any more.
    let node = unsafe { node.assume_init_mut() };
    node.head.zero_fill_on_error();
    // SAFETY: `bio_await` has called `Call::submit`.
    let result = unsafe { call.result.assume_init() };
    let result = then(result, node.head.status(), &mut node.payload);
    // SAFETY: As above; neither is used afterwards.
    unsafe {
        bindings::bio_uninit(bio);
        core::ptr::drop_in_place(node);
    }
    result
}
