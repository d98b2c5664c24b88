// SPDX-License-Identifier: GPL-2.0

//! `current->bio_list`: the bios that the current task has yet to submit.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use crate::bindings;
use kernel::task::Task;

/// What a driver takes of the stack for its `submit_bio`, and a margin, in sixteenths.
const FOR_DRIVER: u32 = 4;

/// The stack may have no room for another submission of a bio.
pub(crate) struct TooDeep;

/// Calls `submit_and_wait` with the list set aside.
///
/// Within a driver's `submit_bio` a task has such a list, and a bio that it submits is added to it
/// until that function has returned: waiting for the bio would never end. Without the list it is
/// submitted at once, one level deeper in the stack; if that has less than a quarter left, nothing is
/// called. The bios on the list wait meanwhile. They are for the same devices or for ones beneath, and
/// have not reached them; what is submitted now goes to devices beneath, whose progress does not depend
/// on a bio that is still to come.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_bio_list.a_bio_is_waited_for_within_a_submission`.
#[inline]
pub(crate) fn set_aside<R>(submit_and_wait: impl FnOnce() -> R) -> Result<R, TooDeep> {
    let task = Task::current_raw();
    // SAFETY: The current task exists, and no other uses its list.
    let list = unsafe { (*task).bio_list };
    // SAFETY: May be called by any task.
    if !list.is_null() && unsafe { bindings::stack_is_short(FOR_DRIVER) } {
        return Err(TooDeep);
    }
    // SAFETY: As above.
    unsafe { (*task).bio_list = core::ptr::null_mut() };
    let result = submit_and_wait();
    // SAFETY: As above. The list is that of a function which called this one, so that it is there.
    unsafe { (*task).bio_list = list };
    Ok(result)
}

/// Returns whether the stack may have no room for another submission of a bio, when functions between
/// have taken what they need.
#[inline]
pub(crate) fn stack_will_be_short() -> bool {
    // SAFETY: May be called by any task.
    unsafe { bindings::stack_is_short(FOR_DRIVER + 1) }
}

#[kernel::macros::kunit_tests(dm_io_rust_bio_list)]
mod tests {
    use super::*;
    use crate::block::{
        bio::{
            on_stack,
            Vectors, //
        },
        test_disk::TestDisk,
        Bio,
        IdleBio,
        Op,
        Status,
        ZeroVectors, //
    };
    use kernel::{
        prelude::*,
        sync::Arc, //
    };

    /// A payload that carries zeroes.
    struct Zeroes(Arc<ZeroVectors>);

    impl crate::block::EndIo for Zeroes {
        type Owned = ();

        fn end_io(_bio: IdleBio<Self>) {}
    }

    #[test]
    fn a_bio_is_waited_for_within_a_submission() -> Result {
        let (disk, zeroes) = (TestDisk::get()?, Zeroes(ZeroVectors::new()?));
        let device = disk.device()?;
        let run = |mut bio: Bio<'_, Zeroes>| {
            let bytes = bio.fill_with_zeroes(4096, |payload| Some(&payload.0));
            bio.set_target(0, 0, bytes);
            bio.submit();
        };
        let then = |(), status: Status, _: &mut Zeroes| status.is_ok();
        // As in a driver's `submit_bio`, which has two lists.
        let mut lists = [bindings::bio_list::default(); 2];
        let task = Task::current_raw();
        // SAFETY: The current task submits no bio, and its list is reset below.
        unsafe { (*task).bio_list = lists.as_mut_ptr() };
        let is_ok = set_aside(|| on_stack(device, Op::WRITE, Vectors::UpTo(0), zeroes, run, then));
        // SAFETY: As above.
        let list = unsafe { core::ptr::replace(&raw mut (*task).bio_list, core::ptr::null_mut()) };
        assert!(is_ok.is_ok_and(|is_ok| is_ok));
        assert!(list == lists.as_mut_ptr());
        assert!(lists.iter().all(|list| list.head.is_null()));
        assert_eq!(disk.seen().len(), 1);
        Ok(())
    }
}
